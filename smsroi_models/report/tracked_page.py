"""What the report says of tracked credit: what each rule claims, and what was caused."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.rules import BOT_RULES
from smsroi_models.attribution.tracked_records import Claim, Group, RuleComparison, grouped
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import Money, plain, say, with_interval
from smsroi_models.report.words import confidence
from smsroi_models.result import CampaignResult

# Told with the links: the same clicks, filtered less.
_BOT_FILTERS = tuple(name for name in BOT_RULES if name != "click")


def comparable(result: CampaignResult) -> bool:
    """Return whether claims can be held against what was caused, or stand alone."""
    return (
        result.tracked is not None
        and result.tracked.incremental_revenue is not None
        and result.invalidated_by is None
    )


def claims_table(found: RuleComparison, currency: str, compared: bool) -> Html:
    """Return a sentence on the claims, and the table of them beside what was caused.

    Parameters
    ----------
    found : RuleComparison
    currency : str
        ISO 4217 code of the store's currency.
    compared : bool
        From `comparable`.
    """
    money = Money(currency)
    return fragment(
        "claims.html",
        sentence=sentence(found, currency, compared),
        compared=compared,
        confidence=confidence(found.confidence_level),
        rules=[_row("; ".join(g.labels), g.claim, money, compared) for g in grouped(found.claims)],
        touches=[
            _row(claim.rule.label, claim, money, compared)
            for claim in found.by_touch
            if claim.orders and claim.rule.name not in _BOT_FILTERS
        ],
        seen_on=max(claim.rule.seen_on for claim in found.claims),
    )


def finding(found: RuleComparison, currency: str, compared: bool) -> str:
    """Say in a figure's title how far the claims lie apart."""
    money = Money(currency)
    low, high = money.short(found.lowest.revenue), money.short(found.highest.revenue)
    if not found.highest.revenue:
        return "No rule credits the campaign with anything"
    said = f"The same orders are {low} or {high} of revenue, by whose rule one takes"
    if compared and _beyond(found)[0] == len(found.claims):
        return f"Every platform's rule claims more than was caused: {low} to {high}"
    return said


def sentence(found: RuleComparison, currency: str, compared: bool) -> str:
    """Say the claims' range, what the holdout says, and how many claims lie outside it."""
    money = Money(currency)
    if not found.highest.revenue:
        return "No rule credits the campaign with an order of the customers counted."
    low, high = (
        f"{money(claim.revenue)} ({claim.rule.label})" for claim in (found.lowest, found.highest)
    )
    said = (
        f"Of the same orders, {len(found.claims)} attribution rules credit this campaign with "
        f"{low} to {high} of revenue."
    )
    if not compared or found.incremental_revenue is None:
        return f"{said} None of it is a measure of what the campaign caused."
    caused = say(found.incremental_revenue, money, 0.01)
    return f"{said} Against the held-out customers, it caused {caused}. {_verdict(found)}"


def _verdict(found: RuleComparison) -> str:
    above, below = _beyond(found)
    inside = len(found.claims) - above - below
    parts = [
        f"{count} {'claims' if count == 1 else 'claim'} {what}"
        for count, what in ((above, "more than that interval"), (below, "less"))
        if count
    ]
    if inside:
        parts.append(f"{inside} {'lies' if inside == 1 else 'lie'} within it")
    return f"{'; '.join(parts)}. Which rule comes near differs from campaign to campaign."


def _beyond(found: RuleComparison) -> tuple[int, int]:
    """Return how many claims lie above, and below, the interval of what was caused."""
    caused = found.incremental_revenue
    assert caused is not None
    above = sum(claim.revenue > caused.ci_upper for claim in found.claims)
    return above, sum(claim.revenue < caused.ci_lower for claim in found.claims)


def _row(label: str, claim: Claim, money: Money, compared: bool) -> dict[str, str]:
    factor, interval = ("", "") if not compared else _factor(claim.factor)
    whole = claim.orders == round(claim.orders)
    return {
        "label": label,
        "orders": plain(claim.orders, 1.0 if whole else 0.1),
        "revenue": money(claim.revenue),
        "factor": factor,
        "interval": interval,
    }


def _factor(factor: Estimate | None) -> tuple[str, str]:
    return ("not estimable", "") if factor is None else with_interval(factor, plain, 0.01)


def short_label(group: Group) -> str:
    """Return a group's first label without what stands behind a comma, and how many follow."""
    names = list(dict.fromkeys(label.split(",")[0] for label in group.labels))
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
