"""The sentences of a campaign's report, made from its result."""

from collections.abc import Callable

from smsroi_models.attribution.design_checks import ENOUGH_POWER
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.likelihood import in_words
from smsroi_models.report import words_so_far
from smsroi_models.report.numbers import (
    Money,
    exact_percent,
    percent,
    plain,
    probability,
    say,
    step_for,
    tally,
)
from smsroi_models.report.retold import retold
from smsroi_models.result import CampaignResult
from smsroi_models.roi import Roi

HEADLINES = {
    "paid": "Yes, it paid for itself.",
    "lost": "No, it did not pay for itself.",
    "unclear": "Cannot tell.",
    "unknown": "The cost is not known.",
    "invalid": "Cannot tell: there is nothing to compare.",
}


# What a failed check leaves of a clear answer: the figures stand, the certainty does not.
_WITH_CAUTION = {
    "paid": "It seems to have paid for itself, with a caution.",
    "lost": "It seems not to have paid for itself, with a caution.",
}


def verdict(result: CampaignResult) -> str:
    """Return the answer to the report's question in one piece, with the checks that failed."""
    failed = [check.name.lower() for check in result.checks if check.status == "failed"]
    caution = f" Checks that failed: {', '.join(failed)}." if failed else ""
    open_ended = result.outcome == "unclear" and result.so_far is None
    sure = f" {how_sure(result)}" if open_ended else ""
    return f"{headline(result)} {sentence(result)}{sure}{caution}"


def headline(result: CampaignResult) -> str:
    """Return the answer in a few words; a failed check, or days to come, make it no plain one."""
    if result.so_far is not None:
        return {**HEADLINES, **words_so_far.HEADLINES}[result.outcome]
    if result.outcome == "paid" and result.lost_again:
        return "It paid within its window, and lost it again since."
    failed = any(check.status == "failed" for check in result.checks)
    return {**HEADLINES, **(_WITH_CAUTION if failed else {})}[result.outcome]


def sentence(result: CampaignResult) -> str:
    """Return what the campaign earned or cost, with the interval in words."""
    if result.invalidated_by is not None:
        return retold(result.invalidated_by.text)
    if result.so_far is not None:
        return words_so_far.sentence(result, confidence(result.confidence_level))
    said = _SENTENCES[result.roi.outcome](result.roi, Money(result.campaign.currency))
    return f"{said} {_since(result)}" if result.lost_again else said


def _since(result: CampaignResult) -> str:
    """Say what is left of the window's gain at the longest horizon."""
    assert result.after_window is not None
    last, money = result.after_window.horizons[-1], Money(result.campaign.currency)
    left = say(last.incremental_total, money, 0.01)
    cost = result.roi.cost
    against = f", against a cost of {money.booked(cost)}" if cost else ""
    return (
        f"That is the window alone: {last.days} days after it, the margin it had brought in all "
        f"was {left}{against}."
    )


def how_sure(result: CampaignResult) -> str:
    """Say in a word of the stated scale how likely a profit is; empty where that is not told."""
    chance = result.roi.probability_of_profit
    if chance is None or result.outcome == "invalid":
        return ""
    when = "" if result.so_far is None else " by now"
    said = f"A profit{when} is {in_words(chance)} ({probability(chance)})."
    # How small a test was is in the probability already.
    hidden = [c for c in result.checks if c.status == "failed" and c.name != ENOUGH_POWER]
    return f"{said} What the failed checks may hide is not in that figure." if hidden else said


def next_step(result: CampaignResult) -> str:
    """Say what to do next, by the stated rule."""
    decision, rule = result.decision, result.rule
    money = Money(result.campaign.currency)
    least = money(rule.minimum_profit, 0.01) if rule.minimum_profit else "zero"
    odds = percent(rule.power)
    if decision.action == "keep testing" and decision.further_customers is not None:
        return (
            f"Keep testing: a fresh test of about {_size(result, decision.further_customers)}, "
            f"held out in the same proportion, gives a clear answer{_asked(result)} with {odds} "
            f"probability.{_in_parts(result, decision.further_customers)}"
        )
    if decision.action == "change":
        return _change(result, decision.further_customers)
    return {
        "repeat": f"Repeat it: the whole interval of profit lies above {least}.",
        "stop": f"Stop it: {_too_little(result)}, and nothing shows that it earned at all.",
        "mend first": f"Mend first: {_mending(result)}",
        "wait": "Let it run: the question is open until the window is over.",
    }[decision.action]


def _asked(result: CampaignResult) -> str:
    """Name the profit that the rule asks for, where it is not simply any."""
    least = result.rule.minimum_profit
    money = Money(result.campaign.currency)
    return f" on whether its profit passes {money(least, 0.01)}" if least else ""


def _too_little(result: CampaignResult) -> str:
    """Say what a campaign to be stopped fell short of: the rule may ask for more than its cost."""
    profit = result.roi.profit
    if profit is None or profit.ci_upper < 0:
        return "it cost more than it earned"
    least = Money(result.campaign.currency)(result.rule.minimum_profit, 0.01)
    return f"no profit that fits the data reaches {least}"


def _change(result: CampaignResult, needed: int | None) -> str:
    if result.lost_again:
        return (
            "Change it: what the window earned was lost again, because orders had been moved "
            "earlier. Offer what makes customers buy more, not sooner."
        )
    if result.roi.profit is not None and result.roi.profit.ci_upper < result.rule.minimum_profit:
        least = Money(result.campaign.currency)(result.rule.minimum_profit, 0.01)
        little = (
            f"less than the {least} of profit asked for"
            if result.rule.minimum_profit > 0
            else "too little"
        )
        return (
            f"Change it: the texts earned margin, but {little}. Spend less on it, give less "
            "discount, or text only those who respond."
        )
    what = _asked(result).removeprefix(" on ") or "whether it pays as it is"
    size = _size(result, needed) if needed else "more customers than anybody has"
    return (
        f"Change it: to tell {what}, a test would need {size}. Spend less on it, or offer what "
        "does more; repeated as it is, it stays a bet."
    )


def _mending(result: CampaignResult) -> str:
    if result.invalidated_by is not None:
        return retold(result.invalidated_by.remedy)
    if result.carried_by_few is not None:
        remedy = retold(result.carried_by_few.remedy)
        return f"{remedy[0].lower()}{remedy[1:]}"
    return "book what the campaign cost."


def _counted(result: CampaignResult) -> int:
    lift = result.lift["margin"].headline
    return lift.n_treatment + lift.n_holdout


def _in_parts(result: CampaignResult, needed: int) -> str:
    """Say how a list that is too short for one such test comes to it."""
    times = needed / _counted(result)
    return " Further campaigns like it add up to that." if times >= 2 else ""


def _size(result: CampaignResult, needed: int) -> str:
    """Write the size of a test, beside this one's."""
    counted = _counted(result)
    size, times = f"{_round(needed)} customers", needed / counted
    if times < 2:
        return f"{size} (this one had {tally(counted)})"
    return f"{size}, {tally(times)} times the {tally(counted)} of this one"


def _round(count: int) -> str:
    return plain(count, 10.0 ** max(len(str(count)) - 2, 0))


def confidence(level: float) -> str:
    """Write a confidence level to its last digit.

    >>> confidence(0.95), confidence(0.99999)
    ('95%', '99.999%')
    """
    return exact_percent(level)


def intervals_named(result: CampaignResult) -> str:
    """Name the intervals of a figure: ``95% intervals``."""
    named = f"{confidence(result.confidence_level)} intervals"
    return named if result.so_far is None else f"{named} for daily reading"


def money_range(figure: Estimate, money: Money) -> str:
    """Write the interval of a profit: ``a loss of $1,200 to a profit of $300``."""
    step = step_for(figure, 0.01)
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
    """Say how the margin gathered stood against the cost, in a figure's title."""
    outcome = result.outcome if result.roi.cost is not None else "unknown"
    if outcome != "invalid" and result.so_far is not None:
        return words_so_far.payback(result)
    if outcome == "paid":
        return _paid_back(result)
    return {
        "lost": "At the end the whole interval lies below the cost",
        "unclear": "At the end the cost lies within the interval: cannot tell",
        "unknown": "Extra margin gathered day by day",
        "invalid": "Difference in margin day by day: not the campaign's doing",
    }[outcome]


def _paid_back(result: CampaignResult) -> str:
    if result.payback_day is not None:
        return f"From day {result.payback_day} on, the whole band lies above the cost"
    if result.above_cost is not None:
        return (
            f"The daily band first cleared the cost on day {result.above_cost.day}; "
            "the interval at the end clears it, too"
        )
    return "The interval at the end lies above the cost, the daily band on no day"


def first_clear(result: CampaignResult) -> str:
    """Say on which day a daily reader could first tell, in a figure's text."""
    changed, earned = result.clear_of_zero, result.above_cost
    if changed is None:
        return "Reading every day, one could tell on no day that the margin had changed"
    said = (
        f"Reading every day, one could first tell on day {changed.day} that the margin had changed"
    )
    finished = result.outcome == "paid" and result.so_far is None
    # Where the band does not stay above the cost, `payback` names its day already.
    if result.roi.cost is None or (finished and result.payback_day is None):
        return said
    when = "on no day" if earned is None else f"on day {earned.day}"
    return f"{said}, and {when} that it had earned the cost"


def lift_finding(result: CampaignResult) -> str:
    """Say what happened to conversion and to revenue, in a figure's title."""
    revenue = f"revenue per customer {_direction(result.lift['revenue'].headline)}"
    if "converted" not in result.lift:
        return revenue.capitalize()
    lift = result.lift["converted"].headline
    if lift.ci_lower > 0:
        bought = "A larger share of the texted bought"
    elif lift.ci_upper < 0:
        bought = "A smaller share of the texted bought"
    else:
        bought = "No clear change in the share who bought"
    return f"{bought}; {revenue}"


def _direction(lift: Lift) -> str:
    if lift.ci_lower > 0:
        return "rose"
    return "fell" if lift.ci_upper < 0 else "shows no clear change"


def lift_sentence(result: CampaignResult) -> str:
    """Say the same as the title, and of how many customers."""
    lift = result.lift["revenue"].headline
    return (
        f"{lift_finding(result)}. Set against each other are {tally(lift.n_treatment)} customers "
        f"assigned to a text and {tally(lift.n_holdout)} held out."
    )


def money_sentence(result: CampaignResult) -> str:
    """Say what extra revenue there was, and what is left of it."""
    revenue = say(result.roi.incremental_revenue, Money(result.campaign.currency), 0.01)
    left = waterfall_finding(result)
    return f"Extra revenue {revenue}. {left}."


def waterfall_finding(result: CampaignResult) -> str:
    """Say what is left of the extra revenue, in a figure's title."""
    roi, money = result.roi, Money(result.campaign.currency)
    if roi.profit is None:
        figure = roi.incremental_margin
        return f"Change in margin: {say(figure, money, 0.01)}; cost not known"
    step = step_for(roi.profit, 0.01)
    left = profit_or_loss(roi.profit.estimate, money, step)
    half = money((roi.profit.ci_upper - roi.profit.ci_lower) / 2, step)
    when = "After" if result.so_far is None else "So far, after"
    return f"{when} goods and costs: {left}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{half}"


def method(result: CampaignResult) -> str:
    """Say how the figures were made, for a reader who wants to check them."""
    history = " and ".join(_COVARIATES[name] for name in result.covariates)
    pre = (
        f"adjusted for each customer's {history} in the {result.pre_days} days "
        "before assignment (a regression in each arm, Lin 2013)"
        if result.covariates
        else "a plain difference in means (no usable history before assignment)"
    )
    return (
        "The figures take it that customers were drawn at random to be texted or held out. "
        f"Everyone assigned counts, reached or not, for {_days_counted(result)} from "
        f"assignment. Figures compare the arms' means, {pre}, with unequal variances; money is "
        f"the effect per assigned customer times the {tally(result.roi.n_treatment)} customers "
        f"assigned to be texted. {_daily_reading(result)}"
    )


def _days_counted(result: CampaignResult) -> str:
    days = result.campaign.window_days
    if result.so_far is None:
        return f"{days} days"
    return f"the first {days} of {result.so_far.window_days} days"


def _daily_reading(result: CampaignResult) -> str:
    sequence = (
        "confidence sequence (Robbins 1970; Waudby-Smith and others 2024), which over all days "
        f"together misses in at most {confidence(1 - result.confidence_level)} of campaigns"
    )
    if result.so_far is None:
        return (
            "The figures above are for one reading at the end; the band of the figure by days, "
            f"which may be read on any day, is that of a {sequence}."
        )
    return f"Every interval and p-value is that of a {sequence}: it may be read every day."


def _paid(roi: Roi, money: Money) -> str:
    assert roi.profit is not None
    return (
        f"The campaign earned {_amount(roi.profit, money)} more than it cost. With "
        f"{confidence(roi.confidence_level)} confidence it made {money_range(roi.profit, money)}."
    )


def _lost(roi: Roi, money: Money) -> str:
    if roi.profit is None:
        figure = roi.incremental_margin
        step = step_for(figure, 0.01)
        return (
            f"Before any cost, the margin fell by {money(-figure.estimate, step)} "
            f"({confidence(roi.confidence_level)} interval: {money(-figure.ci_upper, step)} to "
            f"{money(-figure.ci_lower, step)})."
        )
    step = step_for(roi.profit, 0.01)
    return (
        f"The campaign cost {money(abs(roi.profit.estimate), step)} more than it earned. With "
        f"{confidence(roi.confidence_level)} confidence it made {money_range(roi.profit, money)}."
    )


def _unclear(roi: Roi, money: Money) -> str:
    assert roi.profit is not None
    best = profit_or_loss(roi.profit.estimate, money, step_for(roi.profit, 0.01))
    return (
        f"The best estimate is {best}, but anything from {money_range(roi.profit, money)} fits the "
        f"data at {confidence(roi.confidence_level)} confidence."
    )


def _unknown(roi: Roi, money: Money) -> str:
    return (
        f"The campaign changed the margin by {say(roi.incremental_margin, money, 0.01)}, with "
        f"{confidence(roi.confidence_level)} confidence; whether that paid for it cannot be told "
        "without its costs."
    )


def _amount(figure: Estimate, money: Money) -> str:
    return money(figure.estimate, step_for(figure, 0.01))


_SENTENCES: dict[str, Callable[[Roi, Money], str]] = {
    "paid": _paid,
    "lost": _lost,
    "unclear": _unclear,
    "unknown": _unknown,
}

_COVARIATES = {"pre_revenue": "revenue", "pre_orders": "number of orders"}
