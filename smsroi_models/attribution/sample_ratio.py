"""Whether the arms have the sizes that they were planned to have.

Arms of other sizes than planned (a sample-ratio mismatch) mean that something beside the draw
decided who is in which arm, and then a difference between the arms is not the campaign's alone.

Fabijan et al. (2019), Diagnosing Sample Ratio Mismatch in Online Controlled Experiments, KDD 2019.
"""

import math
from typing import Literal

from scipy import stats

from smsroi_models.attribution.checks import UNBALANCED_P_VALUE, Check
from smsroi_models.errors import ParameterError

_REMEDY = (
    "Find out where customers were added or left out after the draw, and restore the assignments "
    "as they were drawn."
)


def sample_ratio_p_value(
    n_treatment: int,
    n_holdout: int,
    treatment_share: float,
    *,
    method: Literal["exact", "normal", "uncorrected"] = "exact",
) -> float:
    """Return how often a random draw gives arm sizes at least as unlikely, in [0, 1]; two-sided.

    Small values speak against the draw; a large one does not show that it was right. Arms drawn
    in exact shares, as `draw_arms` does, differ from the plan by a customer at most: for them
    values below 1 are already rare.

    Parameters
    ----------
    n_treatment, n_holdout : int
        Customers in each arm, 0 or more; not both 0.
    treatment_share : float
        The planned share of treatment, in (0, 1).
    method : {"exact", "normal", "uncorrected"}
        The exact binomial test, which takes a millisecond for 100 million customers; the normal
        approximation with continuity correction; or without it.

    Raises
    ------
    ParameterError
        If a count is negative, both are 0, or the share lies outside (0, 1).

    Examples
    --------
    Four of four where half was planned: 2 of the 16 outcomes of four coins are as uneven.

    >>> round(sample_ratio_p_value(4, 0, 0.5), 12)
    0.125
    """
    total = _total(n_treatment, n_holdout)
    if not 0 < treatment_share < 1:
        raise ParameterError(f"treatment_share is {treatment_share}: it must lie between 0 and 1")
    if method == "exact":
        return float(stats.binomtest(n_treatment, total, treatment_share).pvalue)
    off = abs(n_treatment - total * treatment_share)
    if method == "normal":
        # A count moves in steps of one: half a step belongs to each neighbour.
        off = max(off - 0.5, 0.0)
    deviation = math.sqrt(total * treatment_share * (1 - treatment_share))
    return float(2 * stats.norm.sf(off / deviation))


def sample_ratio(n_treatment: int, n_holdout: int, treatment_share: float) -> Check:
    """Check that the arms have the planned sizes; a failure leaves nothing to compare.

    Fails where chance makes arms so uneven in less than one campaign in a thousand.

    Parameters
    ----------
    n_treatment, n_holdout : int
        Customers assigned to each arm; not both 0.
    treatment_share : float
        As planned, in (0, 1).
    """
    name = "Arms of planned size"
    chance = sample_ratio_p_value(n_treatment, n_holdout, treatment_share)
    share = n_treatment / (n_treatment + n_holdout)
    seen = (
        f"{n_treatment:,} customers are assigned to be texted and {n_holdout:,} to be held out, "
        f"{share:.2%} texted; planned were {treatment_share:.2%}"
    )
    if chance >= UNBALANCED_P_VALUE:
        return Check(name, "passed", f"{seen}.")
    return Check(
        name,
        "failed",
        f"{seen}. {_chance(chance)}: something beside the draw decided who is in which arm.",
        _REMEDY,
        invalidates=True,
    )


def unequal_loss(planned: tuple[int, int], present: tuple[int, int]) -> Check:
    """Check that the customers who were drawn are still there, in both arms alike.

    Customers who leave the table after the draw (accounts deleted, lists cut by a sending tool) do
    no harm where both arms lose them alike. Where one arm loses more, those who remain differ.

    Parameters
    ----------
    planned, present : tuple of int
        Customers of treatment and holdout: put there by the draw, and in the table now.

    Raises
    ------
    ParameterError
        If a count is negative, or a planned one 0.

    References
    ----------
    Fisher (1935), The Design of Experiments: the exact test of a 2 x 2 table.

    Examples
    --------
    >>> unequal_loss((8_000, 2_000), (7_800, 2_000)).status
    'failed'
    >>> unequal_loss((8_000, 2_000), (7_800, 1_950)).status
    'informational'
    """
    name = "Nobody lost"
    for count in (*planned, *present):
        _whole(count)
    if 0 in planned:
        raise ParameterError(f"planned is {planned}: the draw put somebody in both arms")
    lost = planned[0] - present[0], planned[1] - present[1]
    if lost == (0, 0):
        return Check(name, "passed", "Every customer who was drawn is in the table of assignments.")
    chance = min(_chance_of_losses(planned, lost), _chance_of_gains(planned, lost))
    arms = zip(lost, planned, ("to be texted", "to be held out"), strict=True)
    seen = " and ".join(_moved(*arm) for arm in arms)
    if chance >= UNBALANCED_P_VALUE:
        text = f"Since the draw, {seen}: about alike in both arms, as chance would have it."
        return Check(name, "informational", text)
    return Check(
        name,
        "failed",
        f"Since the draw, {seen}. {_chance(chance)}: the arms are no longer alike.",
        _REMEDY,
        invalidates=True,
    )


def loss_p_value(planned: tuple[int, int], lost: tuple[int, int]) -> float:
    """Return how often chance splits the losses between the arms at least as unevenly, in [0, 1].

    Fisher's exact test, two-sided, of treatment against holdout, lost against kept.

    Examples
    --------
    Both of two treated lost, and none of four held out: one of the 15 pairs among six customers,
    and no other split is as unlikely.

    >>> round(loss_p_value((2, 4), (2, 0)), 12) == round(1 / 15, 12)
    True
    """
    table = [[gone, drawn - gone] for gone, drawn in zip(lost, planned, strict=True)]
    return float(stats.fisher_exact(table).pvalue)


def _chance_of_losses(planned: tuple[int, int], lost: tuple[int, int]) -> float:
    gone = max(lost[0], 0), max(lost[1], 0)
    return loss_p_value(planned, gone) if any(gone) else 1.0


def _chance_of_gains(planned: tuple[int, int], lost: tuple[int, int]) -> float:
    """Judge customers who came in after the draw by the plan's own shares."""
    gained = max(-lost[0], 0), max(-lost[1], 0)
    share = planned[0] / sum(planned)
    return sample_ratio_p_value(*gained, share) if any(gained) else 1.0


def _moved(lost: int, planned: int, arm: str) -> str:
    if lost < 0:
        return f"{-lost:,} joined the {planned:,} drawn {arm}"
    return f"{lost:,} left of the {planned:,} drawn {arm}"


def _chance(chance: float) -> str:
    often = "in fewer than one draw in a million" if chance < 1e-6 else f"in {chance:.2g} of draws"
    return f"Chance does that {often}"


def _total(n_treatment: int, n_holdout: int) -> int:
    total = _whole(n_treatment) + _whole(n_holdout)
    if total == 0:
        raise ParameterError("n_treatment and n_holdout are both 0: nobody was assigned")
    return total


def _whole(count: int) -> int:
    if count != int(count) or count < 0:
        raise ParameterError(f"a count of customers is {count}: it must be 0 or a whole number")
    return int(count)
