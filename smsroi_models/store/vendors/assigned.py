"""What smsroi itself wrote (arms, plan, links, coupons, numbers), and the campaign they are of."""

from collections.abc import Iterator

from smsroi_models.store.tables import TABLES, Column
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import Layout, Read, Row, Values, Vendor
from smsroi_models.store.vendors.values import moment, number, text, whole


def _value(column: Column, record: Values, context: Context) -> object:
    if column.kind == "text":
        return text(record, column.name)
    if column.kind == "time":
        return moment(record, column.name, context.clock)
    return whole(record, column.name) if column.kind == "count" else number(record, column.name)


def _reading(name: str) -> Read:
    def read(record: Values, context: Context) -> Iterator[Row]:
        columns = TABLES[name].columns
        yield Row(name, {column.name: _value(column, record, context) for column in columns})

    return read


def _layout(name: str, words: str, identity: str = "campaign_id") -> Layout:
    required = tuple(column.name for column in TABLES[name].columns if not column.nullable)
    return Layout(words, required, _reading(name), identity, own=True)


SMSROI = Vendor(
    "smsroi",
    (
        _layout("campaigns", "campaigns, in the columns of the data dictionary"),
        _layout("assignments", "assignments as drawn"),
        _layout("plans", "their plan"),
        _layout("links", "links as minted", "link_id"),
        _layout("coupons", "coupons as minted", "campaign_id"),  # a code is worth money
        _layout("numbers", "tracking numbers as allocated", "number_id"),
    ),
)
