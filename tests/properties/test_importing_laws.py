"""Laws of importers: order and repetition of records do not matter; money and masks keep bounds."""

import contextlib
import copy
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

import pyarrow as pa
import pytest
from exports import (
    NUMBERED,
    click_event,
    context,
    line_item,
    logged,
    order,
    resource,
    write_csv,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.store.connect import open_store
from smsroi_models.store.pseudonyms import e164
from smsroi_models.store.tables import TABLES
from smsroi_models.store.vendors.addresses import page_of
from smsroi_models.store.vendors.contract import DroppedRecord
from smsroi_models.store.vendors.importing import import_files
from smsroi_models.store.vendors.mapped import mapped_vendor
from smsroi_models.store.vendors.mapping import read_sections
from smsroi_models.store.vendors.masking import inert, masked
from smsroi_models.store.vendors.registry import VENDORS, vendor_called
from smsroi_models.store.vendors.replies import intent_of
from smsroi_models.store.vendors.rows import kept_values
from smsroi_models.store.vendors.shopify import SHOPIFY, net_revenue
from smsroi_models.store.vendors.staging import schema
from smsroi_models.store.vendors.times import written_time
from smsroi_models.store.vendors.twilio import TWILIO
from smsroi_models.store.vendors.zones import Clock

FEW = settings(max_examples=6)
money = st.decimals(0, 10_000, places=2).map(str)


def _content(vendor, rows, **options):
    """Import the rows into a new store, and return every table's rows."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_csv(Path(folder) / "f.csv", rows)
        store = Path(folder) / "store"
        import_files(vendor, [file], store, context(**options))
        with open_store(store) as opened:
            return {
                name: opened[name].to_pandas().sort_values(list(opened[name].columns)).to_csv()
                for name in opened.names
            }


@FEW
@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=3))
def test_the_order_of_orders_and_repeated_ones_do_not_matter(shuffled, again):
    blocks = [
        [
            order(f"#{i}", **{"Billing Phone": NUMBERED[i % 4], "Email": f"c{i % 3}@example.com"}),
            line_item(f"#{i}"),
        ]
        for i in range(6)
    ]
    plain = [row for block in blocks for row in block]
    other = [row for i in [*shuffled, *again] for row in blocks[i]]
    assert _content(SHOPIFY, other) == _content(SHOPIFY, plain)


@FEW
@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=3))
def test_the_order_of_texts_and_repeated_ones_do_not_matter(shuffled, again):
    # The same text twice, as sent and as delivered: the delivery counts whichever comes first.
    rows = [logged(f"SM{i // 2}", Status=("sent", "delivered")[i % 2]) for i in range(6)]
    other = [rows[i] for i in [*shuffled, *again]]
    whole = _content(TWILIO, rows, campaign_id="SPRING")
    assert _content(TWILIO, other, campaign_id="SPRING") == whole
    assert "sent," not in whole["messages"].replace("sent_at", "")


@given(money, money, money, money)
def test_revenue_lies_between_nothing_and_the_goods(goods, shipping, taxes, refunded):
    total = str(float(goods) + float(shipping) + float(taxes))
    record = {"Subtotal": goods, "Shipping": shipping, "Taxes": taxes, "Total": total}
    whole = net_revenue(record)
    left = net_revenue(record | {"Refunded Amount": refunded})
    assert 0 <= left <= whole <= float(goods)


@given(st.integers(1, 9), st.decimals("0.001", 5, places=4))
def test_segments_times_price_is_what_was_charged(segments, charged):
    record = logged("SM1", NumSegments=str(segments), Price=f"-{charged}")
    layout = TWILIO.layouts[0]
    (row,) = layout.read(record, context(campaign_id="SPRING"))
    product = row.values["price"] * row.values["segments"]
    assert product == pytest.approx(float(charged), rel=1e-12)


@given(st.sampled_from(NUMBERED), st.text("abc @.=+", max_size=5), st.text("xyz ,;", max_size=5))
def test_a_mask_leaves_neither_number_nor_address(number, before, after):
    for telling in (number, "ada@example.com", f"({number[2:5]}) {number[5:8]}-{number[8:]}"):
        shown = masked(f"{before} {telling} {after}")
        assert telling not in shown
        assert masked(shown) == shown


def _grouped(digits, cuts, signs):
    """Write digits in groups, with signs of telephone numbers between them."""
    places = sorted(set(cuts) & set(range(1, len(digits))))
    parts = [digits[a:b] for a, b in zip([0, *places], [*places, len(digits)], strict=True)]
    return parts[0] + "".join(sign + part for sign, part in zip(signs, parts[1:], strict=False))


@given(
    st.text("0123456789", min_size=7, max_size=15),
    st.lists(st.integers(1, 14), max_size=4),
    st.lists(
        st.sampled_from([" ", "-", ".", "/", ") ", " - ", "\u00a0", "–"]), min_size=4, max_size=4
    ),
    st.sampled_from(["", "+", "(", "tel", "at "]),
)
def test_no_run_of_seven_digits_outlives_the_mask_but_dates(digits, cuts, signs, before):
    shown = masked(f"{before}{_grouped(digits, cuts, signs)} thanks")
    left = re.findall(r"\d", shown)
    dated = re.search(r"(?:19|20)\d\d", shown)
    assert len(left) < 7 or dated
    assert masked(shown) == shown


@given(
    st.text("ab/?&=#%@.:+-20514", max_size=40), st.sampled_from(["ada@example.com", "+12025550142"])
)
def test_a_page_tells_no_contact_and_stays_what_it_is(around, contact):
    for hidden in (contact, quote(contact, safe=""), quote(quote(contact, safe=""), safe="")):
        for address in (
            f"https://x.example.com/{around}/{hidden}/",
            f"https://x.co/?{around}&u={hidden}",
        ):
            page = page_of(address)
            plain = unquote(unquote(unquote(page)))
            assert contact not in plain
            assert page_of(page) == page


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1)), st.sampled_from(["AM", "PM", "CEST"])
)
def test_a_time_with_more_behind_it_is_never_the_time_without(at, more):
    for form in ("%Y-%m-%d %H:%M:%S", "%d %b %Y %H:%M:%S", "%b %d, %Y %I:%M"):
        with pytest.raises(ValueError):
            written_time(f"{at.strftime(form)} {more}")


@FEW
@given(st.permutations(range(4)))
def test_which_export_comes_first_does_not_matter_to_refunds_and_cancellations(turn):
    days = [
        [order("#1"), order("#2"), order("#3")],
        [order("#1", **{"Refunded Amount": "9.30"}), order("#2"), order("#3")],
        [order("#1", **{"Refunded Amount": "9.30"}), order("#2", **{"Cancelled at": "2025-03-09"})],
        [
            order("#1", **{"Refunded Amount": "46.50"}),
            order("#2", **{"Cancelled at": "2025-03-09"}),
        ],
    ]
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        for i in turn:
            file = write_csv(Path(folder) / f"{i}.csv", days[i])
            import_files(SHOPIFY, [file], store, context())
        with open_store(store) as opened:
            found = opened["orders"].to_pandas().set_index("order_id").revenue.to_dict()
    assert found == {"#1": 40.0, "#3": 80.0}


STRANGE = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["\ud800", "0001-01-01T00:00:00+05:00", "1e400", "9" * 40, "\0", "+", "0"]),
    st.integers(),
    st.floats(),
    st.none(),
    st.booleans(),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=1),
)
MAPPINGS = {
    "survey": {"id": "s", "metric": "nps", "question": "q", "score": "score"},
    "link": {"url": "u", "target_url": "t"},
    "campaigns": {"window_days": 14, "margin_rate": 0.4, "currency": "USD"},
    "columns": {"event": "e", "occurred_at": "t", "phone": "p", "message_id": "m"},
}


@settings(max_examples=150)
@given(st.data())
def test_whatever_a_record_holds_it_is_kept_by_the_contract_or_dropped(data):
    ready = context(
        campaign_id="SPRING",
        settings=MAPPINGS,
        exported_at=datetime(2025, 3, 1, tzinfo=UTC),
        clock=Clock(UTC),
    )
    names = [name for name in VENDORS if name != "csv"]
    layout = data.draw(st.sampled_from([x for v in names for x in vendor_called(v, ready).layouts]))
    plain = logged("SM1") | resource("SM1") | order("#1") | click_event("E1")
    record = {name: plain.get(name, "1") for name in (*layout.required, "score")}
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(record)), STRANGE, max_size=3))
    try:
        rows = [(row.table, kept_values(row)) for row in layout.read(record | changes, ready)]
    except (DroppedRecord, DataError):  # money of another currency stops an import
        return
    for table, values in rows:
        at = ("_at", "_file", "_row", "_retracted", "_seen", "_seen_only", "_version", "_update")
        staged = pa.Table.from_pylist([values | dict.fromkeys(at)], schema(TABLES[table]))
        assert staged.num_rows == 1


def _leaves(tree, path=()):
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from _leaves(value, (*path, key))


MAPPING = {
    "campaign": [{"id": "SPRING", "where": {"A": "b"}, "matches": {"B": "^c"}}],
    "table": [
        {
            "name": "calls",
            "where": {"Direction": "in"},
            "columns": {
                "call_id": {"hash_of": ["A", "B"]},
                "number_id": {"number": "N"},
                "customer_id": {"phone": "P", "email": "E"},
                "started_at": {"column": "S", "zone": "UTC", "format": "%Y"},
                "duration_seconds": {"value": 1.5},
                "answered": {"column": "A", "values": {"yes": True}},
                "value": {"column": "V", "negate": True},
            },
        }
    ],
}


@settings(max_examples=150)
@given(st.data())
def test_whatever_a_mapping_says_it_is_used_or_refused_by_name(data):
    mapping = copy.deepcopy(MAPPING)
    *way, last = data.draw(st.sampled_from(sorted(_leaves(mapping), key=str)))
    place = mapping
    for key in way:
        place = place[key]
    place[last] = data.draw(st.one_of(STRANGE, st.just({}), st.just([]), st.just({"column": "A"})))
    with contextlib.suppress(ParameterError):
        rules, settings_ = read_sections(mapping)
        ready = context(rules=rules, settings=settings_, clock=Clock(UTC))
        (layout,) = mapped_vendor(ready).layouts
        record = dict.fromkeys(layout.required, "1") | {"Direction": "in", "A": "b", "B": "c"}
        with contextlib.suppress(DroppedRecord):
            rows = [kept_values(row) for row in layout.read(record, ready)]
            assert rows


@given(st.text(max_size=12))
def test_inert_text_starts_no_formula_and_stays_as_it_is(text):
    once = inert(text)
    assert not once.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert inert(once) == once and once.endswith(text)


@given(st.sampled_from(NUMBERED))
def test_a_number_is_itself_however_it_is_written(number):
    area, middle, last = number[2:5], number[5:8], number[8:]
    written = [f"({area}) {middle}-{last}", f"'{number}", f"1-{area}-{middle}-{last}", number]
    assert {e164(text, "US") for text in written} == {number}


@given(st.sampled_from(["stop", "unsubscribe", "optout"]), st.sampled_from([" please", "!", " me"]))
def test_a_keyword_with_more_around_it_is_near_and_never_honoured(word, more):
    assert intent_of(word) == "stop"
    assert intent_of(word + more) == "near_stop"
