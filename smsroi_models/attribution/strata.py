"""The lift within strata, put together: for arms that were drawn within groups of customers.

    lift = sum_k w_k (mean_tk - mean_hk),    SE^2 = sum_k w_k^2 (s_tk^2 / n_tk + s_hk^2 / n_hk)

(Miratrix, Sekhon and Yu 2013, eq. 2 and 8). Where the share held out differs between strata, the
difference of the whole arms' means mixes the campaign with who was in which arm; this does not.
With covariates, each arm has one slope for all its strata, from the deviations within them; one
stratum alone is the regression-adjusted lift of `compare`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.arm_means import ArmMean, Regression, regress
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import check_options, lift_between
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError, ParameterError

Target = Literal["treatment", "assigned"]
Strata = Mapping[Any, tuple[Moments | None, Moments | None]]


def post_stratified(
    strata: Strata,
    outcome: str,
    *,
    covariates: Sequence[str] = (),
    target: Target = "treatment",
    confidence_level: float = 0.95,
) -> Lift:
    """Return the effect of assignment per customer, estimated within each stratum.

    Parameters
    ----------
    strata : mapping of value to pair of Moments
        Treatment and holdout of each stratum, from `collect_moments_by`.
    outcome : str
    covariates : sequence of str
        Columns measured before assignment.
    target : {"treatment", "assigned"}
        Whose mean effect it is: of the customers assigned to treatment, which times their number is
        the money that they brought; or of everyone assigned. They differ only where both the share
        held out and the effect differ between strata.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If a stratum has fewer than two customers in an arm, nothing varies in any stratum of an
        arm, or the covariates are constant or collinear within strata.
    ParameterError
        If an option lies outside its range.

    References
    ----------
    Miratrix, Sekhon and Yu (2013), JRSS B 75(2), eq. 2 and 8.

    Examples
    --------
    Nobody's order changed, but the keen, who buy more, were held out less often:

    >>> def arm(rows):
    ...     return Moments.from_rows([[x] for x in rows], ["spend"])
    >>> keen, idle = [8.0, 12.0], [0.0, 2.0]
    >>> strata = {"keen": (arm(keen * 4), arm(keen)), "idle": (arm(idle), arm(idle * 4))}
    >>> post_stratified(strata, "spend").absolute_lift
    0.0
    """
    check_options(confidence_level, "two-sided", "log")
    if target not in ("treatment", "assigned"):
        raise ParameterError(f"target is {target!r}: use treatment or assigned")
    pairs = _complete(strata)
    treated, held = ([pair[i] for pair in pairs] for i in (0, 1))
    sizes = [t.n + (h.n if target == "assigned" else 0) for t, h in pairs]
    weights = np.array(sizes) / sum(sizes)
    columns = (outcome, *covariates)
    common = [t.select(columns).merge(h.select(columns)).mean[1:] for t, h in pairs]
    return lift_between(
        _arm_mean(treated, columns, common, weights, "treatment"),
        _arm_mean(held, columns, common, weights, "holdout"),
        outcome=outcome,
        method="post-stratified",
        covariates=tuple(covariates),
        sizes=(sum(arm.n for arm in treated), sum(arm.n for arm in held)),
        confidence_level=confidence_level,
    )


def _complete(strata: Strata) -> list[tuple[Moments, Moments]]:
    for index, name in enumerate(("treatment", "holdout")):
        if all(arms[index] is None for arms in strata.values()):
            raise NotEstimableError(
                f"nobody is in the {name} arm of any stratum: both arms need customers; check the "
                "names of the arms"
            )
    pairs = []
    for value, (treated, held) in strata.items():
        for name, arm in (("treatment", treated), ("holdout", held)):
            if arm is None or arm.n < 2:
                raise NotEstimableError(
                    f"stratum {value!r} has {arm.n if arm else 0} customers in the {name} arm: at "
                    "least 2 are needed; merge it with another stratum"
                )
        assert treated is not None and held is not None
        pairs.append((treated, held))
    return pairs


def _arm_mean(
    arms: Sequence[Moments],
    columns: tuple[str, ...],
    common: Sequence[NDArray[np.float64]],
    weights: NDArray[np.float64],
    name: str,
) -> ArmMean:
    """Return an arm's weighted mean over strata, read at each stratum's common covariates."""
    rows = [arm.select(columns) for arm in arms]
    slopes, distance = np.zeros(0), 0.0
    sizes = np.array([arm.n for arm in rows])
    steps = np.array([at - arm.mean[1:] for arm, at in zip(rows, common, strict=True)])
    within = int(sizes.sum()) - len(rows)
    if len(columns) > 1:
        found = _slopes(rows, columns, within, name)
        # Where the arms' covariates differ on average, the slopes' own error counts too.
        slopes, distance = found.slopes, found.distance(weights @ steps) / within
    values = np.array([arm.mean[0] for arm in rows]) + steps @ slopes
    contrast = np.concatenate([[1.0], -slopes])
    rests = np.array([max(float(contrast @ arm.covariance @ contrast), 0.0) for arm in rows])
    # Each slope costs the arm a degree of freedom, which the strata share by size.
    kept = (within - len(slopes)) / within
    parts = rests / kept * (weights**2 / sizes + (sizes - 1) / within * distance)
    total, mean = float(parts.sum()), float(weights @ values)
    if total <= 1e-24 * mean**2 or total == 0:
        raise NotEstimableError(
            f"{columns[0]} does not vary within any stratum of the {name} arm: its sampling error "
            "cannot be estimated; merge strata or wait for more orders"
        )
    df = 1 / math.fsum((parts / total) ** 2 / (kept * (sizes - 1)))
    return ArmMean(mean, total, df)


def _slopes(
    rows: Sequence[Moments], columns: tuple[str, ...], within: int, name: str
) -> Regression:
    """Regress the outcome on the covariates within an arm's strata, pooled."""
    if within < len(columns) + 1:
        raise NotEstimableError(
            f"the {name} arm has {within + len(rows)} customers in {len(rows)} strata: too few for "
            f"{len(columns) - 1} covariates; merge strata or leave the covariates out"
        )
    pooled = np.sum([(arm.n - 1) / within * arm.covariance for arm in rows], axis=0)
    for column, variance in zip(columns, np.diag(pooled), strict=True):
        if variance == 0:
            raise NotEstimableError(
                f"{column} does not vary within any stratum of the {name} arm: merge strata, or "
                "leave it out if it is a covariate"
            )
    return regress(pooled, columns, name)
