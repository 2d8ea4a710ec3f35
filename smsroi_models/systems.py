"""What each of a campaign's tracking systems shows: links, coupons, calls, events."""

from dataclasses import dataclass
from datetime import date, datetime

import ibis

from smsroi_models.attribution import calls, conversion_events, coupons, links
from smsroi_models.attribution.calls import Calls
from smsroi_models.attribution.campaigns import Campaign, read_campaign, read_last_order_at
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.conversion_events import EventType
from smsroi_models.attribution.coupons import Coupons
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.link_credit import links_by_target
from smsroi_models.attribution.links import Links
from smsroi_models.attribution.shares import share_of
from smsroi_models.errors import NotEstimableError
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
    coupons : tuple of Coupons or None
        By kind of code; empty where the campaign issued none.
    leaked_share : dict of str to Estimate
        By kind of code: redemptions by customers whom no text had reached, among all, in [0, 1].
    calls : Calls or None
    call_lift : Lift or None
        Of the share of customers who called a number of the campaign in their window.
    no_call_lift : str
        Why there is none; empty where there is one, or where there are no calls at all.
    events : tuple of EventType or None
    """

    links: Links | None
    coupons: tuple[Coupons, ...] | None
    leaked_share: dict[str, Estimate]
    calls: Calls | None
    call_lift: Lift | None
    no_call_lift: str
    events: tuple[EventType, ...] | None


def tracking_systems(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None = None,
    *,
    confidence_level: float = 0.95,
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
    return read_systems(store, campaign, moment, confidence_level)


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


def read_systems(
    store: Store, campaign: Campaign, as_of: datetime, confidence_level: float
) -> Systems:
    """Return the same for a campaign that was read already, from a store that is sound."""

    def there(needed: tuple[str, ...]) -> bool:
        return all(name in store for name in needed)

    found = coupons.collect_coupons(store, campaign, as_of) if there(coupons.NEEDED) else None
    called = calls.collect_calls(store, campaign, as_of) if there(calls.NEEDED) else None
    lift, reason = None, ""
    if called and called.calls:
        lift, reason = _call_lift(store, campaign, as_of, confidence_level)
    return Systems(
        links=links.collect_links(store, campaign, as_of) if there(links.NEEDED) else None,
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
) -> tuple[Lift | None, str]:
    """Compare who called between the arms, or say why that cannot be told."""
    try:
        arms = collect_moments(calls.callers_assigned(store, campaign, as_of), ["called"])
        if not arms[1].mean_of("called"):
            return None, "nobody held out called: a difference to none has no error"
        found = compare(*arms, "called", proportion=True, confidence_level=confidence_level)
    except NotEstimableError as refusal:
        return None, str(refusal)
    return found, ""
