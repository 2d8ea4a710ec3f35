"""What the report says of tracked credit: what each rule claims, and what was caused."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.rules import BOT_RULES
from smsroi_models.attribution.tracked_records import Claim, RuleComparison, grouped
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import Money, plain, say, with_interval
from smsroi_models.report.words import confidence
from smsroi_models.result import CampaignResult

# Of a factor's interval: four times as long as a share can be, it says nothing.
_WIDEST = 4.0
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
        of_held_out=of_held_out(found, money),
        compared=compared,
        confidence=confidence(found.confidence_level),
        rules=[_row("; ".join(g.labels), g.claim, money, compared) for g in grouped(found.claims)],
        touches=[
            _row(claim.rule.label, claim, money, compared, as_share=True)
            for claim in found.by_touch
            if claim.orders and claim.rule.name not in _BOT_FILTERS
        ],
        seen_on=max(claim.rule.seen_on for claim in found.claims),
    )


def finding(found: RuleComparison, currency: str, compared: bool) -> str:
    """Say in a figure's title how far the claims lie apart."""
    money = Money(currency)
    low, high = (money.short(round(c.revenue, 2)) for c in (found.lowest, found.highest))
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
        f"{credited(claim, money)} ({claim.rule.label})" for claim in (found.lowest, found.highest)
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
    return f"{'; '.join(parts)}. {_near(inside, above, len(found.claims))}"


def _near(inside: int, above: int, n: int) -> str:
    """Say whether any rule comes near what was caused."""
    if inside == n:
        return "So wide an interval cannot tell which rule comes near."
    if inside:
        return "Which rule comes near differs from campaign to campaign."
    return f"No rule comes near{': all claim too much' if above == n and n > 1 else ''}."


def of_held_out(found: RuleComparison, money: Money) -> str:
    """Say how much of the claims is of customers who were held out; empty where nothing is."""
    some = [claim for claim in found.claims if claim.held_out_orders]
    if not some:
        return ""
    most = max(some, key=lambda claim: claim.held_out_revenue)
    claim = "claims" if len(some) == 1 else "claim"
    return (
        f"{len(some)} of the rules also {claim} orders of customers who were held out, not to be "
        f"texted, such as with a code that reached them: up to {money(most.held_out_revenue)} of "
        f"the {credited(most, money)} of {most.rule.label}."
    )


def _beyond(found: RuleComparison) -> tuple[int, int]:
    """Return how many claims lie above, and below, the interval of what was caused."""
    caused = found.incremental_revenue
    assert caused is not None
    above = sum(claim.revenue > caused.ci_upper for claim in found.claims)
    return above, sum(claim.revenue < caused.ci_lower for claim in found.claims)


def credited(claim: Claim, money: Money) -> str:
    """Write the revenue that a claim credits.

    An engine adds up in an order of its own: without its cents, 3,569.4999999 and 3,569.5000001
    would be two amounts on one page.
    """
    return money(round(claim.revenue, 2))


def _row(
    label: str, claim: Claim, money: Money, compared: bool, as_share: bool = False
) -> dict[str, str]:
    factor, interval = ("", "")
    if compared:
        factor, interval = caused_per_claimed(claim.factor, as_share=as_share)
    whole = claim.orders == round(claim.orders)
    return {
        "label": label,
        "orders": plain(claim.orders, 1.0 if whole else 0.1),
        "revenue": credited(claim, money),
        "held_out": money(claim.held_out_revenue) if claim.held_out_revenue else "",
        "factor": factor,
        "interval": interval,
    }


def caused_per_claimed(factor: Estimate | None, *, as_share: bool) -> tuple[str, str]:
    """Write a factor and its interval, or in their places what it is no measure of, and why.

    Parameters
    ----------
    factor : Estimate or None
    as_share : bool
        Whether it is of a system that saw a part of all orders: above 1 it is no share of them.

    Examples
    --------
    >>> caused_per_claimed(Estimate(7.5, 2.0, 3.5, 11.5), as_share=True)
    ('not a share', 'this sees only a part')
    >>> caused_per_claimed(Estimate(-30.0, 40.0, -340.0, -10.0), as_share=False)
    ('below 0', '−340 to −10')
    """
    if factor is None:
        return "not estimable", "too little is claimed"
    if as_share and factor.estimate > 1:
        return "not a share", "this sees only a part"
    written, interval = with_interval(factor, plain, 0.01)
    if factor.ci_upper - factor.ci_lower <= _WIDEST:
        return written, interval
    if factor.ci_upper < 0:
        return "below 0", interval
    return ("above 1" if factor.ci_lower > 1 else "cannot be told"), interval
