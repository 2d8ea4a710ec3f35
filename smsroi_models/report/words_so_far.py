"""The sentences of a campaign that is still running: what it earned so far, never a last word."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report.numbers import Money, say, step_for
from smsroi_models.result import CampaignResult

HEADLINES = {
    "paid": "So far, yes: it has paid for itself.",
    "lost": "So far, no: it has lost margin.",
    "unclear": "Cannot tell yet.",
}


def sentence(result: CampaignResult, confidence: str) -> str:
    """Return what the campaign earned or cost so far, with the interval in words."""
    money = Money(result.campaign.currency)
    return (
        f"So far, after {_days(result)}, {_finding(result, money, confidence)} This is not final: "
        "costs count in full, orders of these days only. The range may be read every day."
    )


def payback(result: CampaignResult) -> str:
    """Say how the margin gathered so far stands against the cost, in a figure's title."""
    when, cost = f"After {_days(result)}", result.roi.cost
    margin = result.roi.incremental_margin
    if cost is None:
        return f"{when}: extra margin gathered day by day"
    if margin.ci_upper < cost:
        return f"{when} the whole band lies below the cost"
    if margin.ci_lower <= cost:
        return f"{when} the cost lies within the band: cannot tell yet"
    since = f", from day {result.payback_day} on" if result.payback_day else ""
    return f"{when} the whole band lies above the cost{since}"


def _days(result: CampaignResult) -> str:
    assert result.so_far is not None
    return f"{result.so_far.days} of {result.so_far.window_days} days"


def _finding(result: CampaignResult, money: Money, confidence: str) -> str:
    profit, margin = result.roi.profit, result.roi.incremental_margin
    if profit is None:
        changed = say(margin, money, 0.01)
        return (
            f"the campaign has changed the margin by {changed}, with {confidence} confidence; "
            "whether that pays for it cannot be told without its costs."
        )
    step = step_for(profit, 0.01)
    low, high = (money(abs(end), step) for end in _ends(profit))
    if profit.ci_lower > 0:
        return (
            f"the campaign has earned {money(profit.estimate, step)} more than its whole cost, "
            f"with {confidence} confidence {low} to {high} more."
        )
    if profit.ci_upper < 0:
        fell = " The margin itself has fallen." if margin.ci_upper < 0 else ""
        return (
            f"the campaign has earned {money(-profit.estimate, step)} less than its whole cost, "
            f"with {confidence} confidence {low} to {high} less.{fell}"
        )
    side = "less" if profit.estimate < 0 else "more"
    return (
        f"the campaign has earned {money(abs(profit.estimate), step)} {side} than its whole cost, "
        f"but anything from {low} less to {high} more fits the data at {confidence} confidence."
    )


def _ends(profit: Estimate) -> tuple[float, float]:
    """Return the ends of an interval, the smaller amount first where both are losses."""
    ends = profit.ci_lower, profit.ci_upper
    return ends if profit.ci_upper >= 0 else ends[::-1]
