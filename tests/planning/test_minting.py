"""Links, codes, numbers and the send list of a campaign, minted against a small store."""

import csv
from datetime import UTC, datetime

import pandas as pd
import pytest
from minting_shop import GONE, HELD, NOW, STRANGER, TREATED, number_of, write_shop

import smsroi_models as smsroi
from smsroi_models.errors import DataError, ParameterError, StoreError
from smsroi_models.planning.coupon_codes import verify_code
from smsroi_models.planning.coupons import mint_coupons
from smsroi_models.planning.links import mint_links
from smsroi_models.planning.minted import read_codes, read_prices
from smsroi_models.planning.minted_files import register, write_list, write_minted
from smsroi_models.planning.send_list import make_send_list
from smsroi_models.planning.tracking_numbers import allocate_numbers
from smsroi_models.store.pseudonyms import Pseudonyms

IDS = Pseudonyms(b"the secret of the tests")
TARGET, GO = "https://shop.example/sale", "https://go.example"
TEXTED = tuple(name for name in TREATED if name != GONE)
ONE, TWO, THREE = "+1 202 555 0101", "+1 202 555 0102", "+1 202 555 0103"


@pytest.fixture
def shop(tmp_path):
    return write_shop(tmp_path / "shop")


@pytest.fixture
def store(shop):
    with smsroi.open_store(shop) as opened:
        yield opened


def _registered(shop, tmp_path, name, minted):
    summary = write_minted(
        tmp_path / f"out-{name}-{minted.n_new}", name, minted.table, {}, store=shop, pseudonyms=IDS
    )
    return summary.tables[name]


def _links(store, **options):
    given = {"per_recipient": True, "base_url": GO, "moment": NOW} | options
    return mint_links(store, "SUMMER", TARGET, **given)


# Who gets one.


def test_the_treatment_arm_gets_links_and_nobody_else(store):
    minted = _links(store)
    assert tuple(minted.table.customer_id) == TEXTED
    assert (minted.recipients.held_out, minted.recipients.opted_out) == (2, 1)
    assert minted.warnings == ()


def test_who_opts_out_after_the_moment_is_still_texted(store):
    before = datetime(2025, 5, 30, tzinfo=UTC)
    assert tuple(_links(store, moment=before).table.customer_id) == TREATED


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([*TEXTED, HELD[0]], "1 customers of the list are held out of campaign 'SUMMER'"),
        ([*TEXTED, STRANGER], "1 customers of the list are not assigned"),
        (["c1", "c1"], "in the list more than once"),
        (["+12025550142"], "look like a telephone number"),
        ([GONE], "nobody is left to be texted in campaign 'SUMMER': 0 held out, 1 opted out"),
    ],
)
def test_a_list_that_would_spoil_the_experiment_is_refused(store, names, message):
    for mint in (_links, lambda store, **options: _coupons(store, **options)):
        with pytest.raises(DataError, match=message):
            mint(store, customers=pd.DataFrame({"customer_id": names}))


def test_a_drawn_list_gives_its_own_treatment_arm(tmp_path):
    drawn = tmp_path / "assignments.csv"
    drawn.write_text("customer_id,arm\na,treatment\nb,holdout\nc,treatment\n")
    minted = mint_links(None, "NEW", TARGET, customers=drawn, per_recipient=True, base_url=GO)
    assert list(minted.table.customer_id) == ["a", "c"]
    assert minted.recipients.held_out == 1
    assert [warning.split(":")[0] for warning in minted.warnings] == [
        "no store was named",
        "opt-outs were not checked",
    ]


def test_a_campaign_that_is_not_drawn_has_no_recipients(store):
    with pytest.raises(ParameterError, match="nobody is assigned in campaign 'SPRING'"):
        mint_links(store, "SPRING", TARGET, per_recipient=True)


def test_an_unknown_campaign_is_named_with_its_nearest(store):
    with pytest.raises(DataError, match="did you mean 'SUMMER'"):
        mint_links(store, "SUMER", TARGET)


# Links.


def test_a_link_is_the_shortener_and_a_token_of_its_own(store):
    table = _links(store).table
    assert (table.url == GO + "/" + table.link_id).all() and table.link_id.is_unique
    assert table.target_url.str.contains("utm_medium=sms&utm_campaign=SUMMER").all()


def test_without_a_shortener_the_token_stands_in_the_targets_query(store):
    table = mint_links(store, "SUMMER", TARGET + "#new").table
    tags = "utm_source=sms&utm_medium=sms&utm_campaign=SUMMER"
    assert table.url[0] == f"{TARGET}?{tags}&s={table.link_id[0]}#new"
    assert table.customer_id.isna().all()


def test_minting_again_changes_nothing_and_adds_who_is_new(shop, tmp_path):
    with smsroi.open_store(shop) as store:
        first = _links(store, customers=pd.DataFrame({"customer_id": ["c1", "c2"]}))
    assert _registered(shop, tmp_path, "links", first).added == 2
    with smsroi.open_store(shop) as store:
        again = _links(store)
        shared = mint_links(store, "SUMMER", TARGET, base_url=GO)
    assert again.n_new == 1 and shared.n_new == 1
    kept = again.table[again.table.customer_id.isin(["c1", "c2"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, first.table)
    assert _registered(shop, tmp_path, "links", again).added == 1
    with smsroi.open_store(shop) as store:
        pd.testing.assert_frame_equal(_links(store).table, again.table)
        assert _links(store).n_new == 0
        assert not [found for found in smsroi.check_store(store) if found.table == "links"]


def test_another_target_or_another_shortener_is_another_link(shop, tmp_path):
    with smsroi.open_store(shop) as store:
        _registered(shop, tmp_path, "links", _links(store))
    with smsroi.open_store(shop) as store:
        assert _links(store, base_url="https://other.example").n_new == 3
        assert mint_links(store, "SUMMER", "https://shop.example/b", base_url=GO).n_new == 1


@pytest.mark.parametrize("column", ["link_id", "url"])
def test_tokens_in_use_are_not_drawn_again(tmp_path, column):
    """The source of chance gives a token of the store's first, in whatever case that stands."""
    taken = {"link_id": "x", "campaign_id": "SPRING", "url": f"{GO}/x", "target_url": TARGET}
    taken[column] = {"link_id": "C" * 12, "url": f"{GO}/{'c' * 12}"}[column]
    draws = iter(map(number_of, ["C" * 12, "D" * 12]))
    with smsroi.open_store(write_shop(tmp_path / "s", links=pd.DataFrame([taken]))) as store:
        minted = mint_links(
            store, "SUMMER", TARGET, base_url=GO, length=12, below=lambda _: next(draws)
        )
    assert minted.table.link_id[0] == "d" * 12


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "go.example"}, "--base-url is 'go.example'"),
        ({"base_url": GO + "?x=1"}, "ends in a host or a path"),
        ({"base_url": GO + "#"}, "ends in a host or a path"),
        ({"base_url": "https://a:b@go.example"}, "names a user or a password"),
        ({"length": 3}, "--length is 3"),
        ({"per_recipient": False, "customers": pd.DataFrame()}, "ask for links --per-recipient"),
    ],
)
def test_options_that_will_not_do_are_refused(store, options, message):
    with pytest.raises(ParameterError, match=message):
        _links(store, **options)


def test_a_target_with_the_tokens_name_or_a_telephone_number_wants_a_shortener(store):
    with pytest.raises(ParameterError, match="s= in its query already"):
        mint_links(store, "SUMMER", TARGET + "?s=1")
    number = TARGET + "?order=2025550142"
    with pytest.raises(ParameterError, match="telephone number"):
        mint_links(store, "SUMMER", number)
    minted = mint_links(store, "SUMMER", number, base_url=GO)
    assert "keeps it masked" in minted.warnings[0]
    assert "order=2025550142" in minted.table.target_url[0]  # the shortener has to know it


def test_a_masked_target_is_found_again(shop, tmp_path):
    number = TARGET + "?order=2025550142"
    with smsroi.open_store(shop) as store:
        _registered(
            shop, tmp_path, "links", mint_links(store, "SUMMER", number, base_url=GO, moment=NOW)
        )
    with smsroi.open_store(shop) as store:
        assert "2025550142" not in store["links"].target_url.to_pyarrow()[0].as_py()
        again = mint_links(store, "SUMMER", number, base_url=GO)
    assert again.n_new == 0 and "order=2025550142" in again.table.target_url[0]


def test_another_channel_is_warned_of(store):
    assert "as Email, not SMS" in _links(store, medium="email", source="news").warnings[0]


# Coupons.


def _coupons(store, **options):
    return mint_coupons(store, "SUMMER", "unique", **{"moment": NOW} | options)


def test_codes_are_one_a_recipient_and_hold(store):
    minted = _coupons(store, prefix="SUN", discount=0.2)
    assert tuple(minted.table.customer_id) == TEXTED
    assert all(verify_code(code, prefix="SUN") for code in minted.table.code)
    assert minted.table.discount.tolist() == [0.2] * 3


def test_a_stock_of_codes_is_filled_up_and_never_doubled(shop, tmp_path):
    with smsroi.open_store(shop) as store:
        five = _coupons(store, count=5, discount=0.1)
    _registered(shop, tmp_path, "coupons", five)
    with smsroi.open_store(shop) as store:
        eight = _coupons(store, count=8, discount=0.1)
        assert (eight.n_new, len(eight.table)) == (3, 8)
        assert set(five.table.code) <= set(eight.table.code)
        with pytest.raises(ParameterError, match="5 such codes already, with another discount"):
            _coupons(store, count=5, discount=0.2)
        with pytest.raises(ParameterError, match="another discount and prefix"):
            _coupons(store, count=5, prefix="SUN")


def test_codes_of_orders_and_of_other_campaigns_are_in_use(tmp_path):
    coupons = pd.DataFrame({"code": ["OLD"], "campaign_id": "SPRING", "kind": "shared"})
    orders = pd.DataFrame(
        {
            "order_id": ["o"],
            "customer_id": "c1",
            "ordered_at": [pd.Timestamp("2025-03-02", tz="UTC")],
            "revenue": 1.0,
            "discount": 0.0,
            "coupon_code": "typed",
        }
    )
    with smsroi.open_store(write_shop(tmp_path / "s", coupons=coupons, orders=orders)) as store:
        assert read_codes(store) == {"OLD", "TYPED"}


def test_one_shared_code_is_kept_with_its_end(shop, tmp_path):
    until = datetime(2025, 6, 30, 23, 59, 59, tzinfo=UTC)
    with smsroi.open_store(shop) as store:
        first = mint_coupons(store, "SUMMER", "shared", expires_at=until, moment=NOW)
    _registered(shop, tmp_path, "coupons", first)
    with smsroi.open_store(shop) as store:
        again = mint_coupons(store, "SUMMER", "shared", expires_at=until, moment=NOW)
    assert again.n_new == 0
    pd.testing.assert_frame_equal(again.table, first.table)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"discount": 20.0}, "--discount is 20: it is a share"),
        ({"discount": float("nan")}, "--discount is nan"),
        ({"expires_at": NOW}, "which is over"),
        ({"count": 0}, "--count is 0"),
        ({"count": 3, "customers": pd.DataFrame()}, "codes that belong to nobody have no list"),
        ({"prefix": "sun"}, "--prefix is 'sun'"),
        ({"length": 2}, "--length is 2"),
    ],
)
def test_terms_that_will_not_do_are_refused(store, options, message):
    with pytest.raises(ParameterError, match=message):
        _coupons(store, **options)


# Numbers.


def _numbers(store, pool, campaign="SUMMER", **options):
    return allocate_numbers(store, campaign, pool, pseudonyms=IDS, **options)


def test_a_number_is_the_id_that_imports_of_calls_give_it(store):
    allocated = _numbers(store, [ONE])
    assert list(allocated.table.number_id) == [IDS.of_tracking_number(ONE, None, "SUMMER")]
    assert allocated.endings == ("***01",) and allocated.places == (1,)
    assert f"{allocated.window.ends_at:%Y-%m-%d}" == "2025-07-16"  # 14 days, and 30 of rest


def test_a_number_rests_before_another_campaign_has_it(tmp_path):
    # SPRING: 1 March and 14 days; the next campaign begins on 2 June, 79 days after that.
    used = pd.DataFrame(
        {"number_id": [IDS.of_tracking_number(ONE, None, "SPRING")], "campaign_id": "SPRING"}
    )
    with smsroi.open_store(write_shop(tmp_path / "s", numbers=used)) as store:
        assert _numbers(store, [ONE, TWO]).places == (2,)  # the one that was never used
        assert _numbers(store, [ONE], rest_days=79).places == (1,)
        with pytest.raises(DataError, match="could start on 2025-06-03 09:00 UTC: add"):
            _numbers(store, [ONE], rest_days=80)
        again = _numbers(store, [TWO, ONE], "SPRING")
    assert again.places == (2,) and again.n_new == 0


def test_too_small_a_pool_says_how_many_lack(store):
    with pytest.raises(
        DataError, match=r"^1 number lacks: .* needs 3 .* pool of 2 2 are free: add"
    ):
        _numbers(store, [ONE, TWO], count=3)


def test_ids_of_ones_own_belong_to_a_campaign_for_good(tmp_path):
    used = pd.DataFrame({"number_id": ["hotline-1"], "campaign_id": "SPRING"})
    with smsroi.open_store(write_shop(tmp_path / "s", numbers=used)) as store:
        assert list(_numbers(store, ["hotline-1", "hotline-2"]).table.number_id) == ["hotline-2"]
        with pytest.raises(DataError, match="belong to earlier campaigns for good"):
            _numbers(store, ["hotline-1"])
        with pytest.raises(DataError, match=r"1 number lacks.* for good"):
            _numbers(store, ["hotline-1", "hotline-2"], count=2)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ([], "the pool holds no number"),
        ([ONE, "(202) 555-0101"], "line 2 of the pool is no possible telephone number"),
        ([ONE, "+1-202-555-0101"], "lines 1 and 2 of the pool are one number"),
        (["number", ONE], "line 1 of the pool is no telephone number, as others are"),
        (["hotline 1"], "line 1 of the pool"),
    ],
)
def test_a_pool_that_will_not_do_is_refused_without_naming_a_number(store, pool, message):
    with pytest.raises(ParameterError, match=message) as refused:
        _numbers(store, pool)
    assert "555" not in str(refused.value).replace("+1 202 555 0142", "")


def test_a_country_may_be_named(store):
    allocated = _numbers(store, ["(202) 555-0101"], region="US")
    assert list(allocated.table.number_id) == [IDS.of_tracking_number(ONE, None, "SUMMER")]


def test_numbers_come_into_the_store_and_stay(shop, tmp_path):
    with smsroi.open_store(shop) as store:
        first = _numbers(store, [ONE, TWO, THREE], count=2)
    assert _registered(shop, tmp_path, "numbers", first).added == 2
    with smsroi.open_store(shop) as store:
        again = _numbers(store, [ONE, TWO, THREE], count=2)
    assert (again.n_new, again.places) == (0, first.places)


# Prices, the send list, and files.


def test_the_price_is_the_median_of_billed_texts_of_the_latest_campaign(store):
    prices = read_prices(store)
    # 0.01, 0.02, 0.09: the failed text of 5.00 was not billed and is not the last.
    assert (prices.price, prices.currency, prices.campaign_id) == (0.02, "EUR", "SPRING")
    assert prices.last_sent_at == datetime(2025, 3, 1, 9, tzinfo=UTC)


def _ready(shop, tmp_path, **coupons):
    with smsroi.open_store(shop) as store:
        links, codes = _links(store), _coupons(store, **coupons)
    _registered(shop, tmp_path, "links", links)
    _registered(shop, tmp_path, "coupons", codes)
    return links, codes


def test_the_send_list_has_everybodys_own_link_and_code(shop, tmp_path):
    links, codes = _ready(shop, tmp_path)
    with smsroi.open_store(shop) as store:
        made = make_send_list(store, "SUMMER", "Hi! {link} {code}", moment=NOW)
    assert tuple(made.table.customer_id) == TEXTED
    assert list(made.table.link) == list(links.table.url)
    assert list(made.table.code) == list(codes.table.code)
    assert list(made.table.segments) == [1, 1, 1]


def test_segments_are_those_of_the_text_as_filled_in(shop, tmp_path):
    links, codes = _ready(shop, tmp_path)
    filled = len(links.table.url[0]) + len(codes.table.code[0])
    fits = "x" * (160 - filled - 5) + "{link}{code}{name}"
    with smsroi.open_store(shop) as store:
        for name_length, segments in ((5, 1), (6, 2)):
            made = make_send_list(store, "SUMMER", fits, moment=NOW, name_length=name_length)
            assert set(made.table.segments) == {segments}


def test_a_shared_link_is_everybodys(shop, tmp_path):
    with smsroi.open_store(shop) as store:
        shared = mint_links(store, "SUMMER", TARGET, base_url=GO, moment=NOW)
    _registered(shop, tmp_path, "links", shared)
    with smsroi.open_store(shop) as store:
        made = make_send_list(store, "SUMMER", "{link}", moment=NOW)
    assert set(made.table.link) == {shared.table.url[0]} and made.table.code.isna().all()


def test_links_to_two_targets_want_one_named(shop, tmp_path):
    _ready(shop, tmp_path)
    with smsroi.open_store(shop) as store:
        other = mint_links(
            store, "SUMMER", "https://b.example", base_url=GO, per_recipient=True, moment=NOW
        )
    write_minted(tmp_path / "b", "links", other.table, {}, store=shop, pseudonyms=IDS)
    with smsroi.open_store(shop) as store:
        with pytest.raises(DataError, match="more than one url a person to several targets"):
            make_send_list(store, "SUMMER", "{link}", moment=NOW)
        made = make_send_list(store, "SUMMER", "{link}", moment=NOW, target="https://b.example")
        with pytest.raises(DataError, match="has no links in the store"):
            make_send_list(store, "SUMMER", "{link}", moment=NOW, target="https://c.example")
    assert list(made.table.link) == list(other.table.url)


def test_a_send_list_without_what_the_text_holds_is_refused(shop, tmp_path, store):
    with pytest.raises(DataError, match="has no links in the store: mint them first"):
        make_send_list(store, "SUMMER", "{link}", moment=NOW)
    with pytest.raises(ParameterError, match="say --name-length"):
        make_send_list(store, "SUMMER", "{name}", moment=NOW)
    part = _links(store, customers=pd.DataFrame({"customer_id": ["c1"]}))
    _registered(shop, tmp_path, "links", part)
    with (
        smsroi.open_store(shop) as later,
        pytest.raises(DataError, match="2 of 3 recipients have no own url"),
    ):
        make_send_list(later, "SUMMER", "{link}", moment=NOW)


def test_codes_that_have_expired_are_not_sent(shop, tmp_path):
    until = datetime(2025, 6, 10, tzinfo=UTC)
    _ready(shop, tmp_path, expires_at=until)
    with smsroi.open_store(shop) as store:
        assert len(make_send_list(store, "SUMMER", "{code}", moment=NOW).table) == 3
        with pytest.raises(DataError, match="have expired"):
            make_send_list(store, "SUMMER", "{code}", moment=until)


def test_lists_are_inert_and_never_written_over(tmp_path):
    frame = pd.DataFrame({"customer_id": ["=1+1", "b,\n"], "link": [None, "@x"]})
    written = write_list(frame, tmp_path / "deep" / "send.csv")
    with written.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows == [["customer_id", "link"], ["'=1+1", ""], ["b,\n", "'@x"]]
    with pytest.raises(ParameterError, match="is there already"):
        write_list(frame, written)
    assert [path.name for path in written.parent.iterdir()] == ["send.csv"]


def test_a_folder_is_whole_or_not_there(shop, tmp_path, store):
    minted = _links(store)
    out = tmp_path / "out"
    broken = minted.table.assign(campaign_id="NOBODY")
    with pytest.raises(StoreError, match="did not take every row"):
        write_minted(out, "links", broken, {}, store=shop, pseudonyms=IDS)
    assert not out.exists() and not list(tmp_path.glob(".out*"))
    write_minted(out, "links", minted.table, {"redirects": minted.table[["url"]]})
    assert sorted(path.name for path in out.iterdir()) == ["links.parquet", "redirects.csv"]
    with pytest.raises(ParameterError, match="is there already"):
        write_minted(out, "links", minted.table, {})
    assert register([out / "links.parquet"], shop, IDS).tables["links"].added == 3
    assert not register([out / "links.parquet"], shop, IDS).tables["links"].any
