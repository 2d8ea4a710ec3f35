"""The written parts of the report on all campaigns.

Campaign names come from outside: every value passes Jinja's autoescape.
"""

import math

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.factor_records import OLD_DAYS, TouchFactors
from smsroi_models.attribution.pooled_factors import FEWEST
from smsroi_models.attribution.rules import BOT_RULES
from smsroi_models.portfolio_result import Aside, CampaignFigures, PortfolioResult
from smsroi_models.report import portfolio_words as words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.folders import folder_name
from smsroi_models.report.in_locale import in_store_locale, written_day
from smsroi_models.report.numbers import (
    Money,
    percent,
    plain,
    probability,
    shortened,
    tally,
    with_interval,
)
from smsroi_models.report.results import versions
from smsroi_models.report.retold import retold
from smsroi_models.report.words import confidence

# What other tables say stands in each campaign's own report.
_NEEDED = ("messages", "costs", "subscriptions", "plans")
_KINDS = {
    "no holdout": "Nobody held out",
    "programme": "A programme",
    "running": "Not over yet",
    "failed": "A check failed",
    "not estimable": "Cannot be read",
}


@in_store_locale
def verdict(result: PortfolioResult) -> Html:
    """Return the answer: a headline, a sentence with the interval in words, and how many paid."""
    failed = [each.name for each in result.aside if each.kind == "failed"]
    return fragment(
        "portfolio_verdict.html",
        as_of=result.as_of,
        outcome=result.outcome,
        headline=words.headline(result),
        sentence=words.sentence(result),
        one_by_one=words.one_by_one(result),
        failed=[shortened(name) for name in failed],
        shared=words.shared(result),
    )


@in_store_locale
def key_figures(result: PortfolioResult) -> Html:
    """Return the handful of figures that a reader takes away."""
    money = Money(result.currency)
    tiles = []
    if result.total_profit:
        tiles.append(("Profit of all together", *with_interval(result.total_profit, money, 0.01)))
    if result.total_roi:
        tiles.append(("Return on cost (ROI)", *with_interval(result.total_roi, percent, 0.01)))
    if result.total_profit:
        read = sum(each.profit is not None for each in result.campaigns)
        spent = f"of {read} campaign{'s' if read != 1 else ''}, as booked"
        tiles.append(("Cost", money.booked(result.total_cost), spent))
    if result.pooled and words.foretells(result):
        tiles.append(
            ("ROI to expect of the next", *with_interval(result.pooled.prediction, percent, 0.01))
        )
    if left := opt_outs_together(result):
        tiles.append(("Opt-outs caused", *with_interval(left, plain, 1.0)))
    if result.holdout_cost:
        tiles.append(("Cost of holding out", *with_interval(result.holdout_cost, money, 0.01)))
    return fragment("key_figures.html", tiles=tiles)


@in_store_locale
def luck(result: PortfolioResult) -> Html:
    """Return what is left of the best campaign after allowing for luck, and the next one's."""
    told = (words.luck, words.without_roi, words.next_one, words.corrected)
    sentences = [write(result) for write in told]
    return fragment("portfolio_sentences.html", sentences=[text for text in sentences if text])


@in_store_locale
def campaigns(result: PortfolioResult) -> Html:
    """Return each campaign's figures, by time."""
    if not result.campaigns:
        return fragment("note.html", text="No campaign can be read against customers held out.")
    money = Money(result.currency)
    total = result.total_profit
    return fragment(
        "portfolio_campaigns.html",
        rows=[_campaign_row(result, each, money) for each in result.campaigns],
        total=with_interval(total, money, 0.01) if total and len(result.campaigns) > 1 else None,
        total_roi=with_interval(result.total_roi, percent, 0.01) if result.total_roi else ("", ""),
        total_cost=money.booked(result.total_cost),
        shrunk=result.pooled is not None,
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def league(result: PortfolioResult) -> Html:
    """Return which campaigns can be told apart, and how likely each is the best."""
    ranked = words.by_chance(result)
    if len(ranked) < 2:
        return fragment("note.html", text=words.best(result))
    return fragment(
        "portfolio_league.html",
        sentence=words.best(result),
        rows=[
            (
                folder_name(each.campaign_id),
                shortened(each.name),
                shortened(each.campaign_id),
                words.letters(result, each),
                *with_interval(words.shown_roi(result, each), percent, 0.01),
                probability(result.best[each.campaign_id], short=True),
            )
            for each in ranked
        ],
        pairs=math.comb(len(ranked), 2),
        shrunk=result.pooled is not None,
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def trend(result: PortfolioResult) -> Html:
    """Return whether the return rose or fell over time."""
    return fragment("note.html", text=words.trend(result))


@in_store_locale
def holdouts(result: PortfolioResult) -> Html:
    """Return what the holdouts cost, and what they bought."""
    if result.holdout_cost is None:
        return fragment("note.html", text=words.holdouts(result))
    texts = [words.holdouts(result), words.bought(result)]
    return fragment("portfolio_sentences.html", sentences=texts)


@in_store_locale
def opt_outs(result: PortfolioResult) -> Html:
    """Return how many customers left the list because of each campaign."""
    rows = [
        (
            shortened(each.name),
            shortened(each.campaign_id),
            *with_interval(each.opt_outs, plain, 1.0),
            *(with_interval(rate, plain, 0.01) if rate else ("", "")),
        )
        for each in result.campaigns
        if each.opt_outs
        for rate in [each.opt_outs_per_thousand]
    ]
    if not rows:
        text = "How many customers left because of a text cannot be told from this store."
        return fragment("note.html", text=text)
    total = opt_outs_together(result)
    assert total is not None
    return fragment(
        "portfolio_opt_outs.html",
        rows=rows,
        total=with_interval(total, plain, 1.0),
        nobody=[shortened(each.name) for each in result.campaigns if not each.opt_outs],
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def factors(result: PortfolioResult) -> Html:
    """Return how much of the tracked revenue was caused, by kind of touch, and how old that is."""
    if result.factors is None:
        return fragment("note.html", text="Tracked revenue was not read for this report.")
    found = [each for each in result.factors.touches if each.evidence]
    if not found:
        text = "No revenue was tracked of campaigns that held customers out."
        return fragment("note.html", text=text)
    enough = [each for each in found if len(each.evidence) >= FEWEST]
    not_pooled = next((retold(each.not_pooled) for each in enough if each.not_pooled), "")
    return fragment(
        "portfolio_factors.html",
        rows=[_factor_row(each, result) for each in found if _shown(each)],
        not_pooled=not_pooled,
        nothing_told=not not_pooled and all(_says_nothing(each) for each in found),
        campaigns=max(len(each.evidence) for each in found),
        too_old=any(each.ages(result.as_of).too_old for each in found),
        old_days=OLD_DAYS,
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def aside(result: PortfolioResult) -> Html:
    """Return the campaigns outside the figures above, each with its reason."""
    if not result.aside:
        return fragment("note.html", text="Every campaign of the store is in the figures above.")
    money = Money(result.currency)
    return fragment(
        "portfolio_aside.html",
        rows=[_aside_row(each, money) for each in result.aside],
        weaker=any(each.profit for each in result.aside),
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def limits(result: PortfolioResult) -> Html:
    """Return what the report does not show, and what absent tables keep it from saying."""
    cautions = [
        (shortened(each.name), retold(text)) for each in result.campaigns for text in each.cautions
    ]
    missing = {name: text for name, text in result.missing.items() if name in _NEEDED}
    return fragment("portfolio_limits.html", missing=missing, cautions=cautions)


@in_store_locale
def method(result: PortfolioResult) -> Html:
    """Return how the figures were made and from what: enough to make them again."""
    return fragment("portfolio_method.html", result=result, versions=versions())


def opt_outs_together(result: PortfolioResult) -> Estimate | None:
    """Return the opt-outs that all campaigns caused; None where none can be told."""
    found = [(each.opt_outs, each.degrees_of_freedom) for each in result.campaigns if each.opt_outs]
    return result.added(found)


def _campaign_row(
    result: PortfolioResult, each: CampaignFigures, money: Money
) -> dict[str, object]:
    drawn = result.pooled.drawn.get(each.campaign_id) if result.pooled else None
    outcome = result.outcome_of(each)
    return {
        "folder": folder_name(each.campaign_id),
        "name": shortened(each.name),
        "campaign_id": shortened(each.campaign_id),
        "started": written_day(each.starts_at),
        "outcome": outcome,
        "said": words.OUTCOMES[outcome],
        "profit": with_interval(each.profit, money, 0.01) if each.profit else None,
        "margin": with_interval(each.margin, money, 0.01),
        "roi": with_interval(each.roi, percent, 0.01) if each.roi else None,
        "drawn": with_interval(drawn, percent, 0.01) if drawn else None,
        "cost": "" if each.cost is None else money.booked(each.cost),
    }


def _factor_row(touch: TouchFactors, result: PortfolioResult) -> dict[str, str]:
    ages = touch.ages(result.as_of)
    pooled = touch.revenue
    factor, interval = with_interval(pooled.mean, plain, 0.01) if pooled else ("", "")
    unpooled = "too few" if len(touch.evidence) < FEWEST else "not told"
    following = with_interval(pooled.prediction, plain, 0.01)[1] if pooled else unpooled
    return {
        "label": touch.label[:1].upper() + touch.label[1:],
        "factor": factor,
        "interval": interval,
        "next": following,
        "campaigns": f"{len(touch.evidence)}",
        "age": f"{tally(ages.weighted_days)} days",
        "old": "too old" if ages.too_old else "",
    }


def _shown(touch: TouchFactors) -> bool:
    """Tell whether a touch has a line: of clicks, those by people alone."""
    return touch.touch == "click" or touch.touch not in BOT_RULES


def _says_nothing(touch: TouchFactors) -> bool:
    """Tell whether the next factor may be nothing as well as all."""
    if touch.revenue is None:
        return True
    found = touch.revenue.prediction
    return found.ci_lower < 0 and found.ci_upper > 1


def _aside_row(each: Aside, money: Money) -> dict[str, object]:
    return {
        "folder": folder_name(each.campaign_id),
        "name": shortened(each.name),
        "campaign_id": shortened(each.campaign_id),
        "started": written_day(each.starts_at),
        "kind": _KINDS[each.kind],
        "reason": shortened(retold(f"{each.reason[:1].upper()}{each.reason[1:]}"), 400).rstrip("."),
        "profit": with_interval(each.profit, money, 0.01) if each.profit else None,
    }
