"""The sentences of a campaign's report, made from its result."""

from collections.abc import Callable

from smsroi_models.analysis import CampaignResult
from smsroi_models.attribution.lift import Estimate
from smsroi_models.report.numbers import Money, percent, probability, step_for
from smsroi_models.roi import Roi

HEADLINES = {
    "paid": "Yes, it paid for itself.",
    "lost": "No, it did not pay for itself.",
    "unclear": "Cannot tell.",
    "unknown": "The cost is not known.",
}


def verdict(result: CampaignResult) -> str:
    """Return the answer to the report's question, with the interval in words."""
    roi, money = result.roi, Money(result.campaign.currency)
    return f"{HEADLINES[roi.outcome]} {_SENTENCES[roi.outcome](roi, money)}"


def confidence(level: float) -> str:
    """Write a confidence level: ``95 %``, ``99.5 %``."""
    return percent(level, 0.01 if abs(level * 100 - round(level * 100)) < 1e-9 else 0.001)


def intervals_named(result: CampaignResult) -> str:
    """Name the intervals of a figure: ``95 % intervals``."""
    return f"{confidence(result.confidence_level)} intervals"


def money_range(figure: Estimate, money: Money) -> str:
    """Write the interval of a profit: ``a loss of $1,200 to a profit of $300``."""
    step = step_for(figure, 1.0)
    low, high = figure.ci_lower, figure.ci_upper
    if low >= 0:
        return f"a profit of {money(low, step)} to {money(high, step)}"
    if high <= 0:
        return f"a loss of {money(-high, step)} to {money(-low, step)}"
    return f"a loss of {money(-low, step)} to a profit of {money(high, step)}"


def profit_or_loss(amount: float, money: Money, step: float) -> str:
    """Write an amount as a profit or a loss, without a sign."""
    return f"a {'loss' if amount < 0 else 'profit'} of {money(abs(amount), step)}"


def payback(result: CampaignResult) -> str:
    """Say how the margin gathered ended against the cost, in a figure's title."""
    outcome = result.roi.outcome
    if outcome == "paid":
        return f"The extra margin passed the cost on day {result.payback_day}"
    return {
        "lost": "The extra margin ended below the cost",
        "unclear": "On the last day the band still holds the cost: cannot tell",
        "unknown": "Extra margin gathered day by day",
    }[outcome]


def lift_finding(result: CampaignResult) -> str:
    """Say what happened to conversion, in a figure's title."""
    lift = result.lift["converted"].headline
    if lift.ci_lower > 0:
        found = "More texted than held-out customers bought"
    elif lift.ci_upper < 0:
        found = "Fewer texted than held-out customers bought"
    else:
        found = "No clear change in how many customers bought"
    return found


def waterfall_finding(result: CampaignResult) -> str:
    """Say what is left of the extra revenue, in a figure's title."""
    roi, money = result.roi, Money(result.campaign.currency)
    if roi.profit is None:
        figure = roi.incremental_margin
        return f"Extra margin of {money(figure.estimate, step_for(figure, 1.0))}, cost not known"
    step = step_for(roi.profit, 1.0)
    left = profit_or_loss(roi.profit.estimate, money, step)
    half = money((roi.profit.ci_upper - roi.profit.ci_lower) / 2, step)
    return f"After goods and costs: {left} ± {half}"


def method(result: CampaignResult) -> str:
    """Say how the figures were made, for a reader who wants to check them."""
    campaign = result.campaign
    history = " and ".join(_COVARIATES[name] for name in result.covariates)
    pre = (
        f"adjusted for each customer's {history} in the {result.pre_days} days "
        "before assignment (a regression in each arm, Lin 2013)"
        if result.covariates
        else "a plain difference in means (no usable history before assignment)"
    )
    return (
        f"Customers were assigned at random to be texted or held out. Everyone assigned counts, "
        f"reached or not, for {campaign.window_days} days from assignment. Figures compare the "
        f"arms' means, {pre}, with unequal variances; money is the effect per assigned customer "
        f"times the {result.roi.n_treatment:,} customers assigned to be texted."
    )


def _paid(roi: Roi, money: Money) -> str:
    assert roi.profit is not None
    return (
        f"The campaign earned {_amount(roi.profit, money)} more than it cost. With "
        f"{confidence(roi.confidence_level)} confidence it made {money_range(roi.profit, money)}."
    )


def _lost(roi: Roi, money: Money) -> str:
    assert roi.profit is not None
    step = step_for(roi.profit, 1.0)
    return (
        f"The campaign cost {money(abs(roi.profit.estimate), step)} more than it earned. With "
        f"{confidence(roi.confidence_level)} confidence it made {money_range(roi.profit, money)}."
    )


def _unclear(roi: Roi, money: Money) -> str:
    assert roi.profit is not None and roi.probability_of_profit is not None
    best = profit_or_loss(roi.profit.estimate, money, step_for(roi.profit, 1.0))
    return (
        f"The best estimate is {best}, but anything from {money_range(roi.profit, money)} fits the "
        f"data at {confidence(roi.confidence_level)} confidence. The probability that it made a "
        f"profit is {probability(roi.probability_of_profit)}."
    )


def _unknown(roi: Roi, money: Money) -> str:
    figure = roi.incremental_margin
    step = step_for(figure, 1.0)
    return (
        f"The campaign caused {_amount(figure, money)} of extra margin "
        f"({confidence(roi.confidence_level)} interval {money(figure.ci_lower, step)} to "
        f"{money(figure.ci_upper, step)}); whether that paid for it cannot be told without its "
        "costs."
    )


def _amount(figure: Estimate, money: Money) -> str:
    return money(figure.estimate, step_for(figure, 1.0))


_SENTENCES: dict[str, Callable[[Roi, Money], str]] = {
    "paid": _paid,
    "lost": _lost,
    "unclear": _unclear,
    "unknown": _unknown,
}

_COVARIATES = {"pre_revenue": "revenue", "pre_orders": "number of orders"}
