"""What a campaign's coupon codes show: what they brought, and who used them without a text."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, assigned_customers, instant
from smsroi_models.records import Record
from smsroi_models.store.tables import DELIVERED_STATUSES

NEEDED = ("coupons",)


@dataclass(frozen=True, slots=True)
class Coupons(Record):
    """Orders with a campaign's codes of one kind, up to a moment.

    Attributes
    ----------
    kind : str
        ``unique`` (one a customer) or ``shared``.
    codes : int
        Codes issued.
    redemptions, customers : int
        Orders with such a code, and who made them.
    revenue, discount, margin : float
        Of those orders, store currency: revenue net of discount and refunds, margin after discount.
    held_out, never_texted : int
        Redemptions by held-out customers; by others to whom no text of the campaign was delivered
        before the order.
    others_code : int
        Redemptions of a unique code by another customer than its owner.
    """

    kind: str
    codes: int
    redemptions: int
    customers: int
    revenue: float
    discount: float
    margin: float
    held_out: int
    never_texted: int
    others_code: int

    @property
    def leaked(self) -> int:
        """Redemptions by customers whom no text of the campaign had reached."""
        return self.held_out + self.never_texted

    @property
    def redeemed_share(self) -> float | None:
        """Of unique codes, those redeemed per code issued; None for a shared code."""
        return self.redemptions / self.codes if self.kind == "unique" and self.codes else None


def collect_coupons(store: Tables, campaign: Campaign, as_of: datetime) -> tuple[Coupons, ...]:
    """Sum the orders with the campaign's codes before ``as_of``, by kind of code, in one query."""
    rows = coupons_summed(store, campaign, as_of).order_by("kind").to_pyarrow().to_pylist()
    return tuple(_coupons(row) for row in rows)


def coupons_summed(store: Tables, campaign: Campaign, as_of: datetime) -> ibis.Table:
    """Return, lazily, a row of sums for each kind of code that the campaign issued."""
    codes = store["coupons"].filter(_.campaign_id == campaign.campaign_id)
    codes = codes.select("code", "kind", owner=_.customer_id)
    issued = codes.group_by("kind").aggregate(codes=_.count())
    used = (
        store["orders"]
        .filter(_.ordered_at < instant(as_of))
        .join(codes, _.coupon_code == codes.code)
    )
    arms = assigned_customers(store, campaign).select("customer_id", "arm")
    used = used.left_join(arms, "customer_id").drop("customer_id_right")
    used = used.left_join(_texts(store, campaign), "customer_id").drop("customer_id_right")
    held_out = (_.arm == "holdout").fill_null(False)
    texted = (_.first_text <= _.ordered_at).fill_null(False)
    list_price_cost = (1 - campaign.margin_rate) * (_.revenue + _.discount)
    sums = (
        used.mutate(held_out=held_out, texted=texted)
        .group_by("kind")
        .aggregate(
            redemptions=_.count(),
            customers=_.customer_id.nunique(),
            revenue=_.revenue.sum(),
            discount=_.discount.sum(),
            margin=(_.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost)).sum(),
            held_out=(_.held_out & ~_.texted).sum(),
            never_texted=(~_.held_out & ~_.texted).sum(),
            others_code=(_.owner != _.customer_id).sum(),
        )
    )
    return issued.left_join(sums, "kind").drop("kind_right")


def _texts(store: Tables, campaign: Campaign) -> ibis.Table:
    if "messages" not in store:
        schema = ibis.schema({"customer_id": "string", "first_text": "timestamp('UTC', 6)"})
        return ibis.memtable([], schema=schema)
    texts = store["messages"].filter(
        _.campaign_id == campaign.campaign_id, _.status.isin(DELIVERED_STATUSES)
    )
    return texts.group_by("customer_id").aggregate(first_text=_.sent_at.min())


def _coupons(row: dict[str, Any]) -> Coupons:
    money = ("revenue", "discount", "margin")
    numbers = {
        name: float(value or 0.0) if name in money else int(value or 0)
        for name, value in row.items()
        if name != "kind"
    }
    return Coupons(kind=row["kind"], **numbers)  # type: ignore[arg-type]
