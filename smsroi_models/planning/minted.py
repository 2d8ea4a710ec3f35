"""What a store knows of traces: tokens and codes in use, numbers booked, and what texts cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables, read_locale
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.records import Record
from smsroi_models.store.tables import UNBILLED_STATUSES


@dataclass(frozen=True, slots=True)
class PricedTexts(Record):
    """The price of a segment in the latest campaign whose texts have one.

    Attributes
    ----------
    price : float
        Median of a segment's price over its texts, store currency.
    currency : str
    campaign_id : str
    last_sent_at : datetime
        UTC.
    locale : str
        In which reports write money, numbers and dates.
    """

    price: float
    currency: str
    campaign_id: str
    last_sent_at: datetime
    locale: str = DEFAULT_LOCALE


def read_link_tokens(store: Tables | None) -> frozenset[str]:
    """Return what no new link may be called, in upper case: ids, and the ends of addresses."""
    if store is None or "links" not in store:
        return frozenset()
    links = store["links"]
    ends = links.url.re_extract(r"([A-Za-z0-9]+)/?$", 1)
    rows = links.select(one=links.link_id.upper(), other=ends.upper()).to_pyarrow()
    return frozenset(rows["one"].to_pylist()) | frozenset(rows["other"].to_pylist())


def read_links(store: Tables | None, campaign_id: str) -> list[dict[str, Any]]:
    """Return the campaign's links by id, in the columns of the table."""
    return _rows(store, "links", campaign_id, "link_id")


def read_codes(store: Tables | None) -> frozenset[str]:
    """Return every campaign's codes, in upper case, and those that orders were placed with."""
    found: set[str] = set()
    for table, column in (("coupons", "code"), ("orders", "coupon_code")):
        if store is not None and table in store:
            codes = store[table].filter(_[column].notnull()).select(code=_[column].upper())
            found |= set(codes.distinct().to_pyarrow()["code"].to_pylist())
    return frozenset(found)


def read_coupons(store: Tables | None, campaign_id: str) -> list[dict[str, Any]]:
    """Return the campaign's coupons by code, in the columns of the table."""
    return _rows(store, "coupons", campaign_id, "code")


def read_numbers(store: Tables) -> list[tuple[str, str, datetime, int]]:
    """Return every number in use: its id, and its campaign's id, start (UTC) and window in days."""
    if "numbers" not in store:
        return []
    campaigns = store["campaigns"].select("campaign_id", "starts_at", "window_days")
    rows = store["numbers"].select("number_id", "campaign_id").join(campaigns, "campaign_id")
    found = rows.order_by("number_id").to_pyarrow().to_pylist()
    names = ("number_id", "campaign_id", "starts_at", "window_days")
    return [tuple(row[name] for name in names) for row in found]


def read_arms(store: Tables, campaign_id: str) -> dict[str, str]:
    """Return the arm of everybody who is assigned in the campaign, by customer."""
    if "assignments" not in store:
        return {}
    own = store["assignments"].filter(_.campaign_id == campaign_id)
    rows = own.order_by("customer_id").select("customer_id", "arm").to_pyarrow()
    return dict(zip(rows["customer_id"].to_pylist(), rows["arm"].to_pylist(), strict=True))


def read_prices(store: Tables) -> PricedTexts | None:
    """Return the median price of a segment in the latest campaign whose texts have one."""
    if "messages" not in store:
        return None
    billed = store["messages"].filter(
        _.price.notnull(), _.segments > 0, ~_.status.isin(UNBILLED_STATUSES)
    )
    latest = (
        billed.group_by("campaign_id")
        .aggregate(price=_.price.quantile(0.5), last_sent_at=_.sent_at.max())
        .join(store["campaigns"].select("campaign_id", "currency"), "campaign_id")
        .select("price", "currency", "campaign_id", "last_sent_at")
        .order_by(ibis.desc("last_sent_at"), "campaign_id")
        .limit(1)
    )
    rows = latest.to_pyarrow().to_pylist()
    return PricedTexts(**rows[0], locale=read_locale(store)) if rows else None


def _rows(store: Tables | None, name: str, campaign_id: str, key: str) -> list[dict[str, Any]]:
    if store is None or name not in store:
        return []
    rows: list[dict[str, Any]] = (
        store[name].filter(_.campaign_id == campaign_id).order_by(key).to_pyarrow().to_pylist()
    )
    return rows
