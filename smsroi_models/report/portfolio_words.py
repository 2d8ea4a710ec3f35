"""The sentences of the report on all campaigns, made from its result."""

from collections.abc import Sequence

from smsroi_models.attribution.effects import Estimate
from smsroi_models.portfolio_result import CampaignFigures, PortfolioResult
from smsroi_models.report.numbers import (
    Money,
    percent,
    plain,
    say,
    shortened,
    step_for,
    tally,
    with_interval,
)
from smsroi_models.report.words import confidence, money_range, profit_or_loss

TITLE = "Do the text campaigns pay for themselves?"
HEADLINES = {
    "paid": "Yes, together they paid for themselves.",
    "lost": "No, together they did not pay for themselves.",
    "unclear": "Cannot tell: together they may have won or lost money.",
    "unknown": "Cannot tell: no profit of any campaign can be read.",
}
_OF_ONE = {
    "paid": "Yes, the one campaign that can be read paid for itself.",
    "lost": "No, the one campaign that can be read did not pay for itself.",
    "unclear": "Cannot tell: one campaign can be read, and it does not settle it.",
    "unknown": HEADLINES["unknown"],
}
OUTCOMES = {"paid": "paid", "lost": "lost", "unclear": "cannot tell", "unknown": "cost not known"}
_NAME = 60
# With fewer, what a new one may return reaches further than any campaign ever did.
_FEWEST_TO_FORETELL = 6


def verdict(result: PortfolioResult) -> str:
    """Return the answer to the report's question in one piece."""
    return f"{headline(result)} {sentence(result)}"


def headline(result: PortfolioResult) -> str:
    """Return the answer in a few words; of one campaign it is no answer about several."""
    if _known(result) == 1:
        return _OF_ONE[result.outcome]
    return HEADLINES[result.outcome]


def sentence(result: PortfolioResult) -> str:
    """Return what all campaigns together earned or cost, with the interval in words."""
    profit, money = result.total_profit, Money(result.currency)
    if profit is None:
        return _nothing_to_add(result)
    known = _known(result)
    step, level = step_for(profit, 0.01), confidence(result.confidence_level)
    who = "The one campaign that can be read" if known == 1 else f"The {known} campaigns together"
    if result.outcome == "unclear":
        return (
            f"{who}: the best estimate is {profit_or_loss(profit.estimate, money, step)}, but "
            f"anything from {money_range(profit, money)} fits the data at {level} confidence."
        )
    more, less = ("earned", "cost") if result.outcome == "paid" else ("cost", "earned")
    they = "it" if known == 1 else "they"
    return (
        f"{who} {more} {money(abs(profit.estimate), step)} more than {they} {less}. With {level} "
        f"confidence {they} made {money_range(profit, money)}."
    )


def _known(result: PortfolioResult) -> int:
    return sum(each.profit is not None for each in result.campaigns)


def one_by_one(result: PortfolioResult) -> str:
    """Say how many campaigns clearly paid, clearly lost, and cannot be told; nothing of one."""
    paid, lost, unclear = (result.count(name) for name in ("paid", "lost", "unclear"))
    total = paid + lost + unclear
    if total < 2:
        return ""
    return (
        f"One by one, of {total} campaigns {paid or 'none'} clearly paid, {lost or 'none'} clearly "
        f"lost money, and of {unclear or 'none'} it cannot be told."
    )


def corrected(result: PortfolioResult) -> str:
    """Say what clearly means, where several campaigns are looked at."""
    if not one_by_one(result):
        return ""
    false_share = [
        name
        for name, found in result.p_values.items()
        if found.benjamini_hochberg < 1 - result.confidence_level
    ]
    share = percent(1 - result.confidence_level)
    return (
        f"Clearly: corrected for looking at {len(result.p_values)} campaigns (Holm), so that in at "
        f"most {share} of portfolios any campaign is called so by chance. By the milder rule of "
        f"Benjamini and Hochberg, under which {share} of those named may be wrong, "
        f"{len(false_share)} would be called so."
    )


def shared(result: PortfolioResult) -> str:
    """Say that the same customers were held out again, and what follows; empty where not."""
    if result.shared_draws == 1:
        return ""
    return (
        "The same customers were held out of several campaigns, more often than chance does: what "
        "makes them buy more or less than the others is in each of those figures. Sums here have "
        "the widest interval that this can make. Draw each holdout anew; or keep one out of every "
        "campaign, and record it as a programme."
    )


def luck(result: PortfolioResult) -> str:
    """Say what the best campaign's ROI is after allowing for luck: the winner's curse."""
    read = [each for each in result.campaigns if each.roi]
    if not read:
        return "No campaign has a return on its cost to compare."
    if result.shared_draws > 1:
        return (
            "Luck cannot be allowed for: the same customers were held out again, and what the "
            "campaigns' errors have in common would pass for what they earn. Each figure stands "
            "as it was measured."
        )
    if result.pooled is None:
        few = "one campaign" if len(read) == 1 else f"{len(read)} campaigns"
        return (
            f"With {few} nothing tells how much campaigns differ: luck cannot be allowed for "
            "(three are needed), and each figure stands as it was measured."
        )
    best = best_of(read)
    assert best.roi is not None
    drawn = result.pooled.drawn[best.campaign_id]
    # Each to its own interval's digits, as in the table; whether they differ, by the coarser one.
    steps = step_for(best.roi, 0.01), step_for(drawn, 0.01)
    before, after = percent(best.roi.estimate, steps[0]), percent(drawn.estimate, steps[1])
    if percent(best.roi.estimate, max(steps)) == percent(drawn.estimate, max(steps)):
        differ = result.pooled.between_deviation > best.roi.standard_error
        why = "it was measured well, and campaigns do differ" if differ else "all are much alike"
        return f"The best campaign's ROI of {before} hardly changes after allowing for luck: {why}."
    return (
        f"The best campaign's ROI of {before} ({shortened(best.name, _NAME)}) is {after} after "
        f"allowing for luck: whichever of {len(read)} campaigns comes out on top was partly lucky, "
        "and is to be expected to do less well a second time."
    )


def without_roi(result: PortfolioResult) -> str:
    """Say that a campaign without a cost has no return; empty where there is none."""
    names = [shortened(each.name, _NAME) for each in result.campaigns if not each.roi]
    if not names:
        return ""
    return (
        f"Without a cost, or with one that is not known, there is no return: {', '.join(names)} "
        f"{'stands' if len(names) == 1 else 'stand'} in the table alone."
    )


def next_one(result: PortfolioResult) -> str:
    """Say what one more campaign like these may return."""
    if result.pooled is None:
        return ""
    level = confidence(result.confidence_level)
    if not foretells(result):
        return (
            f"What one more campaign like these would return, {len(result.pooled.drawn)} are too "
            f"few to say: {say(result.pooled.prediction, percent, 0.01)}, {level} confidence."
        )
    return (
        f"One more campaign like these would return {say(result.pooled.prediction, percent, 0.01)} "
        f"on its cost, with {level} confidence."
    )


def foretells(result: PortfolioResult) -> bool:
    """Tell whether there are campaigns enough to say something of the next one."""
    return result.pooled is not None and len(result.pooled.drawn) >= _FEWEST_TO_FORETELL


def letters(result: PortfolioResult, campaign: CampaignFigures) -> str:
    """Write a campaign's letters: ``abc``, or with spaces where one has more than one sign."""
    found = result.letters[campaign.campaign_id]
    return (" " if any(len(letter) > 1 for letter in found) else "").join(found)


def best(result: PortfolioResult) -> str:
    """Say which campaigns may be the best, and which cannot be told from it."""
    ranked = by_chance(result)
    if len(ranked) < 2:
        return "There are not two campaigns with a return on their cost to compare."
    top = best_of(ranked)
    together = set(result.letters[top.campaign_id])
    like = [
        each
        for each in ranked
        if each is not top and together & set(result.letters[each.campaign_id])
    ]
    name = shortened(top.name, _NAME)
    if len(like) == len(ranked) - 1 and len(set(result.letters.values())) > 1:
        return (
            f"“{name}” came out highest, but it cannot be told apart from any other; those that "
            "share no letter below can be told from each other."
        )
    if len(like) == len(ranked) - 1:
        return (
            f"No ranking can be given: not one of the {len(ranked)} campaigns can be told from "
            f"“{name}”, which came out highest."
        )
    if not like:
        return f"“{name}” can be told from all others: it has the highest return."
    others = "one other campaign" if len(like) == 1 else f"{len(like)} others"
    return f"“{name}” came out highest, but it cannot be told apart from {others}."


def trend(result: PortfolioResult) -> str:
    """Say whether the return rose or fell over time."""
    if result.trend is None:
        return "No trend can be told: it takes four campaigns with a return, at different times."
    found, level = result.trend, confidence(result.confidence_level)
    told = f"{_points(found)} from the first campaign to the last, {level} confidence"
    if found.ci_lower <= 0 <= found.ci_upper:
        return f"No trend can be seen: the return on cost changed by {told}."
    moved = "rose" if found.estimate > 0 else "fell"
    return (
        f"The return on cost {moved}: by {told}. That is how campaigns came out in time; whether "
        "the time, the offers or the list made it so, it does not say."
    )


def _points(figure: Estimate) -> str:
    """Write a change of a ratio in percentage points, which no share of the ratio is."""
    value, interval = with_interval(
        figure, lambda share, step: plain(100 * share, 100 * step), 0.01
    )
    return f"{value} percentage points ({interval})"


def holdouts(result: PortfolioResult) -> str:
    """Say what the holdouts cost, or saved, or that neither can be told."""
    if result.holdout_cost is None:
        return "Nobody was held out of the campaigns that can be read."
    money, found = Money(result.currency), result.holdout_cost
    step, level = step_for(found, 0.01), confidence(result.confidence_level)
    best, low, high = (
        money(abs(value), step) for value in (found.estimate, found.ci_lower, found.ci_upper)
    )
    if found.ci_lower > 0:
        said = f"cost about {best} ({low} to {high}, {level} confidence)"
    elif found.ci_upper < 0:
        said = f"saved about {best} ({high} to {low}, {level} confidence)"
    else:
        side = "cost" if found.estimate >= 0 else "saving"
        said = (
            f"may have cost or saved money: the best estimate is a {side} of {best}, but anything "
            f"from a saving of {low} to a cost of {high} fits the data at {level} confidence"
        )
    held = sum(each.n_holdout for each in result.campaigns)
    return (
        f"Holding customers out ({tally(held)} in all, counted anew in each campaign) {said}. "
        "That is the margin that texts to them would have brought, less the price of those texts."
    )


def bought(result: PortfolioResult) -> str:
    """Say what the holdouts bought: the answers that nothing else gives."""
    found = [
        _campaigns(result.count("paid"), "clearly earned its cost", "clearly earned their cost"),
        _campaigns(result.count("lost"), "clearly did not", "clearly did not"),
        _campaigns(result.count("unclear"), "needs more customers", "need more customers")
        + " or another offer",
    ]
    told = ", ".join(part for part in found if not part.startswith("0 "))
    return (
        f"For that, this page knows what texts caused: {told or 'the margin, if not the profit'}. "
        "Without held-out customers none of this could be told from orders that would have come "
        "anyway."
    )


def _campaigns(count: int, one: str, several: str) -> str:
    return f"{count} campaign that {one}" if count == 1 else f"{count} campaigns that {several}"


def forest_finding(result: PortfolioResult) -> str:
    """Say what the figure of all campaigns shows, in its title."""
    found = [result.outcome_of(each) for each in result.campaigns if each.roi]
    paid, lost, total = found.count("paid"), found.count("lost"), len(found)
    if total == 1:
        return "The return of the one campaign that can be read"
    if not paid and not lost:
        return f"None of {total} campaigns can be told from break-even on its own"
    parts = [f"{paid} clearly paid"] if paid else []
    parts += [f"{lost} clearly lost"] if lost else []
    return f"Of {total} campaigns {' and '.join(parts)}"


def money_finding(result: PortfolioResult) -> str:
    """Say what all campaigns had won or lost in the end, in a figure's title."""
    return {
        "paid": "At the end all campaigns together clearly made a profit",
        "lost": "At the end all campaigns together clearly made a loss",
        "unclear": "At the end the interval holds zero: cannot tell",
        "unknown": "",
    }[result.outcome]


def by_chance(result: PortfolioResult) -> list[CampaignFigures]:
    """Return the campaigns with an ROI, from the highest after allowing for luck down."""
    read = [each for each in result.campaigns if each.roi]
    return sorted(read, key=lambda each: -shown_roi(result, each).estimate)


def shown_roi(result: PortfolioResult, campaign: CampaignFigures) -> Estimate:
    """Return a campaign's ROI after allowing for luck, or as measured where that cannot be."""
    assert campaign.roi is not None
    return result.pooled.drawn[campaign.campaign_id] if result.pooled else campaign.roi


def best_of(campaigns: Sequence[CampaignFigures]) -> CampaignFigures:
    """Return the campaign whose measured ROI is the highest."""
    return max(campaigns, key=lambda each: each.roi.estimate if each.roi else float("-inf"))


def _nothing_to_add(result: PortfolioResult) -> str:
    if result.campaigns:
        return "Campaigns with a holdout were read, but the store does not say what they cost."
    kinds = {each.kind for each in result.aside}
    if kinds == {"no holdout"}:
        return "No campaign held customers out: what follows is weaker evidence."
    return "No campaign can be read against customers held out; the list below says why."
