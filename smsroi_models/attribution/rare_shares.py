"""The difference of two shares where nobody, or everybody, of one arm is counted.

``p (1 - p) / n`` is then 0 for that arm, as if its share were known. To leave such a campaign out
of a sum would choose by outcome: of rare events it is by chance that nobody of a small holdout is
counted, and the campaign's difference is then large. Here each arm's variance is read with one more
customer who is counted and one more who is not (Agresti and Caffo 2000):

    p~ = (x + 1) / (n + 2),    variance = p~ (1 - p~) / (n + 2)

around the difference as it was counted, so that sums over campaigns have no bias.
"""

from smsroi_models.attribution.arm_means import ArmMean, require_binary
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import lift_between
from smsroi_models.attribution.moments import Moments


def rare_lift(
    treatment: Moments, holdout: Moments, outcome: str, *, confidence_level: float = 0.95
) -> Lift:
    """Return the difference of two shares, in customers per customer, treatment less holdout.

    Parameters
    ----------
    treatment, holdout : Moments
        Of an outcome that is 0 or 1 a customer.
    outcome : str
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If the moments cannot be those of 0 and 1.

    References
    ----------
    Agresti and Caffo (2000), The American Statistician 54(4), p. 280-288.

    Examples
    --------
    3 of 98 against none of 48: 4 of 100 and 1 of 50 for the variances.

    >>> texted = Moments.from_sums("left", 98, 3, 3)
    >>> found = rare_lift(texted, Moments.from_sums("left", 48, 0, 0), "left")
    >>> round(found.absolute_lift, 4), round(found.standard_error**2, 6)  # .0384/100 + .0196/50
    (0.0306, 0.000776)
    """
    treated = _share(treatment, outcome, "treatment")
    held = _share(holdout, outcome, "holdout")
    return lift_between(
        treated,
        held,
        outcome=outcome,
        method="difference in means",
        covariates=(),
        sizes=(treatment.n, holdout.n),
        confidence_level=confidence_level,
    )


def _share(arm: Moments, outcome: str, name: str) -> ArmMean:
    require_binary(arm, outcome, name, "a proportion is 0 or 1 a row")
    share = (arm.mean_of(outcome) * arm.n + 1) / (arm.n + 2)
    return ArmMean(arm.mean_of(outcome), share * (1 - share) / (arm.n + 2), arm.n - 1)
