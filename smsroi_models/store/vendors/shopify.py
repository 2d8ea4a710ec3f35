"""Shopify: orders, discount codes and customers, as the admin exports them in CSV.

Seen in several unrelated programs that agree; Shopify does not document the columns in full. An
order takes one row for each of its line items; what concerns the order stands in the first of them.
"""

from collections.abc import Iterator

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import DroppedRecord, Layout, Row, Values, Vendor
from smsroi_models.store.vendors.values import moment, moment_needed, needed, number, text

_ORDER = (
    "Name",
    "Email",
    "Financial Status",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Created at",
)
_DISCOUNT = ("Name", "Value", "Value Type", "Status", "Start", "End")
_CUSTOMER = ("First Name", "Last Name", "Email", "Phone", "Total Spent", "Total Orders")

# What is voided stays so; the others may be paid yet.
_NOT_PAID = {"voided": True, "expired": False, "pending": False, "authorized": False}
_CENT = 0.005


def _read_order(record: Values, context: Context) -> Iterator[Row]:
    name = needed(record, "Name")
    if text(record, "Created at", "Currency", "Total", "Subtotal") is None:
        if name != context.last_order:
            raise DroppedRecord("a line item whose order's first row is not above it")
        if not context.last_order_kept:
            raise DroppedRecord("a line item of a dropped order", listed=False)
        return
    context.last_order, context.last_order_kept = name, False
    _require_earned(record, name)
    context.require_currency(needed(record, "Currency"))
    yield Row(
        "orders",
        {
            "order_id": name,
            "customer_id": _buyer(record, context),
            "ordered_at": moment_needed(record, "Created at", context.clock),
            "revenue": net_revenue(record),
            "discount": abs(number(record, "Discount Amount") or 0.0),
            "coupon_code": (text(record, "Discount Code") or "").upper() or None,
            "source": text(record, "Source"),
        },
        # No export says when it was made, but what is paid back only grows.
        version=_refunded(record),
    )
    context.last_order_kept = True


def _require_earned(record: Values, name: str) -> None:
    """Drop an order that brought no money; one that never will is taken out of the store, too."""
    taken = Row("orders", {"order_id": name}, retracted=True)
    if text(record, "Cancelled at") is not None:
        raise DroppedRecord("the order was cancelled", retracts=taken)
    status = (text(record, "Financial Status") or "").lower()
    if status in _NOT_PAID:
        raise DroppedRecord("the order is not paid", retracts=taken if _NOT_PAID[status] else None)


def _refunded(record: Values) -> float:
    return abs(number(record, "Refunded Amount") or 0.0)


def net_revenue(record: Values) -> float:
    """Return what the goods brought: after discount and refund, before tax and shipping.

    Where ``Total`` is ``Subtotal + Shipping``, the prices include the tax. Which part of it lies in
    the shipping the file does not say: one rate on both is assumed, so that the goods bear their
    share. A refund is spread over goods, tax and shipping in proportion.

    Examples
    --------
    >>> order = {"Subtotal": "80", "Shipping": "5", "Taxes": "8", "Total": "93"}
    >>> net_revenue(order), net_revenue(order | {"Refunded Amount": "46.50"})
    (80.0, 40.0)
    >>> net_revenue({"Subtotal": "119", "Shipping": "5.95", "Taxes": "19.95", "Total": "124.95"})
    100.0
    """
    goods = number(record, "Subtotal")
    if goods is None:
        raise DroppedRecord("Subtotal is blank")
    shipping, taxes = number(record, "Shipping") or 0.0, number(record, "Taxes") or 0.0
    total = number(record, "Total")
    if total is None:
        total = goods + shipping + taxes
    if taxes and abs(total - goods - shipping) < _CENT:
        goods -= taxes * goods / (goods + shipping) if goods + shipping else 0.0
    kept = 1 - min(_refunded(record) / total, 1.0) if total > 0 else 1.0
    return max(goods, 0.0) * kept


def _buyer(record: Values, context: Context) -> str:
    """Return the buyer; a gift is shipped to somebody else, so that number is the last resort."""
    own = text(record, "Phone", "Billing Phone")
    country = text(record, "Billing Country", "Shipping Country")
    address = text(record, "Email")
    region = country.upper() if country and len(country) == 2 else None
    if own is None and address is None:
        own = text(record, "Shipping Phone")
    return context.person_needed(own, address, region)


def _read_discount(record: Values, context: Context) -> Iterator[Row]:
    code = needed(record, "Name").upper()
    kind = (text(record, "Value Type") or "").lower()
    value = number({"Value": (text(record, "Value") or "").removesuffix("%")}, "Value")
    starts_at = moment(record, "Start", context.clock)
    share = abs(value) / 100 if value is not None and kind.startswith("percent") else None
    yield Row(
        "coupons",
        {
            "code": code,
            "campaign_id": context.campaign_needed(record, starts_at),
            "kind": "unique" if text(record, "Usage Limit Per Code") == "1" else "shared",
            "discount": share,
            "expires_at": moment(record, "End", context.clock),
        },
    )


def _need_export_time(context: Context) -> None:
    if context.exported_at is None:
        raise ParameterError(
            "Shopify's customers file has no times: say when it was exported, for example "
            "--exported-at 2025-03-01T09:00Z. Who was not seen earlier counts as acquired then"
        )


def _read_customer(record: Values, context: Context) -> Iterator[Row]:
    country = text(record, "Default Address Country Code", "Country Code")
    customer = context.person_needed(text(record, "Phone"), text(record, "Email"), country)
    yield Row(
        "customers",
        {
            "customer_id": customer,
            "acquired_at": context.exported_at,
            "region": text(record, "Default Address Province Code", "Province Code", "Province"),
        },
        seen_only=True,
    )


SHOPIFY = Vendor(
    "shopify",
    (
        Layout("orders", _ORDER, _read_order, "Name"),
        Layout("discount codes", _DISCOUNT, _read_discount, "Name", lambda c: c.need_campaigns()),
        Layout("customers", _CUSTOMER, _read_customer, "", _need_export_time),
    ),
)
