"""Whether a customer base's model foretold what came: in sum, and from customer to customer."""

import math

from smsroi_models.attribution.checks import Check
from smsroi_models.clv.base_model import HoldoutPeriod, HoldoutTrial

# Foretold and made may differ so much, beyond chance, before it is told, and before it fails; of a
# slope, a tenth is as little as a twentieth of the total.
NEGLIGIBLE_MISS, LARGEST_MISS = 0.05, 0.25
NEGLIGIBLE_SLOPE = 0.1


def foretold_total(period: HoldoutPeriod | None, model: str) -> Check:
    """Check that the model, fitted on the time before, foretold the holdout period's purchases.

    Fails from a miss of `LARGEST_MISS` on, informs from `NEGLIGIBLE_MISS` on; a miss that chance
    explains does neither.
    """
    name = "Purchases foretold"
    if period is None or model not in period.trials:
        return Check(name, "informational", f"{_untried(period, model)} purchases is not known.")
    trial = period.trials[model]
    miss = clear_miss(trial)
    seen = (
        f"Fitted up to {period.calibration_end:%Y-%m-%d}, the model foretold "
        f"{trial.predicted.estimate:,.0f} purchases for the days up to "
        f"{period.holdout_end:%Y-%m-%d} ({trial.predicted.ci_lower:,.0f} to "
        f"{trial.predicted.ci_upper:,.0f}); {trial.actual:,.0f} were made"
    )
    if miss is None:
        return Check(name, "passed", f"{seen}.")
    way = "too many" if miss > 0 else "too few"
    return Check(
        name,
        "failed" if abs(miss) > LARGEST_MISS else "informational",
        f"{seen}: {way}, by more than chance. A season, a change of the shop or campaigns that the "
        "model does not know move purchases; the value is likely to miss the same way.",
        "Look at the purchases week by week, and compare whole years.",
    )


def clear_miss(trial: HoldoutTrial) -> float | None:
    """Return by what share too many purchases were foretold, below 0 for too few.

    None where chance explains the miss, or it is at most `NEGLIGIBLE_MISS`.
    """
    miss = trial.predicted.estimate / trial.actual - 1 if trial.actual else math.inf
    within = trial.predicted.ci_lower <= trial.actual <= trial.predicted.ci_upper
    return None if within or abs(miss) <= NEGLIGIBLE_MISS else miss


def _untried(period: HoldoutPeriod | None, model: str) -> str:
    if period is None:
        return (
            "There is no stretch of the past long enough to try the model on: whether it foretells"
        )
    reason = period.not_fitted.get(model, "it was not tried").rstrip(".")
    return (
        f"The model could not be fitted on the time up to {period.calibration_end:%Y-%m-%d} alone, "
        f"to be tried on the days after it ({model}: {reason}); whether it foretells"
    )


def foretold_by_frequency(period: HoldoutPeriod | None, model: str) -> tuple[Check, ...]:
    """Check that the model foretold who would buy; none where there is no holdout period.

    Looks at the slope of purchases made on purchases foretold, which is 1 where differences between
    customers are foretold in their true size.
    """
    if period is None or model not in period.trials:
        return ()
    return _slope(period.trials[model])


def _slope(trial: HoldoutTrial) -> tuple[Check, ...]:
    found = trial.calibration
    if found is None:
        return ()
    name = "Buyers told apart"
    seen = (
        f"A customer foretold one purchase more made {found.slope:.2f} more "
        f"({found.slope_ci_lower:.2f} to {found.slope_ci_upper:.2f})"
    )
    by_chance = found.slope_ci_lower <= 1 <= found.slope_ci_upper
    if by_chance or abs(found.slope - 1) <= NEGLIGIBLE_SLOPE:
        return (Check(name, "passed", f"{seen}."),)
    wrong = "exaggerated" if found.slope < 1 else "played down"
    return (
        Check(
            name,
            "failed" if abs(found.slope - 1) > LARGEST_MISS else "informational",
            f"{seen}: differences between customers are {wrong}. The total may hold, but the value "
            "of frequent buyers and of others is shifted.",
            "Judge groups by the table of the holdout period.",
        ),
    )
