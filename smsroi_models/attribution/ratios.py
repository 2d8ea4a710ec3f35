"""Ratios of means, such as revenue per order or per text, compared between the arms.

    ratio = mean(y) / mean(z),    variance = Var(y - ratio z) / (n mean(z)^2)

by the delta method (Deng, Knoblich and Lu 2018, eq. 3). A ratio is no effect per customer: where
the text brings orders of a smaller size, revenue per order falls while revenue rises. Money follows
from the lift of revenue; a ratio tells what changed along with it.
"""

from smsroi_models.attribution.arm_means import ArmMean
from smsroi_models.attribution.effects import Lift, Scale
from smsroi_models.attribution.lift import check_options, lift_between
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import quantile
from smsroi_models.errors import NotEstimableError, ParameterError


def compare_ratios(
    treatment: Moments,
    holdout: Moments,
    numerator: str,
    denominator: str,
    *,
    confidence_level: float = 0.95,
    relative_scale: Scale = "log",
) -> Lift:
    """Compare a ratio of means between the arms, from their moments.

    Parameters
    ----------
    treatment, holdout : Moments
        Of both columns, everyone assigned included.
    numerator, denominator : str
    confidence_level : float
        In (0, 1).
    relative_scale : {"log", "linear"}
        As in `compare`.

    Returns
    -------
    Lift
        Its means are the arms' ratios, its outcome ``"numerator / denominator"``.

    Raises
    ------
    NotEstimableError
        If an arm has fewer than two customers, the denominator's mean is not clearly above zero in
        it, or its ratio is the same for every customer.
    ParameterError
        If both columns are one, or an option lies outside its range.

    Examples
    --------
    >>> rows = [[9.0, 1.0], [21.0, 2.0]] * 4
    >>> texted = Moments.from_rows(rows, ["revenue", "orders"])
    >>> held = Moments.from_rows([[8.0, 1.0], [13.0, 2.0]] * 4, ["revenue", "orders"])
    >>> compare_ratios(texted, held, "revenue", "orders").absolute_lift  # 30 / 3 less 21 / 3
    3.0
    """
    check_options(confidence_level, "two-sided", relative_scale)
    if numerator == denominator:
        raise ParameterError(
            f"numerator and denominator are both {numerator!r}: their ratio is 1, name two columns"
        )
    return lift_between(
        _ratio(treatment, numerator, denominator, "treatment", confidence_level),
        _ratio(holdout, numerator, denominator, "holdout", confidence_level),
        outcome=f"{numerator} / {denominator}",
        method="ratio of means",
        covariates=(),
        sizes=(treatment.n, holdout.n),
        confidence_level=confidence_level,
        relative_scale=relative_scale,
    )


def _ratio(
    arm: Moments, numerator: str, denominator: str, name: str, confidence_level: float
) -> ArmMean:
    if arm.n < 2:
        raise NotEstimableError(f"the {name} arm has {arm.n} customer: at least 2 are needed")
    below = arm.mean_of(denominator)
    reach = quantile((1 + confidence_level) / 2, arm.n - 1)
    if below <= reach * (arm.variance_of(denominator) / arm.n) ** 0.5:
        raise NotEstimableError(
            f"the mean of {denominator} is {below:g} in the {name} arm, not clearly above zero: a "
            "ratio to it has no bounded interval; compare the numerator per customer"
        )
    ratio = arm.mean_of(numerator) / below
    rest = arm.combine({"rest": {numerator: 1.0, denominator: -ratio}}).variance_of("rest")
    # What rounding leaves of a difference that is zero for every customer.
    rounding = 1e-12 * arm.variance_of(numerator) + 1e-24 * arm.mean_of(numerator) ** 2
    if rest <= rounding:
        raise NotEstimableError(
            f"{numerator} / {denominator} is {ratio:g} for every customer of the {name} arm: its "
            "sampling error cannot be estimated"
        )
    return ArmMean(ratio, rest / below**2 / arm.n, arm.n - 1)
