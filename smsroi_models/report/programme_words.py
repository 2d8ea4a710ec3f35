"""The sentences of a programme's report, made from its result."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.programme_result import ProgrammeResult
from smsroi_models.report.in_locale import written_day
from smsroi_models.report.numbers import Money, probability, say, step_for, tally
from smsroi_models.report.retold import retold
from smsroi_models.report.words import confidence, money_range, profit_or_loss

HEADLINES = {
    "paid": "Yes, texting paid for itself.",
    "lost": "No, texting did not pay for itself.",
    "unclear": "Cannot tell.",
    "unknown": "The cost is not known.",
    "invalid": "Cannot tell: there is nothing to compare.",
}


def verdict(result: ProgrammeResult) -> str:
    """Return the answer to the report's question in one piece, with the checks that failed."""
    failed = [check.name.lower() for check in result.checks if check.status == "failed"]
    caution = f" Checks that failed: {', '.join(failed)}." if failed else ""
    return f"{HEADLINES[result.outcome]} {sentence(result)}{caution}"


def sentence(result: ProgrammeResult) -> str:
    """Return what all campaigns together earned or cost, with the interval in words."""
    if result.invalidated_by is not None:
        return retold(result.invalidated_by.text)
    roi, money = result.roi, Money(result.campaign.currency)
    level = confidence(result.confidence_level)
    so_far = "" if result.is_over else f" by {written_day(result.period.until)}"
    if roi.profit is None or roi.probability_of_profit is None:
        return (
            f"All campaigns together changed the margin by "
            f"{say(roi.incremental_margin, money, 0.01)}{so_far}, with {level} confidence; whether "
            "that paid for them cannot be told without their costs."
        )
    profit, span = roi.profit, money_range(roi.profit, money)
    step = step_for(profit, 0.01)
    if result.outcome == "unclear":
        return (
            f"The best estimate for all campaigns together{so_far} is "
            f"{profit_or_loss(profit.estimate, money, step)}, but anything from {span} fits the "
            f"data at {level} confidence. The probability that they made a profit is "
            f"{probability(roi.probability_of_profit)}."
        )
    more, less = ("earned", "cost") if result.outcome == "paid" else ("cost", "earned")
    return (
        f"All campaigns together {more} {money(abs(profit.estimate), step)} more than they {less}"
        f"{so_far}. With {level} confidence they made {span}."
    )


def months_finding(result: ProgrammeResult) -> str:
    """Say how the margin gathered stood against the cost, in a figure's title."""
    return {
        "paid": "At the end the whole interval lies above the cost",
        "lost": "At the end the whole interval lies below the cost",
        "unclear": "At the end the interval holds the cost: cannot tell",
        "unknown": "Difference in margin gathered month by month",
        "invalid": "Difference in margin month by month: not the texts' doing",
    }[result.outcome]


def side_by_side(result: ProgrammeResult) -> str:
    """Say how the campaigns' own figures add up beside the programme's; empty without any."""
    total, profit = result.sum_of_campaigns, result.roi.profit
    if total is None or profit is None or result.outcome == "invalid":
        return ""
    money = Money(result.campaign.currency)
    read = sum(part.profit is not None for part in result.campaigns)
    which = (
        f"the {read} campaigns'" if read == len(result.campaigns) else f"{read} of the campaigns'"
    )
    apart = _apart(total, profit)
    return (
        f"Added up, {which} own profits come to {say(total, money, 0.01)}; the programme's is "
        f"{say(profit, money, 0.01)}. {apart}"
    )


def method(result: ProgrammeResult) -> str:
    """Say how the figures were made, for a reader who wants to check them."""
    history = " and ".join(_COVARIATES[name] for name in result.lift["margin"].headline.covariates)
    adjusted = (
        f", adjusted for each customer's {history} in the {result.pre_days} days before the own "
        "assignment (a regression in each arm, Lin 2013)"
        if history
        else ""
    )
    groups = (
        f"Customers who joined at the same time are compared with each other, in {result.n_strata} "
        "groups of months, weighted by their part of those who may be texted"
        if result.n_strata > 1
        else "The arms' means are compared"
    )
    return (
        "The figures take it that each customer was drawn at random, at the start or on joining, "
        "to be open to texts or kept out of every campaign. Everyone assigned counts, texted or "
        "not, from the own assignment to the end of the period, so that later customers count for "
        f"fewer days in both arms. {groups}{adjusted}, with unequal variances; money is the effect "
        f"per customer times the {tally(result.roi.n_treatment)} who may be texted. Costs are "
        "known: "
        "every text sent in the period, and every other cost of a campaign that started in it."
    )


def _apart(total: Estimate, profit: Estimate) -> str:
    inside = profit.ci_lower <= total.estimate <= profit.ci_upper
    return (
        "The sum lies within the programme's interval."
        if inside
        else "The sum lies outside the programme's interval."
    )


_COVARIATES = {"pre_revenue": "revenue", "pre_orders": "number of orders"}
