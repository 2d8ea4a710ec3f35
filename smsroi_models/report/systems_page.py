"""What the report says of links, coupons, calls and events: small tables of what was tracked."""

from smsroi_models.attribution.calls import Calls
from smsroi_models.attribution.click_times import ClickTimes
from smsroi_models.attribution.conversion_events import EventType
from smsroi_models.attribution.coupons import Coupons
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.links import Links
from smsroi_models.attribution.rules import BOT_RULES
from smsroi_models.attribution.tracked_records import RuleComparison
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import (
    Money,
    fixed,
    percent,
    plain,
    shortened,
    significant,
    tally,
    with_interval,
)
from smsroi_models.report.systems_figure import seen
from smsroi_models.report.systems_words import sentence
from smsroi_models.report.tracked_page import caused_per_claimed, credited
from smsroi_models.report.words import confidence
from smsroi_models.systems import Systems

_REASONS = {
    "platform": "named a machine's by the platform",
    "user_agent": "a user agent that names a robot or a program",
    "too_soon": "within 10 seconds of the text",
    "burst": "three or more within 10 seconds on one customer's link",
}
Rows = list[tuple[str, str, str]]


def systems_tables(
    found: Systems, claims: RuleComparison | None, currency: str, confidence_level: float
) -> Html:
    """Return a small table for each system that the store has, and that has anything to show.

    Parameters
    ----------
    found : Systems
    claims : RuleComparison or None
        For the revenue tracked with and without machines' clicks.
    currency : str
        ISO 4217 code of the store's currency.
    confidence_level : float
    """
    money = Money(currency)
    parts: list[tuple[str, Rows]] = []
    if found.links and found.links.links:
        parts.append(("Links", _links(found.links, claims, money)))
        if found.links.clicks and claims is not None:
            title = "Revenue after a click, by machines left out"
            parts.append((title, _filters(found.links, claims, money)))
    if found.click_times:
        parts.append(("Time from text to click", _times(found.click_times)))
    for coupon in found.coupons or ():
        name = f"Coupons, {coupon.kind} code{'s' if coupon.kind == 'unique' else ''}"
        parts.append((name, _coupons(coupon, found.leaked_share.get(coupon.kind), money)))
    if found.calls and found.calls.calls:
        parts.append(("Calls", _calls(found.calls, found, money)))
    if found.events:
        parts.append(("Events", _events(found.events, money)))
    if not parts:
        return fragment("note.html", text="The store tracks no link, code, call or event of it.")
    return fragment(
        "systems.html",
        sentence=sentence(found),
        parts=parts,
        drawn=claims is not None and bool(seen(claims)),
        confidence=confidence(confidence_level),
    )


def _links(links: Links, claims: RuleComparison | None, money: Money) -> Rows:
    rows: Rows = [
        ("Clicks", _count(links.clicks), ""),
        ("without machines", _count(links.clicks_by_people), _reasons(links)),
    ]
    if links.click_rate is not None:
        rows += [
            ("Customers who clicked", _count(links.clickers_before), ""),
            (
                "without machines",
                _count(links.clickers),
                f"{percent(links.click_rate, 0.001)} of those whom the text reached",
            ),
            (
                "First click within an hour",
                _share(links.clickers_within_hour, links.clickers),
                f"within a day {_share(links.clickers_within_day, links.clickers)}",
            ),
        ]
    if links.anonymous_clicks:
        rows.append(("Clicks of nobody known", _count(links.anonymous_clicks), "shared link"))
    if claims is not None:
        kept, removed = claims.of("click_bots_kept"), claims.of("click")
        rows.append(("Revenue after any click", credited(kept, money), ""))
        rows.append(
            ("without machines", credited(removed, money), f"{tally(removed.orders)} orders")
        )
    return rows


def _filters(links: Links, claims: RuleComparison, money: Money) -> Rows:
    """Return the clicks and the revenue after one under each extent of the filter."""
    rows: Rows = []
    for name, label in BOT_RULES.items():
        claim, notes = claims.of(name), [f"{_count(links.clicks_under(name))} clicks"]
        if claim.factor is not None and claims.incremental_revenue is not None:
            factor, interval = caused_per_claimed(claim.factor, as_share=False)
            notes.append(f"caused / claimed {factor} ({interval})")
        rows.append((label.capitalize(), credited(claim, money), "; ".join(notes)))
    rows.append(("Profit and return", "the same", "read from the holdout: no click is in them"))
    return rows


def _times(found: tuple[ClickTimes, ...]) -> Rows:
    """Return the times over all links, and by address where there are several."""
    shown = found[:1] if len(found) == 2 else found[:6]
    return [
        (
            "All links" if each.target_url is None else shortened(each.target_url, 60),
            duration(each.median_seconds),
            f"half of {_count(each.timed_clickers)} customers between "
            f"{duration(each.lower_quartile_seconds)} and {duration(each.upper_quartile_seconds)}; "
            f"nine in ten within {duration(each.ninetieth_seconds)}",
        )
        for each in shown
    ]


def duration(seconds: float) -> str:
    """Write a span of time in the largest unit that it fills.

    >>> duration(45), duration(90), duration(3 * 3600), duration(86_400 * 2.5)
    ('45 s', '1.5 min', '3.0 h', '2.5 days')
    """
    for size, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{fixed(seconds / size, 1)} {name}"
    return f"{tally(seconds)} s"


def _reasons(links: Links) -> str:
    told = [f"{_count(n)} {_REASONS[name]}" for name, n in links.by_reason.items() if n]
    return "; ".join(told)


def _coupons(coupon: Coupons, leaked: Estimate | None, money: Money) -> Rows:
    customers = f"by {_count(coupon.customers)} customers"
    if coupon.redeemed_share is not None:
        customers += f"; {percent(coupon.redeemed_share, 0.001)} of {_count(coupon.codes)} codes"
    rows: Rows = [
        ("Orders with it", _count(coupon.redemptions), customers),
        ("Their revenue", money(coupon.revenue), f"discount given {money(coupon.discount)}"),
        ("Their margin", money(coupon.margin), "after discount"),
    ]
    if leaked is not None:
        value, interval = with_interval(leaked, percent, 0.0001)
        who = f"{_count(coupon.held_out)} held out, {_count(coupon.never_texted)} never texted"
        rows.append(("Leaked: no text had reached them", value, f"{interval}; {who}"))
    if coupon.others_code:
        rows.append(("Another customer's code", _count(coupon.others_code), ""))
    return rows


def _calls(calls: Calls, found: Systems, money: Money) -> Rows:
    length = f"{fixed(calls.mean_seconds / 60, 1)} minutes on average" if calls.mean_seconds else ""
    rows: Rows = [
        ("Calls", _count(calls.calls), f"{_count(calls.anonymous)} of nobody known"),
        ("answered", _share(calls.answered, calls.calls), length),
        (
            "Customers who called",
            _count(calls.callers),
            f"{_count(calls.repeat_callers)} more than once",
        ),
        ("Qualified", _share(calls.qualified, calls.calls), _qualified(calls)),
        ("Calls that sold", _count(calls.converted), money(calls.value)),
        (
            "Calls with an order after",
            _count(calls.ordered),
            f"{_count(calls.orders_after)} orders by the same customers within "
            f"{calls.rule.order_days} days, {money(calls.revenue_after)}; some would have come "
            "anyway",
        ),
        *_costs_of_calls(calls, money),
        ("By outcome", "", _named([(g.name, g.calls) for g in calls.by_outcome])),
        ("By region", "", _named([(g.name, g.calls) for g in calls.by_region])),
    ]
    if found.call_lift is not None:
        value, interval = with_interval(found.call_lift.scaled(100.0), plain, 1e-4)
        unknown = f"; {_count(calls.anonymous)} calls of nobody known are in neither arm: too low"
        note = f"{interval} pp{unknown if calls.anonymous else ''}"
        rows.append(("More callers than held out", f"{value} pp", note))
    elif found.no_call_lift:
        rows.append(("More callers than held out", "not estimable", found.no_call_lift))
    return rows


def _qualified(calls: Calls) -> str:
    if calls.rule.qualified_outcomes:
        return f"answered, outcome {', '.join(calls.rule.qualified_outcomes)}"
    return f"answered, {significant(calls.rule.qualified_seconds)} seconds or longer"


def _costs_of_calls(calls: Calls, money: Money) -> Rows:
    each, qualified = calls.cost_per_call, calls.cost_per_qualified_call
    if each is None:
        return []
    note = "" if qualified is None else f"{money(qualified, 0.01)} a qualified one; "
    return [("Cost per call", money(each, 0.01), f"{note}the whole cost of the campaign")]


def _events(events: tuple[EventType, ...], money: Money) -> Rows:
    rows: Rows = []
    for each in events:
        notes = []
        if each.orders_again:
            notes.append(f"{_count(each.orders_again)} repeat an order")
        if each.sent_twice:
            notes.append(f"{_count(each.sent_twice)} of them twice")
        if each.likely_orders_again:
            count = _count(each.likely_orders_again)
            notes.append(f"{count} likely repeat one: same customer and value within an hour")
        if each.anonymous:
            notes.append(f"{_count(each.anonymous)} of nobody known, credited to nobody")
        if each.value:
            notes.append(f"worth {money(each.value)}")
        rows.append((shortened(each.event_type), _count(each.events), "; ".join(notes)))
    return rows


def _named(parts: list[tuple[str, int]]) -> str:
    return ", ".join(f"{shortened(name, 30)} {_count(n)}" for name, n in parts[:8])


def _count(number: int) -> str:
    return tally(number)


def _share(count: int, total: int) -> str:
    return percent(count / total) if total else "none"
