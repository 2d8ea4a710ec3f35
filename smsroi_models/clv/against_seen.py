"""Predictions of the purchase model held against what was seen after the window.

Two questions. Does the model know this shop at all: did the held-out buy what it predicted for them
at assignment? And do the window's orders speak of a habit: did the texted gain, after the window,
what it forecasts from histories that hold those orders? The first decides whether the model's
proportions are used, the second shows what a forecast would have claimed; it is never counted.
"""

import math
from collections.abc import Sequence

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import quantile
from smsroi_models.clv.carried_on import widened
from smsroi_models.clv.long_term_records import Forecast, HeldOut
from smsroi_models.errors import NotEstimableError

# A factor is a ratio of two predictions: what is off in both alike cancels. More than this is not
# the same shop any more (a season, a closed branch), whatever the number of customers.
MOST_OFF = 0.2


def held_out(
    holdout: Moments, days: int, parameter_error: float, confidence_level: float
) -> HeldOut:
    """Hold what was predicted for the held-out at assignment against what they bought.

    Parameters
    ----------
    holdout : Moments
        Of ``after_<days>`` and ``ahead_<days>``, the prediction.
    days : int
        After the window's end.
    parameter_error : float
        Standard error of the mean prediction that comes of the model's parameters.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If there are fewer than two held-out customers, nobody is predicted to buy, or nobody did.

    References
    ----------
    Deng, Knoblich and Lu (2018), KDD, eq. 3: the error of a ratio of means.

    Examples
    --------
    Predicted 2 each, bought 1 and 3:

    >>> arm = Moments.from_rows([[1.0, 2.0], [3.0, 2.0]] * 50, ["after_30", "ahead_30"])
    >>> found = held_out(arm, 30, 0.0, 0.95)
    >>> found.predicted, found.seen, found.ratio.estimate
    (2.0, 2.0, 1.0)
    """
    after, ahead = f"after_{days}", f"ahead_{days}"
    predicted, seen = holdout.mean_of(ahead), holdout.mean_of(after)
    if holdout.n < 2 or predicted <= 0 or holdout.variance_of(after) == 0:
        raise NotEstimableError(
            f"{holdout.n} held-out customers, predicted to bring {predicted:g} each, brought "
            f"{seen:g} in the {days} days after the window: too few to hold a model against"
        )
    off = seen / predicted
    rest = holdout.combine({"rest": {after: 1.0, ahead: -off}})
    sampling = math.sqrt(rest.variance_of("rest") / holdout.n) / predicted
    error = math.hypot(sampling, off * parameter_error / predicted)
    reach = quantile((1 + confidence_level) / 2, holdout.n - 1) * error
    return HeldOut(days, predicted, seen, Estimate(off, error, off - reach, off + reach))


def forecast(
    treatment: Moments,
    holdout: Moments,
    days: int,
    parameter_error: float,
    seen: Estimate,
    covariates: Sequence[str],
    confidence_level: float,
) -> Forecast:
    """Hold the forecast from the window's orders against what was seen.

    Parameters
    ----------
    treatment, holdout : Moments
        Of ``forecast_<days>``, ``after_<days>`` and the covariates.
    days : int
        After the window's end.
    parameter_error : float
        Of the difference in mean forecasts between the arms, per customer.
    seen : Estimate
        What was seen, as the time after the window tells it.
    covariates : sequence of str
        Measured before assignment, the model's own prediction of then among them.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If a lift cannot be estimated.
    """
    predicted, after = f"forecast_{days}", f"after_{days}"
    sums = {
        "predicted": {predicted: 1.0},
        "gap": {predicted: 1.0, after: -1.0},
    } | {name: {name: 1.0} for name in covariates}
    arms = treatment.combine(sums), holdout.combine(sums)
    lifts = {
        name: compare(*arms, name, covariates=covariates, confidence_level=confidence_level)
        for name in ("predicted", "gap")
    }
    n = treatment.n
    return Forecast(
        days=days,
        predicted=widened(lifts["predicted"], parameter_error, n),
        seen=seen,
        gap=widened(lifts["gap"], parameter_error, n),
    )


def model_knows_the_shop(found: HeldOut) -> Check:
    """Check that the held-out bought what the model had predicted for them.

    Fails where they clearly did not and the difference is more than `MOST_OFF`; then no proportion
    of the model's is used.
    """
    name, ratio = "Purchase model", found.ratio
    after = f"in the {found.days} days after the window"
    told = f"{after} the held-out bought {ratio.estimate:.0%} of what the model had predicted"
    if ratio.ci_lower <= 1 <= ratio.ci_upper:
        wide = ratio.ci_upper - ratio.ci_lower > 4 * MOST_OFF
        text = f"{told[0].upper()}{told[1:]} ({ratio.ci_lower:.0%} to {ratio.ci_upper:.0%})"
        if wide:
            return Check(name, "informational", f"{text}: too few to tell whether it knows them.")
        return Check(name, "passed", f"{text}.")
    if abs(ratio.estimate - 1) <= MOST_OFF:
        text = f"{told[0].upper()}{told[1:]}: off, but not by more than {MOST_OFF:.0%}."
        return Check(name, "informational", text)
    return Check(
        name,
        "failed",
        f"The long-term figure is not supported by what was seen: {told} "
        f"({ratio.ci_lower:.0%} to {ratio.ci_upper:.0%}).",
        "Count what was seen after the window; look for a season or a change of the shop.",
    )


def orders_as_habit(found: Forecast) -> Check:
    """Check whether the window's orders spoke of a habit, as a forecast from them would have it.

    It fails where the gap between forecast and seen is clear. The forecast is counted nowhere.
    """
    name, after = "Forecast from the window", f"the {found.days} days after the window"
    if found.supported is False:
        over = "more" if found.gap.estimate > 0 else "less"
        return Check(
            name,
            "failed",
            f"A purchase model that takes the window's orders for a habit forecasts clearly {over} "
            f"than was seen in {after}: the forecast is not supported by what was seen.",
            "Count no lifetime value that was predicted from orders which a text brought.",
        )
    if found.supported:
        text = f"What was seen in {after} bears the forecast from the window's orders out."
        return Check(name, "passed", text)
    text = (
        f"Whether the window's orders spoke of a habit cannot be told from {after}: a forecast "
        "from them is neither borne out nor ruled out, and is counted nowhere."
    )
    return Check(name, "informational", text)
