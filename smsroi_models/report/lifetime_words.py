"""The sentences of the report on customers' lifetime value, made from its result."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.base_groups import GroupValue
from smsroi_models.clv.base_model import HoldoutPeriod, HoldoutTrial
from smsroi_models.clv.holdout_checks import clear_miss
from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.report.in_locale import written_day
from smsroi_models.report.numbers import (
    Money,
    percent,
    plain,
    shortened,
    significant,
    step_for,
    tally,
)
from smsroi_models.report.retold import retold
from smsroi_models.report.words import confidence

TITLE = "What are the customers worth?"
MODELS = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "pareto_nbd": "Pareto/NBD"}
# Not read off a table: two digits of an interval that lies this close are the same to a reader.
_CLOSE = 0.1


def verdict(result: LifetimeResult) -> str:
    """Return the answer to the report's question in one piece, with the checks that failed."""
    failed = [check.name.lower() for check in result.failed]
    caution = f" Checks that failed: {', '.join(failed)}." if failed else ""
    missed = miss_caution(result)
    return f"{headline(result)} {sentence(result)}{missed and f' {missed}'}{caution}"


def miss_caution(result: LifetimeResult) -> str:
    """Say what the interval does not hold, where the model was clearly wrong on the last past."""
    found, period = trial(result), result.holdout
    miss = clear_miss(found) if found else None
    if found is None or period is None or miss is None:
        return ""
    weeks = (period.holdout_end - period.calibration_end).days // 7
    if not found.actual:
        return f"Tried on the last {weeks} weeks, the model foretold purchases and none were made."
    return (
        f"Tried on the last {weeks} weeks, the model foretold {percent(abs(miss))} too "
        f"{'many' if miss > 0 else 'few'} purchases: expect a miss of that kind."
    )


def headline(result: LifetimeResult) -> str:
    """Return the worth of the base in a few words."""
    money, shown = Money(result.currency), shown_value(result)
    about = money(shown.estimate, step_for(shown, 0.01))
    caution = ", with a caution" if result.failed else ""
    return f"Worth about {about} in {horizon(result)}{caution}."


def sentence(result: LifetimeResult) -> str:
    """Return what the customers are expected to bring, with the interval in words."""
    money, shown = Money(result.currency), shown_value(result)
    step = step_for(shown, 0.01)
    low, high = money(shown.ci_lower, step), money(shown.ci_upper, step)
    discount = result.terms.discount_rate_per_year
    today = f", discounted at {confidence(discount)} a year," if discount else ""
    said = (
        f"That is the margin{today} that the {tally(result.n_customers)} customers who have "
        "bought so "
        "far are expected to bring. "
    )
    level = confidence(result.terms.confidence_level)
    if result.total.predicted_value is None:
        return (
            f"{said}With {level} confidence the expectation lies between {low} and {high}; how far "
            "what they actually bring may lie from it cannot be told."
        )
    return (
        f"{said}If customers go on as they did, what they actually bring lies between {low} and "
        f"{high} with {level} probability."
    )


def shown_value(result: LifetimeResult) -> Estimate:
    """Return the value with the interval that a reader wants: of what will come, where there is."""
    return result.total.predicted_value or result.total.expected_value


def horizon(result: LifetimeResult) -> str:
    """Name the horizon: ``the next 52 weeks``."""
    weeks = result.terms.horizon_weeks
    return "the next week" if weeks == 1 else f"the next {significant(weeks)} weeks"


def model_name(result: LifetimeResult) -> str:
    """Name the purchase model as the literature does."""
    return MODELS[result.model]


def alive_finding(result: LifetimeResult) -> str:
    """Say how many of those who came back are still customers, in a figure's title."""
    share = result.alive_repeat_buyers.estimate / result.n_repeat_buyers
    return f"Of those who came back, {percent(share)} are probably still customers"


def alive_note(result: LifetimeResult) -> str:
    """Say what the model takes for granted of customers who bought once."""
    once = result.n_customers - result.n_repeat_buyers
    if result.model == "bg_nbd":
        return (
            f"{tally(once)} customers have bought on one day only. In BG/NBD nobody leaves "
            "before a "
            "second purchase, so that all of them count as still there; how little they buy shows "
            "in what they are worth, not in this figure."
        )
    return f"{tally(once)} customers have bought on one day only; some of them have left already."


def trial(result: LifetimeResult) -> HoldoutTrial | None:
    """Return how the chosen model foretold the holdout period; None where it was not tried."""
    return result.holdout.trials.get(result.model) if result.holdout else None


def untried(period: HoldoutPeriod) -> str:
    """Say why no model could be tried on the last part of the past."""
    told = "; ".join(
        f"{MODELS[name]}: {retold(why.rstrip('.'))}" for name, why in period.not_fitted.items()
    )
    return (
        f"No model could be fitted on the time up to {written_day(period.calibration_end)}. {told}."
    )


def holdout_finding(found: HoldoutTrial) -> str:
    """Say how far foretold and made purchases lie apart, in a figure's title."""
    ratio = found.predicted.estimate / found.actual if found.actual else float("inf")
    within = found.predicted.ci_lower <= found.actual <= found.predicted.ci_upper
    if not found.actual:
        return "Nobody bought in the time that the model was tried on"
    if within:
        return "Purchases came as foretold, within what chance allows"
    miss = percent(abs(ratio - 1))
    return f"The model foretold {miss} too {'many' if ratio > 1 else 'few'} purchases"


def tracking_finding(result: LifetimeResult) -> str:
    """Say how purchases stand against those expected, where they were foretold if any were."""
    track, found = result.tracking, trial(result)
    weeks = _foretold_weeks(result)
    expected, actual = float(track.expected[weeks].sum()), float(track.actual[weeks].sum())
    if not actual:
        return "No repeat purchases in whole weeks"
    miss = expected / actual - 1
    if abs(miss) <= _allowed(found, miss):
        return "Repeat purchases have followed the model"
    told = f"the model expects {percent(abs(miss))} {_more(miss)} than came"
    return f"Where it foretells, {told}" if found else f"By the end {told}"


def _foretold_weeks(result: LifetimeResult) -> slice:
    """Return the tracked weeks that lie wholly after the time the model was fitted on, or all."""
    if result.holdout is None or trial(result) is None:
        return slice(None)
    fitted_until = (result.holdout.calibration_end - result.first_day).days
    length = int(result.tracking.day[0]) + 1
    return slice(int((result.tracking.day - length < fitted_until).sum()), None)


def _allowed(found: HoldoutTrial | None, miss: float) -> float:
    """Return the miss that goes without saying: none that the figure beside it tells of."""
    if found is None or not found.actual:
        return _CLOSE / 2
    missed = clear_miss(found)
    if missed is not None:
        return 0.0 if missed * miss > 0 else _CLOSE / 2
    return max(_CLOSE / 2, (found.predicted.ci_upper - found.predicted.ci_lower) / 2 / found.actual)


def groups_finding(groups: tuple[GroupValue, ...], by: str) -> str:
    """Say which group's customers are worth most, in a figure's title."""
    if len(groups) < 2:
        return f"All customers are of one {by}"
    best = max(groups, key=lambda group: each_of(group).ci_lower)
    worst = min(groups, key=lambda group: each_of(group).ci_upper)
    times = best.value_per_customer / worst.value_per_customer
    if times < 1 + _CLOSE or each_of(best).ci_lower <= each_of(worst).ci_upper:
        return f"By {by}, no customers are clearly worth more than others"
    one, other = _titled(best.name, by), f"those of {shortened(worst.name, 24)}"
    return f"{one} are worth {plain(times, 0.1)} times {other}"


def each_of(group: GroupValue) -> Estimate:
    """Return what a customer of the group is worth, with the interval that a reader wants."""
    shown = group.total.predicted_value or group.total.expected_value
    return shown.scaled(1 / group.n_customers)


def models_sentence(result: LifetimeResult) -> str:
    """Say which model was taken and why, and what the others would say."""
    others = {
        MODELS[name]: value for name, value in result.value_by_model.items() if name != result.model
    }
    said = f"Purchases follow {model_name(result)}: {retold(result.model_reason)}."
    if not others:
        return said
    money = Money(result.currency)
    step = step_for(shown_value(result), 0.01)
    told = " and ".join(f"{money(value, step)} by {name}" for name, value in others.items())
    return f"{said} The base would be worth {told}."


def method(result: LifetimeResult) -> str:
    """Say how the figures were made, for a reader who wants to check them."""
    discount = result.terms.discount_rate_per_year
    today = (
        f"each discounted to today from its own moment at {confidence(discount)} a year"
        if discount
        else "not discounted"
    )
    return (
        f"A customer's purchases are days with an order worth something. {model_name(result)} says "
        "from how often and how lately each has bought how many more are to be expected; "
        "Gamma-Gamma says from the mean of the repeat purchases what one is worth, drawn towards "
        "the mean of all where there are few. Their product, times the margin rate, is the value; "
        f"purchases of {horizon(result)} count, {today}. Parameters are estimated by maximum "
        "likelihood. The interval holds their uncertainty (delta method; purchases and spend are "
        "estimated apart and share no parameter) and the chance in what this many customers do "
        "(in closed form from the models). It does not hold that the models may be wrong: the "
        "checks are there for that."
    )


def margin_sentence(result: LifetimeResult) -> str:
    """Say where the margin rate comes from."""
    rate = percent(result.margin.rate, 0.001)
    if result.margin.source == "given":
        return f"{rate} of revenue, as given"
    assumed = result.margin.assumed_share
    told = f"; of {percent(assumed)} of revenue the cost is assumed" if assumed >= 0.005 else ""
    return f"{rate} of revenue, as in the store's own orders{told}"


def _titled(name: str, by: str) -> str:
    if by == "cohort":
        return f"Customers of {name}"
    return f"Customers of {by} {shortened(name, 24)}"


def _more(miss: float) -> str:
    return "more" if miss > 0 else "fewer"
