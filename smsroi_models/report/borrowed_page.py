"""What the report of a campaign without a holdout says by evidence borrowed from others."""

from typing import Any

from smsroi_models.attribution.borrowed_records import Borrowed, BorrowedByTouch
from smsroi_models.attribution.factor_records import OLD_DAYS, Ages
from smsroi_models.attribution.rules import BOT_RULES
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, percent, plain, say, tally, with_interval
from smsroi_models.report.words import confidence
from smsroi_models.without_holdout import CounterfactualResult

_NOT_THE_ANSWER = (
    "Nobody of this campaign was held out, and nothing in it can show that the share holds for it "
    "too. The answer at the top of this page does not rest on it."
)


@in_store_locale
def borrowed_tables(result: CounterfactualResult) -> Html:
    """Return what the campaign would have brought, were it as incremental as others were."""
    found = result.borrowed
    if found is None:
        return fragment("note.html", text="The store holds no touches: there is nothing to borrow.")
    if not found.found:
        return fragment("note.html", text=refusal(found))
    money, leading = Money(result.campaign.currency), found.leading
    return fragment(
        "borrowed.html",
        sentences=sentences(found, result),
        lines=_lines(leading, money) if leading else [],
        touches=[
            _row(each.label, each, money)
            for name, each in found.found.items()
            if name != found.touch and name not in BOT_RULES
        ],
        filters=_filters(found, money),
        assigned=result.assigned,
        counted=result.series.counted,
        confidence=confidence(result.confidence_level),
    )


def refusal(found: BorrowedByTouch) -> str:
    """Say why no evidence can be borrowed."""
    left_out = "; ".join(f"{name}: {why}" for name, why in list(found.left_out.items())[:5])
    told = f" Left out: {left_out}." if left_out else ""
    return f"No evidence can be borrowed: {found.refused[found.touch]}.{told}"


def sentences(found: BorrowedByTouch, result: CounterfactualResult) -> list[str]:
    """Return what the leading touch says, how old that is, and how it lies to the forecast."""
    each, money = found.leading, Money(result.campaign.currency)
    if each is None:
        return [f"By clicks nothing can be borrowed: {found.refused[found.touch]}."]
    said = (
        f"Borrowed evidence: if the revenue tracked after a click were as incremental as that of "
        f"the {len(each.campaigns)} campaigns with a holdout, this one would have brought "
        f"{say(each.incremental_revenue, money, 0.01)} of incremental revenue"
    )
    if each.profit is not None:
        said += f" and a profit of {say(each.profit, money, 0.01)}"
    return [
        f"{said}. {_NOT_THE_ANSWER}",
        f"{age(each.ages)} {_beside(each, result, money)}",
    ]


def age(ages: Ages) -> str:
    """Say how old the evidence is, and whether that is too old."""
    said = (
        f"The evidence is {tally(ages.weighted_days)} days away by its weight (the oldest "
        f"{_days(ages.oldest_days)}, the newest {_days(ages.newest_days)})."
    )
    if not ages.too_old:
        return said
    return (
        f"{said} That is more than {OLD_DAYS} days: customers, offers and seasons have changed "
        "since, and the interval does not know it. Do not lean on it."
    )


def _days(days: float) -> str:
    if days >= 0:
        return f"ended {tally(days)} days before this campaign"
    return f"ended {tally(-days)} days after this campaign began"


def _beside(each: Borrowed, result: CounterfactualResult, money: Money) -> str:
    """Say whether the two figures agree, per customer: they are of other numbers of customers."""
    a, b = (
        each.incremental_margin.scaled(1 / result.assigned),
        result.incremental_margin.scaled(1 / result.series.counted),
    )
    fits = a.ci_lower <= b.ci_upper and b.ci_lower <= a.ci_upper
    return (
        f"Per customer that is {say(a, money, 0.0001)} of margin, beside {say(b, money, 0.0001)} "
        f"by the forecast: the intervals {'overlap' if fits else 'lie apart, and one of the two '}"
        f"{'' if fits else 'is wrong for this campaign'}."
    )


def _lines(each: Borrowed, money: Money) -> list[tuple[str, str, str, str]]:
    rows = [
        ("Revenue after a click", *with_interval(each.tracked_revenue, money, 0.01), ""),
        ("Incremental / tracked, one more campaign", *with_interval(each.factor, plain, 0.01), ""),
        ("Incremental revenue", *with_interval(each.incremental_revenue, money, 0.01), "total"),
        ("Incremental margin", *with_interval(each.incremental_margin, money, 0.01), ""),
    ]
    if each.cost is not None:
        rows.append(("Cost", money(-each.cost, 1.0 if each.cost >= 100 else 0.01), "", ""))
    if each.profit is not None:
        rows.append(("Profit", *with_interval(each.profit, money, 0.01), "total"))
    if each.roi is not None:
        rows.append(("Return on cost (ROI)", *with_interval(each.roi, percent, 0.01), "total"))
    return rows


def _filters(found: BorrowedByTouch, money: Money) -> list[dict[str, str]]:
    rows = []
    for name, label in BOT_RULES.items():
        if name in found.found and name in found.clicks:
            row = _row(label.capitalize(), found.found[name], money)
            rows.append(row | {"clicks": tally(found.clicks[name])})
    return rows


def _row(label: str, each: Borrowed, money: Money) -> dict[str, Any]:
    revenue, revenue_interval = with_interval(each.incremental_revenue, money, 0.01)
    profit, profit_interval = (
        ("not known", "") if each.profit is None else with_interval(each.profit, money, 0.01)
    )
    return {
        "label": label,
        "tracked": money(each.tracked_revenue.estimate),
        "revenue": revenue,
        "revenue_interval": revenue_interval,
        "profit": profit,
        "profit_interval": profit_interval,
        "roi": "not known" if each.roi is None else with_interval(each.roi, percent, 0.01)[0],
        "campaigns": f"{len(each.campaigns)}",
    }
