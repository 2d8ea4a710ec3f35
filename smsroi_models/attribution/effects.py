"""The records of an effect: a figure with its interval, and the lift of one outcome."""

from dataclasses import dataclass
from typing import Literal

from smsroi_models.attribution.student import Alternative
from smsroi_models.records import Record

Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Estimate(Record):
    """A figure with its standard error and interval, all in the figure's unit."""

    estimate: float
    standard_error: float
    ci_lower: float
    ci_upper: float

    def scaled(self, factor: float, shift: float = 0.0) -> "Estimate":
        """Return ``factor * estimate + shift`` with its interval; factor is positive.

        >>> Estimate(3.0, 1.0, 1.0, 5.0).scaled(2.0, -1.0)
        Estimate(estimate=5.0, standard_error=2.0, ci_lower=1.0, ci_upper=9.0)
        """
        return Estimate(
            factor * self.estimate + shift,
            factor * self.standard_error,
            factor * self.ci_lower + shift,
            factor * self.ci_upper + shift,
        )


class Effect(Record):
    """A record of an effect per customer, which can be read in another unit."""

    __slots__ = ()

    absolute_lift: float
    standard_error: float
    ci_lower: float
    ci_upper: float

    def scaled(self, factor: float, shift: float = 0.0) -> Estimate:
        """Return ``factor * absolute_lift + shift`` with its interval; factor is positive."""
        lift = Estimate(self.absolute_lift, self.standard_error, self.ci_lower, self.ci_upper)
        return lift.scaled(factor, shift)


@dataclass(frozen=True, slots=True)
class Lift(Effect):
    """The effect of assignment on one outcome, per assigned customer, with its uncertainty.

    Attributes
    ----------
    outcome : str
    method : str
        ``"difference in means"`` or ``"regression-adjusted"``.
    covariates : tuple of str
    n_treatment, n_holdout : int
        Customers counted.
    mean_treatment, mean_holdout : float
        Outcome per customer; with covariates, at the covariates' common mean.
    absolute_lift : float
        ``mean_treatment - mean_holdout``, in the outcome's unit per assigned customer.
    standard_error, ci_lower, ci_upper : float
        Of ``absolute_lift``. One-sided alternatives have one infinite end.
    p_value : float
        Of no effect, in [0, 1].
    degrees_of_freedom : float
        Welch-Satterthwaite.
    relative_lift : float or None
        ``absolute_lift / mean_holdout``; None where the holdout's mean is not clearly above zero,
        because a ratio to it is then not estimable.
    relative_standard_error, relative_ci_lower, relative_ci_upper : float or None
    confidence_level : float
    alternative : str
    """

    outcome: str
    method: str
    covariates: tuple[str, ...]
    n_treatment: int
    n_holdout: int
    mean_treatment: float
    mean_holdout: float
    absolute_lift: float
    standard_error: float
    ci_lower: float
    ci_upper: float
    p_value: float
    degrees_of_freedom: float
    relative_lift: float | None
    relative_standard_error: float | None
    relative_ci_lower: float | None
    relative_ci_upper: float | None
    confidence_level: float
    alternative: Alternative
