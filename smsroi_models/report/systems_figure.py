"""The figure of what each tracking system saw, against what the campaign caused.

What a system tracks overlaps with what another does, and part of it would have come anyway: the
band of what was caused, from the comparison with held-out customers, is what it stands against.
"""

from collections.abc import Sequence

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.tracked_records import Claim, RuleComparison
from smsroi_models.report.drawing import Canvas, Picture
from smsroi_models.report.numbers import Money, plain, say
from smsroi_models.report.tracked_figure import against_caused
from smsroi_models.report.tracked_page import credited
from smsroi_models.report.words import confidence

# By the names of `rules_by_touch`, in the order of the section's tables.
_SYSTEMS = {
    "click": "links",
    "coupon": "coupons",
    "call": "calls",
    "event": "events",
}
_ROW = 0.5


def by_system(
    found: RuleComparison, currency: str, compared: bool, ax: Canvas | None = None
) -> Picture | None:
    """Draw the revenue of orders after each system's touches; None where no system saw any.

    Parameters
    ----------
    found : RuleComparison
    currency : str
        ISO 4217 code of the store's currency.
    compared : bool
        Whether the band of what was caused can be drawn.
    ax : Matplotlib axes, figure or part of one to draw into, optional
    """
    claims = seen(found)
    if not claims:
        return None
    money = Money(currency)
    caused = found.incremental_revenue if compared else None
    title = finding(claims, caused, money)
    names = [f"{_SYSTEMS[claim.rule.name]}\n{_orders(claim)}" for claim in claims]
    rows = [_ROW] * len(claims)
    figure = against_caused(found, claims, names, rows, title, caused, money, ax, most_ticks=4)
    return Picture(figure, f"{title}. {_say(claims, caused, found, money)}")


def seen(found: RuleComparison) -> tuple[Claim, ...]:
    """Return what each system credits the campaign with, where it saw an order.

    Parameters
    ----------
    found : RuleComparison
    """
    by_name = {claim.rule.name: claim for claim in found.by_touch}
    claims = (by_name[name] for name in _SYSTEMS if name in by_name)
    return tuple(claim for claim in claims if claim.orders)


def finding(claims: Sequence[Claim], caused: Estimate | None, money: Money) -> str:
    """Say in a figure's title what the systems saw, and what was caused.

    Parameters
    ----------
    claims : sequence of Claim
        From `seen`; at least one.
    caused : Estimate or None
        Revenue that the holdout says was caused; None where there is no comparison.
    money : Money
    """
    ordered = sorted(claims, key=lambda claim: round(claim.revenue, 2))
    low, high = (money.short(round(claim.revenue, 2)) for claim in (ordered[0], ordered[-1]))
    if len(claims) == 1:
        tracked = f"Tracked by {_SYSTEMS[claims[0].rule.name]}: {low} of revenue"
    else:
        tracked = f"Tracked, by system: {low} to {high} of revenue"
    if caused is None:
        return f"{tracked}; no measure of what was caused"
    return f"{tracked}; caused: {say(caused, money, 0.01)}"


def _orders(claim: Claim) -> str:
    return f"{plain(claim.orders, 1.0)} order{'s' if claim.orders != 1 else ''}"


def _say(
    claims: Sequence[Claim], caused: Estimate | None, found: RuleComparison, money: Money
) -> str:
    told = "; ".join(
        f"{_SYSTEMS[claim.rule.name]} {credited(claim, money)} of {_orders(claim)}"
        for claim in claims
    )
    if caused is None:
        return f"Revenue of orders after a touch of each system: {told}. They overlap."
    return (
        f"Revenue of orders after a touch of each system: {told}. They overlap. Revenue caused, "
        f"{confidence(found.confidence_level)} interval: {say(caused, money, 0.01)}."
    )
