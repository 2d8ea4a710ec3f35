"""What each of a campaign's tracking systems shows: links, coupons, calls, events."""

from dataclasses import dataclass
from datetime import date, datetime

import ibis

from smsroi_models.attribution import calls, click_times, conversion_events, coupons, links
from smsroi_models.attribution.calls import CallRule, Calls
from smsroi_models.attribution.campaigns import Campaign, read_campaign, read_last_order_at
from smsroi_models.attribution.click_times import ClickTimes
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.conversion_events import By, EventType
from smsroi_models.attribution.coupons import Coupons
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.link_credit import links_by_target
from smsroi_models.attribution.links import Links
from smsroi_models.attribution.shares import difference_of_shares, share_of
from smsroi_models.attribution.spending import read_booked
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record
from smsroi_models.soundness import horizon, parse_as_of, require_sound
from smsroi_models.store.connect import Store


@dataclass(frozen=True, slots=True)
class Systems(Record):
    """What was tracked up to a moment, by system; none of it says what was caused.

    Attributes
    ----------
    links : Links or None
        None here and below where the store lacks the tables.
    click_times : tuple of ClickTimes or None
        Over all links, then by address; empty where nobody's time is known.
    coupons : tuple of Coupons or None
        By kind of code; empty where the campaign issued none.
    leaked_share : dict of str to Estimate
        By kind of code: redemptions by customers whom no text had reached, among all, in [0, 1].
    calls : Calls or None
    call_lift : Lift or Estimate or None
        Of the share of customers who called a number of the campaign in their window; the mere
        difference (`difference_of_shares`) where nobody of one arm called.
    no_call_lift : str
        Why there is none; empty where there is one, or where there are no calls at all.
    events : tuple of EventType or None
    """

    links: Links | None
    click_times: tuple[ClickTimes, ...] | None
    coupons: tuple[Coupons, ...] | None
    leaked_share: dict[str, Estimate]
    calls: Calls | None
    call_lift: Lift | Estimate | None
    no_call_lift: str
    events: tuple[EventType, ...] | None


def tracking_systems(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None = None,
    *,
    confidence_level: float = 0.95,
    call_rule: CallRule | None = None,
) -> Systems:
    """Return what links, coupons, calls and events of a campaign show.

    Parameters
    ----------
    store : Store
    campaign_id : str
    as_of : datetime, date or str, optional
        As for `analyze_campaign`: what was tracked before it counts.
    confidence_level : float
        In (0, 1).
    call_rule : CallRule, optional
        What makes a call qualified, and an order follow it.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    DataError
        If there is no such campaign.
    """
    require_sound(store, "what a campaign's tracking shows")
    campaign = read_campaign(store, campaign_id)
    moment = parse_as_of(as_of) if as_of else horizon(read_last_order_at(store))
    return read_systems(store, campaign, moment, confidence_level, call_rule)


def link_table(
    store: Store, campaign_id: str, as_of: datetime | date | str | None = None
) -> ibis.Table:
    """Return, lazily, clicks, clickers, orders and revenue by the address that links lead to.

    Parameters
    ----------
    store, campaign_id, as_of
        As for `tracking_systems`.

    Returns
    -------
    ibis.Table
        As `links_by_target` says.

    Raises
    ------
    StoreError
        If the store breaks its contract, or has no links or no clicks.
    DataError
        If there is no such campaign.
    """
    require_sound(store, "what a campaign's links show", also=links.NEEDED)
    campaign = read_campaign(store, campaign_id)
    moment = parse_as_of(as_of) if as_of else horizon(read_last_order_at(store))
    return links_by_target(store, campaign, moment)


def event_table(
    store: Store,
    campaign_id: str | None = None,
    by: By = "link",
    as_of: datetime | date | str | None = None,
) -> ibis.Table:
    """Return, lazily, conversion events by type and campaign, link or message.

    Parameters
    ----------
    store : Store
    campaign_id : str, optional
        One campaign alone; by default all.
    by : {"campaign", "link", "message"}
    as_of : datetime, date or str, optional
        As for `tracking_systems`.

    Returns
    -------
    ibis.Table
        As `attribution.conversion_events.events_by` says.

    Raises
    ------
    StoreError
        If the store breaks its contract, or has no events or no links (by message, no messages).
    DataError
        If there is no such campaign.
    ParameterError
        If ``by`` is none of these.
    """
    if by not in ("campaign", "link", "message"):
        raise ParameterError(f"by is {by!r}: choose campaign, link or message")
    also = (*conversion_events.NEEDED, *(("messages",) if by == "message" else ()))
    require_sound(store, "what conversion events show", also=also)
    campaign = None if campaign_id is None else read_campaign(store, campaign_id)
    moment = parse_as_of(as_of) if as_of else horizon(read_last_order_at(store))
    return conversion_events.events_by(store, moment, by, campaign)


def read_systems(
    store: Store,
    campaign: Campaign,
    as_of: datetime,
    confidence_level: float,
    call_rule: CallRule | None = None,
) -> Systems:
    """Return the same for a campaign that was read already, from a store that is sound."""

    def there(needed: tuple[str, ...]) -> bool:
        return all(name in store for name in needed)

    found = coupons.collect_coupons(store, campaign, as_of) if there(coupons.NEEDED) else None
    called = None
    if there(calls.NEEDED):
        cost = read_booked(store, campaign, as_of)
        called = calls.collect_calls(store, campaign, as_of, call_rule, cost)
    lift, reason = None, ""
    if called and called.calls:
        lift, reason = _call_lift(store, campaign, as_of, confidence_level)
    return Systems(
        links=links.collect_links(store, campaign, as_of) if there(links.NEEDED) else None,
        click_times=(
            click_times.collect_click_times(store, campaign, as_of)
            if there(click_times.NEEDED)
            else None
        ),
        coupons=found,
        leaked_share={
            each.kind: share_of(each.leaked, each.redemptions, confidence_level)
            for each in found or ()
            if each.redemptions
        },
        calls=called,
        call_lift=lift,
        no_call_lift=reason,
        events=(
            conversion_events.collect_events(store, campaign, as_of)
            if there(conversion_events.NEEDED)
            else None
        ),
    )


def _call_lift(
    store: Store, campaign: Campaign, as_of: datetime, confidence_level: float
) -> tuple[Lift | Estimate | None, str]:
    """Compare who called between the arms, or say why that cannot be told."""
    try:
        arms = collect_moments(calls.callers_assigned(store, campaign, as_of), ["called"])
        if not all(arm.mean_of("called") for arm in arms):
            return difference_of_shares(*arms, "called", confidence_level), ""
        found = compare(*arms, "called", proportion=True, confidence_level=confidence_level)
    except NotEstimableError as refusal:
        return None, str(refusal)
    return found, ""
