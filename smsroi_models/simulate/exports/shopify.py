"""Shopify's exports of orders, discount codes and customers, with what makes them hard to read.

An order of several line items takes several rows, of which only the first says what concerns the
order; prices include the tax in some; refunds are of everything that was paid; orders that were
cancelled or never paid stand among the others; times have the shop's offset; codes are written as
customers typed them; telephone numbers begin with an apostrophe; a gift is sent to somebody else.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.simulate.exports.files import Step, iso, quoted, records, write_csv
from smsroi_models.simulate.exports.people import People, national

# fmt: off
_ORDER = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at",
    "Accepts Marketing", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code",
    "Discount Amount", "Shipping Method", "Created at", "Lineitem quantity", "Lineitem name",
    "Lineitem price", "Billing Name", "Billing Country", "Billing Phone", "Shipping Phone",
    "Refunded Amount", "Cancelled at", "Phone", "Id", "Source",
)
_DISCOUNT = (
    "Name", "Value", "Value Type", "Type", "Times Used In Total", "Usage Limit Per Code",
    "Status", "Start", "End",
)
_CUSTOMER = (
    "First Name", "Last Name", "Email", "Accepts Email Marketing",
    "Default Address Country Code", "Phone", "Accepts SMS Marketing", "Total Spent",
    "Total Orders", "Tags",
)
# fmt: on

_OFFSETS = tuple(timezone(timedelta(hours=hours)) for hours in (-5, 2, 0))
_CENT = Decimal("0.01")
_TAX = Decimal("0.08")
_NEVER_PAID = ("voided", "pending", "expired", "authorized")
_CHUNK = 500


def write_shopify(
    tables: dict[str, pd.DataFrame], people: People, folder: Path, exported_at: datetime
) -> Step:
    """Write the three files, and the rules by which codes belong to campaigns."""
    home = folder / "shopify"
    home.mkdir()
    currency = str(tables["campaigns"].currency.iloc[0])
    orders = _orders(tables["orders"], people, currency)
    write_csv(home / "orders_export.csv", _ORDER, orders)
    starts = tables["campaigns"].set_index("campaign_id").starts_at
    codes = tables["coupons"].assign(starts_at=tables["coupons"].campaign_id.map(starts))
    write_csv(home / "discounts_export.csv", _DISCOUNT, map(_discount, records(codes)))
    customers = (_customer(row, people) for row in records(tables["customers"]))
    write_csv(home / "customers_export.csv", _CUSTOMER, customers)
    (home / "campaigns.toml").write_text(_rules(tables["coupons"]), encoding="utf-8")
    files = ("customers_export.csv", "orders_export.csv", "discounts_export.csv")
    return Step(
        "shopify",
        tuple(f"shopify/{file}" for file in files),
        "shopify/campaigns.toml",
        (("region", "US"), ("exported_at", iso(exported_at))),
    )


def _orders(orders: pd.DataFrame, people: People, currency: str) -> Iterator[dict[str, Any]]:
    for place, row in enumerate(records(orders)):
        order = _order(place, row, people, currency)
        yield order
        if place % 4 == 0:
            blank = {"Name": order["Name"], "Email": order["Email"], "Lineitem quantity": "2"}
            yield blank | {"Lineitem name": "Socks", "Lineitem price": "1.00"}
        if place % _CHUNK == _CHUNK // 2:
            yield _given_up(place, order)


def _order(place: int, row: dict[str, Any], people: People, currency: str) -> dict[str, Any]:
    written = row["ordered_at"].astimezone(_OFFSETS[place % len(_OFFSETS)])
    created = f"{written:%Y-%m-%d %H:%M:%S %z}"
    code = row["coupon_code"] or ""
    return {
        "Name": row["order_id"],
        "Paid at": created,
        "Fulfillment Status": "fulfilled",
        "Accepts Marketing": "no",
        "Currency": currency,
        "Discount Code": code.lower() if place % 2 else code,
        "Discount Amount": _money(row["discount"]),
        "Created at": created,
        "Lineitem quantity": "1",
        "Lineitem name": "Shoes",
        "Id": str(5_000_000_000_000 + place),
        "Source": row["source"],
        **_amounts(place, _money(row["revenue"])),
        **_buyer(place, row["customer_id"], people),
    }


def _amounts(place: int, revenue: Decimal) -> dict[str, Any]:
    """Return what was paid and given back, so that the goods brought ``revenue``."""
    goods, shipping = revenue, Decimal(5 * (place % 3 == 0))
    refunded = "none"
    if not revenue:
        goods, refunded = Decimal("49.90"), "all"
    elif place % 25 == 7:
        goods, refunded = 2 * revenue, "half"
    taxes = (goods * _TAX).quantize(_CENT)
    if refunded == "half" and (shipping + taxes) % (2 * _CENT):
        shipping += _CENT
    if place % 10 == 3:
        # With the tax in the prices, shipping bears its part of it, in cents that do not divide.
        shipping = Decimal(0)
        goods, total = goods + taxes, goods + taxes
    else:
        total = goods + shipping + taxes
    given_back = {"none": Decimal(0), "half": total / 2, "all": total}[refunded]
    status = {"none": "paid", "half": "partially_refunded", "all": "refunded"}[refunded]
    return {
        "Financial Status": status,
        "Subtotal": goods,
        "Shipping": shipping,
        "Taxes": taxes,
        "Total": total,
        "Refunded Amount": given_back.quantize(_CENT),
        "Lineitem price": goods,
    }


def _buyer(place: int, customer_id: str, people: People) -> dict[str, Any]:
    """Return who bought: by number, by a number as written, or by the address alone."""
    phone, address = people.phone(customer_id), str(people.address(customer_id))
    named: dict[str, Any] = {"Email": address.capitalize() if place % 7 == 0 else address}
    named["Billing Country"] = "US"
    if phone is not None and place % 3 == 0:
        named |= {"Phone": phone}
    elif phone is not None and place % 3 == 1:
        named |= {"Billing Phone": f"'{national(phone)}"}
    if place % 6 == 2:  # a gift: whose number this is, is not who bought
        named |= {"Shipping Phone": f"'{people.texting_number(None)}"}
    return named


def _given_up(place: int, order: dict[str, Any]) -> dict[str, Any]:
    """Return an order that brought nothing: cancelled, or never paid."""
    other = order | {"Name": f"{order['Name']}-X", "Discount Code": "", "Refunded Amount": "0.00"}
    kind = place // _CHUNK % (len(_NEVER_PAID) + 1)
    if kind == len(_NEVER_PAID):
        return other | {"Cancelled at": order["Created at"]}
    return other | {"Financial Status": _NEVER_PAID[kind]}


def _money(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_CENT)


def _discount(row: dict[str, Any]) -> dict[str, Any]:
    share = row["discount"]
    return {
        "Name": row["code"],
        "Value": "" if share is None else str(-Decimal(str(share)) * 100),
        "Value Type": "percentage",
        "Type": "order",
        "Times Used In Total": "0",
        "Usage Limit Per Code": "1" if row["kind"] == "unique" else "",
        "Status": "Active",
        "Start": iso(row["starts_at"]),
        "End": "" if row["expires_at"] is None else iso(row["expires_at"]),
    }


def _customer(row: dict[str, Any], people: People) -> dict[str, Any]:
    phone = people.phone(row["customer_id"])
    return {
        "First Name": "Customer",
        "Last Name": row["customer_id"],
        "Email": people.address(row["customer_id"]),
        "Accepts Email Marketing": "no",
        "Default Address Country Code": "US",
        "Phone": f"'{phone}" if phone else "",
        "Accepts SMS Marketing": "yes" if phone else "no",
        "Total Spent": "0.00",
        "Total Orders": "0",
    }


def _rules(coupons: pd.DataFrame) -> str:
    """Return the rules: all codes of a campaign begin alike."""
    stems = coupons.assign(stem=coupons.code.str.split("-").str[0])
    pairs = stems[["campaign_id", "stem"]].drop_duplicates().itertuples(index=False)
    return "\n".join(
        f"[[campaign]]\nid = {quoted(name)}\nmatches = {{ Name = {quoted(f'^{stem}(-|$)')} }}\n"
        for name, stem in pairs
    )
