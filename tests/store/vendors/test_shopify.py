"""Shopify's files: line items, blank fields, apostrophes, offsets, negative values, refunds."""

import re
from datetime import UTC, datetime

import pandas as pd
import pytest
from exports import (
    ADA,
    BEN,
    address_id,
    campaigns_store,
    context,
    line_item,
    order,
    phone_id,
    write_csv,
)

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import open_store
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.shopify import SHOPIFY

LATE_COLUMNS = ("Phone", "Id", "Source", "Refunded Amount", "Cancelled at", "Billing Country")


def _frame(store, name):
    with open_store(store) as opened:
        return opened[name].to_pandas()


def _import(tmp_path, rows, name="orders.csv", store=None, **options):
    store = store or campaigns_store(tmp_path / "store")
    file = write_csv(tmp_path / name, rows)
    return import_files(SHOPIFY, [file], store, context(**options)), store


def test_an_order_of_several_line_items_is_one_order(tmp_path):
    rows = [order("#1001"), line_item("#1001"), line_item("#1001"), order("#1002")]
    done, store = _import(tmp_path, rows)
    assert (done.read, done.kept, done.dropped) == (4, 4, {})
    orders = _frame(store, "orders").set_index("order_id")
    assert orders.index.tolist() == ["#1001", "#1002"]
    first = orders.loc["#1001"]
    assert (first.revenue, first.discount, first.coupon_code) == (80.0, 20.0, "SPRING20")
    assert first.ordered_at == pd.Timestamp("2025-03-02T07:50:26Z")  # 09:50:26 +0200
    # The number has an apostrophe and no country; the country stands in the billing address.
    assert first.customer_id == phone_id(ADA)


def test_a_line_item_without_its_order_is_dropped(tmp_path):
    done, _ = _import(tmp_path, [line_item("#1000"), order("#1001"), line_item("#1002")])
    assert done.dropped == {"a line item whose order's first row is not above it": 2}


def test_an_older_file_without_the_late_columns_comes_in(tmp_path):
    row = {k: v for k, v in order("#1001").items() if k not in LATE_COLUMNS}
    done, store = _import(tmp_path, [row], region="US")
    assert done.kept == 1
    assert _frame(store, "orders").customer_id.tolist() == [phone_id(ADA)]


@pytest.mark.parametrize(
    ("changes", "revenue"),
    [
        ({}, 80.0),
        # Prices include the tax, 19 % of goods and shipping alike: Total = Subtotal + Shipping.
        ({"Subtotal": "119", "Shipping": "5.95", "Taxes": "19.95", "Total": "124.95"}, 100.0),
        ({"Subtotal": "119", "Shipping": "0", "Taxes": "19", "Total": "119"}, 100.0),
        # A third of what was paid came back: a third of the goods, too.
        ({"Refunded Amount": "31.00"}, 80.0 * 2 / 3),
        ({"Refunded Amount": "93.00"}, 0.0),
        ({"Refunded Amount": "-93.00"}, 0.0),
        ({"Subtotal": "0.00", "Taxes": "0", "Shipping": "0", "Total": "0.00"}, 0.0),
    ],
)
def test_revenue_is_net_of_discount_refund_tax_and_shipping(tmp_path, changes, revenue):
    _, store = _import(tmp_path, [order("#1001", **changes)])
    assert _frame(store, "orders").revenue[0] == pytest.approx(revenue, rel=1e-12)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Cancelled at": "2025-03-03 10:00:00 +0200"}, "the order was cancelled"),
        ({"Financial Status": "voided"}, "the order is not paid"),
    ],
)
def test_an_order_undone_since_is_taken_out_again(tmp_path, changes, reason):
    done, store = _import(tmp_path, [order("#1001"), order("#1002"), line_item("#1002")])
    later = [order("#1001"), order("#1002", **changes), line_item("#1002")]
    done, _ = _import(tmp_path, later, "later.csv", store)
    assert done.dropped == {reason: 1}
    assert done.left_out == {"a line item of a dropped order": 1}
    assert done.tables["orders"].removed == 1
    assert _frame(store, "orders").order_id.tolist() == ["#1001"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Created at": ""}, "Created at is blank"),
        ({"Subtotal": ""}, "Subtotal is blank"),
        ({"Subtotal": "1,080.00"}, "Subtotal is no number"),
        ({"Subtotal": "-5"}, None),
        (
            {"Email": "", "Billing Phone": "", "Shipping Phone": ""},
            "names nobody: no telephone number and no e-mail address",
        ),
    ],
)
def test_orders_that_cannot_be_used_are_dropped(tmp_path, changes, reason):
    done, _ = _import(tmp_path, [order("#1001", **changes)])
    assert done.dropped == ({} if reason is None else {reason: 1})


def test_another_currency_is_refused(tmp_path):
    with pytest.raises(DataError, match="'EUR', the store's in USD"):
        _import(tmp_path, [order("#1001", Currency="EUR")])


def test_a_store_without_campaigns_needs_its_currency_named(tmp_path):
    with pytest.raises(ParameterError, match="--currency"):
        _import(tmp_path, [order("#1")], store=tmp_path / "new", currency=None)
    assert not (tmp_path / "new").exists()
    done, _ = _import(tmp_path, [order("#1")], store=tmp_path / "new")
    assert done.kept == 1


def test_a_gift_is_the_buyers_not_the_recipients(tmp_path):
    row = order("#1001", **{"Billing Phone": "", "Shipping Phone": BEN})
    _, store = _import(tmp_path, [row])
    assert _frame(store, "orders").customer_id.tolist() == [address_id("ada@example.com")]


def _discount(name, **changes):
    return {
        "Name": name,
        "Value": "-20.0",
        "Value Type": "percentage",
        "Type": "code",
        "Times Used In Total": "3",
        "Usage Limit Per Code": "",
        "Status": "active",
        "Start": "2025-03-01 00:00:00 -0500",
        "End": "",
    } | changes


def test_discount_codes_are_upper_case_and_their_values_positive(tmp_path):
    rows = [
        _discount("spring20"),
        _discount("Ada-1", **{"Usage Limit Per Code": "1", "End": "2025-04-01 00:00:00 -0500"}),
        _discount("TENOFF", **{"Value": "-10.0", "Value Type": "fixed_amount"}),
    ]
    _, store = _import(tmp_path, rows, campaign_id="SPRING")
    codes = _frame(store, "coupons").set_index("code")
    assert codes.kind.to_dict() == {"SPRING20": "shared", "ADA-1": "unique", "TENOFF": "shared"}
    assert codes.discount["SPRING20"] == 0.2 and pd.isna(codes.discount["TENOFF"])
    assert codes.expires_at["ADA-1"] == pd.Timestamp("2025-04-01T05:00Z")


def _customer(**changes):
    return {
        "First Name": "Ada",
        "Last Name": "Lovelace",
        "Email": "ada@example.com",
        "Accepts Email Marketing": "yes",
        "Default Address Province Code": "DC",
        "Phone": "'+12025550101",
        "Accepts SMS Marketing": "yes",
        "Total Spent": "80.00",
        "Total Orders": "1",
        "Tags": "",
    } | changes


def test_customers_bring_the_link_between_number_and_address(tmp_path):
    store = campaigns_store(tmp_path / "store")
    by_mail = order("#1001", **{"Billing Phone": ""})
    _import(tmp_path, [by_mail], store=store)
    assert _frame(store, "orders").customer_id.tolist() == [address_id("ada@example.com")]
    with pytest.raises(ParameterError, match="--exported-at"):
        _import(tmp_path, [_customer()], "customers.csv", store)
    at = datetime(2025, 3, 5, tzinfo=UTC)
    done, _ = _import(tmp_path, [_customer()], "customers.csv", store, exported_at=at)
    assert done.linked == 1
    # Everything of the address is now the number's, and so is what comes later.
    assert _frame(store, "orders").customer_id.tolist() == [phone_id(ADA)]
    people = _frame(store, "customers")
    assert people.customer_id.tolist() == [phone_id(ADA)] and people.region.tolist() == ["DC"]
    assert people.acquired_at[0] == pd.Timestamp("2025-03-02T07:50:26Z")  # the order was earlier
    _import(tmp_path, [by_mail, order("#1002", **{"Billing Phone": ""})], "new.csv", store)
    assert set(_frame(store, "orders").customer_id) == {phone_id(ADA)}


def test_an_unknown_layout_is_refused_and_names_what_is_missing(tmp_path):
    row = {k: v for k, v in order("#1001").items() if k != "Subtotal"}
    with pytest.raises(DataError, match="it lacks 'Subtotal'"):
        _import(tmp_path, [row])


def _cancelled(name):
    return order(name, **{"Cancelled at": "2025-03-03 10:00:00 +0200"})


@pytest.mark.parametrize("name", ["store", "store.duckdb"])
@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("turn", [1, -1])
def test_an_older_export_brings_back_neither_money_nor_orders(tmp_path, name, at_once, turn):
    new = [order("#1", **{"Refunded Amount": "46.50"}), _cancelled("#2"), order("#3")]
    old = [order("#1"), order("#2"), order("#3", **{"Financial Status": "pending"})]
    files = [write_csv(tmp_path / "new.csv", new), write_csv(tmp_path / "old.csv", old)][::turn]
    store = campaigns_store(tmp_path / name)
    for listed in [files] if at_once else [[file] for file in files]:
        import_files(SHOPIFY, listed, store, context())
    orders = _frame(store, "orders").set_index("order_id")
    assert orders.revenue.to_dict() == {"#1": 40.0, "#3": 80.0}


def test_an_order_that_was_never_there_stays_cancelled(tmp_path):
    done, store = _import(tmp_path, [_cancelled("#2")])
    assert done.written
    done, _ = _import(tmp_path, [order("#1"), order("#2")], "old.csv", store)
    assert done.dropped == {"another export has the order as cancelled": 1}
    assert (done.read, done.kept) == (2, 1)
    assert _frame(store, "orders").order_id.tolist() == ["#1"]


def test_of_equal_refunds_the_order_that_came_last_counts(tmp_path):
    _, store = _import(tmp_path, [order("#1")])
    edited = order("#1", Subtotal="100.00", Total="113.00")
    _import(tmp_path, [edited], "edited.csv", store)
    assert _frame(store, "orders").revenue.tolist() == [100.0]
    # A refund of an order that grew leaves what the refund leaves of it.
    paid_back = edited | {"Refunded Amount": "56.50"}
    _import(tmp_path, [paid_back], "paid_back.csv", store)
    _import(tmp_path, [edited], "edited.csv", store)
    assert _frame(store, "orders").revenue.tolist() == [50.0]


def test_a_cancelled_order_leaves_no_event_that_points_to_it(tmp_path):
    event = {
        "event_id": "g1",
        "occurred_at": pd.Timestamp("2025-03-02T09:00Z"),
        "event_type": "purchase",
        "value": 80.0,
        "order_id": "#1",
    }
    store = campaigns_store(tmp_path / "store", events=pd.DataFrame([event]))
    _import(tmp_path, [order("#1"), order("#2")], store=store)
    _import(tmp_path, [_cancelled("#1")], "later.csv", store)
    events = _frame(store, "events")
    assert (events.value.tolist(), events.order_id.isna().tolist()) == ([80.0], [True])
    with open_store(store) as opened:
        assert [f for f in check_store(opened) if f.severity == "error" and f.count] == []


CODES = ["847362910482", "SAVE 2025550142", "for ada@example.com", "SAVE2025550142", "SPRING-2025"]


def test_codes_are_the_same_in_every_table_and_hold_nobody(tmp_path):
    store = campaigns_store(tmp_path / "store")
    orders = [order(f"#{i}", **{"Discount Code": code}) for i, code in enumerate(CODES)]
    _import(tmp_path, orders, store=store)
    _import(tmp_path, [_discount(code) for code in CODES], "d.csv", store, campaign_id="SPRING")
    used, known = _frame(store, "orders").coupon_code, _frame(store, "coupons").code
    assert set(used) == set(known) and len(set(used)) == len(CODES)
    plain = {code for code in used if not re.fullmatch("C[0-9A-F]{32}", code)}
    assert plain == {"847362910482", "SPRING-2025"}


def test_orders_that_are_named_after_people_are_kept_under_a_pseudonym(tmp_path):
    names = ["Ada ada@example.com #1", "tel 2025550142 x", "+12025550142", "2025550142", "100-2025"]
    _, store = _import(tmp_path, [order(name) for name in names])
    ids = set(_frame(store, "orders").order_id)
    assert len(ids) == 5 and "2025550142" in ids  # bare digits are a shop's running number
    assert sum(bool(re.fullmatch("x[0-9a-f]{32}", name)) for name in ids) == 4
    cancelled = [_cancelled(name) for name in names]
    done, _ = _import(tmp_path, cancelled, "later.csv", store)
    assert done.tables["orders"].removed == 5


def test_numbers_that_many_people_give_join_nobody(tmp_path):
    rows = [
        order(f"#{i}", Email=f"c{i}@example.com", **{"Billing Phone": phone})
        for i, phone in enumerate(["555-0142", "555-0142", "0000000000", "0000000000"])
    ]
    _, store = _import(tmp_path, rows)
    assert set(_frame(store, "orders").customer_id) == {
        address_id(f"c{i}@example.com") for i in range(4)
    }
