"""Draw who is texted and who is held out: at random, in exact shares, from a seed.

Within each stratum the customers are put in random order, the strata too; then customer i of the
whole row (from 0) is held out where (start + (i + 1) s) mod 1 < s, s being the share and start
uniform in [0, 1): systematic sampling. Every customer's probability is exactly s; each stratum of
n customers holds out n s, rounded up or down; and so does the whole list of N, which holds out
N s. Madow and Madow (1944), On the Theory of Systematic Sampling, Annals of Mathematical
Statistics 15; Cochran (1977), Sampling Techniques, chapter 8.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smsroi_models.errors import DataError, ParameterError

_WHOLE = 2**64


def draw_arms(
    customer_ids: Sequence[str] | NDArray[np.str_],
    strata: Sequence[str] | NDArray[np.str_] | None,
    holdout_share: float,
    rng: np.random.Generator,
) -> NDArray[np.str_]:
    """Return the arm of each customer, ``"treatment"`` or ``"holdout"``, shape (n_customers,).

    The same generator state, customers and strata give the same arms, in whatever order the
    customers come and on every version of NumPy: only raw bits of the generator are used, whose
    stream NumPy keeps stable (NEP 19).

    Parameters
    ----------
    customer_ids : sequence of str, shape (n_customers,)
        Not empty, each once.
    strata : sequence of str, shape (n_customers,), or None
        Within each value the share is kept, up to one customer; None for no strata.
    holdout_share : float
        Each customer's probability of the holdout, in (0, 1).
    rng : numpy.random.Generator
        On any bit generator but MT19937, which draws 32 bits at a time and not 64.

    Raises
    ------
    DataError
        If there are no customers, an id is empty, no text or there twice, or ``strata`` has
        another length.
    ParameterError
        If the share lies outside (0, 1) or leaves an arm empty, or the generator is not of 64 bits.

    Examples
    --------
    One of each region's four, whatever the seed:

    >>> ids, regions = list("abcdefgh"), ["north", "south"] * 4
    >>> arms = draw_arms(ids, regions, 0.25, np.random.default_rng(3))
    >>> sorted(region for region, arm in zip(regions, arms) if arm == "holdout")
    ['north', 'south']
    """
    if not (isinstance(holdout_share, float) and 0 < holdout_share < 1):
        raise ParameterError(
            f"holdout_share is {holdout_share!r}: it must lie between 0 and 1, such as 0.2"
        )
    ids = _checked_ids(customer_ids)
    labels = _checked_strata(strata, len(ids))
    by_id = np.argsort(ids, kind="stable")
    _, stratum = np.unique(labels[by_id], return_inverse=True)
    order = _random_order(stratum, rng)
    held_in_order = held_out(len(ids), holdout_share, int(_bits(rng, 1)[0]))
    held = np.empty(len(ids), dtype=np.bool_)
    held[by_id[order]] = held_in_order
    if held.all() or not held.any():
        empty = "treatment" if held.all() else "holdout"
        raise ParameterError(
            f"a holdout_share of {holdout_share} of {len(ids):,} customers leaves nobody in "
            f"{empty}: nothing could be compared. Choose another share, or a longer list"
        )
    return np.where(held, "holdout", "treatment")


def held_out(n: int, share: float, start: int) -> NDArray[np.bool_]:
    """Return which of ``n`` places in a row are held out, shape (n,).

    ``start`` is a whole number below 2**64, in units of which the share is counted: whole
    numbers, so that the last of a hundred million places is held out as often as the first.

    Examples
    --------
    Every fourth place, from one of four starts:

    >>> [held_out(5, 0.25, k * 2**62).astype(int).tolist() for k in (0, 1, 2, 3)]
    [[0, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [1, 0, 0, 0, 1]]
    """
    step = np.uint64(round(share * _WHOLE))
    # Unsigned integers of NumPy arrays wrap at 2**64, which is the "mod 1".
    reached = np.arange(1, n + 1, dtype=np.uint64) * step + np.array([start], dtype=np.uint64)
    held: NDArray[np.bool_] = reached < step
    return held


def _random_order(stratum: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the places in an order that keeps strata together and is random otherwise."""
    # Were the strata always in the same order, two neighbours of one customer each would never
    # both be held out.
    of_stratum = _bits(rng, int(stratum.max()) + 1)[stratum]
    order: NDArray[np.intp] = np.lexsort((_bits(rng, len(stratum)), stratum, of_stratum))
    return order


def _bits(rng: np.random.Generator, size: int) -> NDArray[np.uint64]:
    if type(rng.bit_generator).__name__ == "MT19937":
        raise ParameterError("MT19937 gives 32 bits a draw, and 64 are needed: use default_rng")
    drawn: NDArray[np.uint64] = rng.bit_generator.random_raw(size)
    return drawn


def _checked_ids(customer_ids: Sequence[str] | NDArray[np.str_]) -> NDArray[np.str_]:
    if len(customer_ids) == 0:
        raise DataError("there are no customers to draw from: the list is empty")
    ids = _as_text("customer_id", customer_ids)
    if (ids == "").any():
        raise DataError("a customer_id is empty: give every customer an id, or leave the row out")
    values, counts = np.unique(ids, return_counts=True)
    repeated = values[counts > 1]
    if len(repeated):
        raise DataError(
            f"{len(repeated):,} customer ids are in the list more than once: keep one row of each, "
            "or a customer could be in both arms"
        )
    return ids


def _checked_strata(
    strata: Sequence[str] | NDArray[np.str_] | None, length: int
) -> NDArray[np.str_]:
    if strata is None:
        return np.zeros(length, dtype="U1")
    labels = _as_text("stratum", strata)
    if labels.shape != (length,):
        raise DataError(f"there are {length} customers, but strata of the shape {labels.shape}")
    return labels


def _as_text(name: str, values: Sequence[str] | NDArray[np.str_]) -> NDArray[np.str_]:
    found = np.asarray(values)
    if found.dtype.kind == "O" and all(isinstance(value, str) for value in found.flat):
        found = found.astype(np.str_)
    if found.dtype.kind != "U" or found.ndim != 1:
        raise DataError(f"each {name} must be text: turn numbers into text, and fill what is null")
    return found
