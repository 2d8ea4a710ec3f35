"""The sentences of a report on a campaign that held nobody out; each says how weak they are."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report.numbers import Money, probability, say, step_for, tally
from smsroi_models.report.words import confidence, money_range, profit_or_loss
from smsroi_models.without_holdout import CounterfactualResult

LABEL = "weaker evidence: nobody was held out"
HEADLINES = {
    "paid": f"It looks as if it paid for itself \N{EN DASH} {LABEL}.",
    "lost": f"It looks as if it did not pay for itself \N{EN DASH} {LABEL}.",
    "unclear": f"Cannot tell \N{EN DASH} {LABEL}.",
    "unknown": f"The cost is not known \N{EN DASH} {LABEL}.",
}


def verdict(result: CounterfactualResult) -> str:
    """Return the answer to the report's question in one piece, with the checks that failed."""
    failed = [check.name.lower() for check in result.checks if check.status == "failed"]
    caution = f" Checks that failed: {', '.join(failed)}." if failed else ""
    return f"{HEADLINES[result.outcome]} {sentence(result)}{caution}"


def sentence(result: CounterfactualResult) -> str:
    """Return what the campaign seems to have earned or cost, with the interval in words."""
    money = Money(result.campaign.currency)
    level = confidence(result.confidence_level)
    if result.profit is None or result.probability_of_profit is None:
        figure = result.incremental_margin
        return (
            f"Its customers' margin differs by {say(figure, money, 0.01)} from what their own past "
            f"leads to expect, with {level} confidence; whether that paid for it cannot be told "
            "without its costs."
        )
    profit, step = result.profit, step_for(result.profit, 0.01)
    span = money_range(profit, money)
    if result.outcome == "unclear":
        best = profit_or_loss(profit.estimate, money, step)
        return (
            f"Against what its customers' own past leads to expect, the best estimate is {best}, "
            f"but anything from {span} fits at {level} confidence. The probability that it made a "
            f"profit is {probability(result.probability_of_profit)}, if nothing else changed."
        )
    more, less = ("earned", "cost") if result.outcome == "paid" else ("cost", "earned")
    return (
        "Against what its customers' own past leads to expect, the campaign "
        f"{more} {money(abs(profit.estimate), step)} more than it {less}. With {level} confidence "
        f"it made {span}, if nothing else changed in those days."
    )


def series_finding(result: CounterfactualResult) -> str:
    """Say how the window stood against what was expected, in a figure's title."""
    figure, money = result.incremental_margin, Money(result.campaign.currency)
    step = step_for(figure, 0.01)
    if figure.ci_lower <= 0 <= figure.ci_upper:
        found = "No clear difference from what the past leads to expect"
    else:
        more = "more" if figure.estimate > 0 else "less"
        amount = money(abs(figure.estimate), step)
        found = f"The window brought {amount} {more} than expected"
    return f"{found} (weaker evidence)"


def gathered_finding(result: CounterfactualResult) -> str:
    """Say how the extra margin stood against the cost, in a figure's title."""
    if result.cost is None:
        return "Apparent effect on margin, day by day (weaker evidence)"
    found = {
        "paid": "At the end the whole interval lies above the cost",
        "lost": "At the end the whole interval lies below the cost",
    }.get(result.outcome, "Whether the extra margin covers the cost cannot be told")
    return f"{found} (weaker evidence)"


def placebo_sentence(result: CounterfactualResult) -> str:
    """Say what came of the trials on quiet stretches, in words."""
    tried, days = result.placebo, result.margin.window_days
    money, count = Money(result.campaign.currency), len(tried.stretches)
    largest = money(tried.largest, _step(tried.largest))
    found = abs((result.profit or result.incremental_margin).estimate)
    named = "profit or loss" if result.profit is not None else "change in margin"
    told = "larger than" if found > tried.largest else "no larger than"
    return (
        f"The same method was run on {count} earlier stretches of {days} days, on which there was "
        f"no campaign. It should find nothing there. Its interval held zero on {tried.covered} of "
        f"{count}; the largest effect that it saw where there was none was {largest}. The {named} "
        f"of the campaign, {money(found, _step(found))}, is {told} that."
    )


def method(result: CounterfactualResult) -> str:
    """Say how the figures were made, for a reader who wants to check them."""
    margin, series = result.margin, result.series
    compared = (
        f" and by the margin of {tally(series.controls)} customers whom no text touched"
        if series.has_controls
        else ""
    )
    return (
        f"The daily margin of {tally(series.counted)} assigned customers, over "
        f"{margin.learnt_days} "
        "days before the campaign, is described by a level that may wander, a drift, a weekly "
        f"pattern{compared} (structural time series, Harvey 1989; the idea of Brodersen et al. "
        f"2015). The model is carried on over the {margin.window_days} days from the first "
        "assignment as if there had been no campaign; what came in beyond that is taken as its "
        "effect. Intervals carry the uncertainty of every part of the model, its variances "
        "included, but not the chance that something else began on the same day."
    )


def _step(amount: float) -> float:
    return step_for(Estimate(amount, amount, amount / 2, amount * 3 / 2), 0.01)
