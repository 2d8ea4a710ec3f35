"""Laws of numbers over time, of segments, of tags and of codes."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smsroi_models.errors import DataError
from smsroi_models.planning.coupon_codes import mint_codes, verify_code
from smsroi_models.planning.gsm_alphabet import BASIC, EXTENSION
from smsroi_models.planning.number_windows import allocate_windows, call_window
from smsroi_models.planning.target_tags import tagged_target
from smsroi_models.planning.text_segments import count_segments, plain_text

LAWS = settings(max_examples=50)
START = datetime(2025, 1, 1, tzinfo=UTC)
POOL = [f"number {i}" for i in range(6)]

CAMPAIGNS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60), st.integers(1, 3)), min_size=1, max_size=8
)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)
SEVEN_BIT = st.text(st.sampled_from(sorted(BASIC | EXTENSION)), min_size=1, max_size=500)


def _wanted(campaigns, rest_days):
    return {
        call_window(f"c{i}", START + timedelta(days=begins), days, rest_days): count
        for i, (begins, days, count) in enumerate(campaigns)
    }


def _busiest(wanted) -> int:
    """Return how many numbers are wanted at once at most: at some campaign's start, then."""
    return max(
        sum(
            count
            for window, count in wanted.items()
            if window.starts_at <= moment.starts_at < window.ends_at
        )
        for moment in wanted
    )


@LAWS
@given(campaigns=CAMPAIGNS, rest_days=st.integers(0, 40))
def test_no_number_ever_serves_two_campaigns_whose_calls_overlap(campaigns, rest_days):
    wanted = _wanted(campaigns, rest_days)
    assume(_busiest(wanted) <= len(POOL))
    allocated = allocate_windows(POOL, wanted, {})
    for window, count in wanted.items():
        numbers = allocated[window.campaign_id]
        assert len(set(numbers)) == count and set(numbers) <= set(POOL)
    for one, other in combinations(wanted, 2):
        if one.overlaps(other):
            assert not set(allocated[one.campaign_id]) & set(allocated[other.campaign_id])


@LAWS
@given(campaigns=CAMPAIGNS, rest_days=st.integers(0, 40), size=st.integers(1, 6))
def test_it_needs_as_many_numbers_as_the_busiest_moment_and_no_more(campaigns, rest_days, size):
    wanted = _wanted(campaigns, rest_days)
    if _busiest(wanted) <= size:
        allocate_windows(POOL[:size], wanted, {})
    else:
        with pytest.raises(DataError, match="lack"):
            allocate_windows(POOL[:size], wanted, {})


@LAWS
@given(campaigns=CAMPAIGNS, rest_days=st.integers(0, 40))
def test_what_is_booked_is_kept_and_asking_again_changes_nothing(campaigns, rest_days):
    wanted = _wanted(campaigns, rest_days)
    assume(_busiest(wanted) <= len(POOL))
    allocated = allocate_windows(POOL, wanted, {})
    booked = {
        number: [window for window in wanted if number in allocated[window.campaign_id]]
        for number in POOL
    }
    again = allocate_windows(POOL, wanted, booked)
    assert {name: set(numbers) for name, numbers in again.items()} == {
        name: set(numbers) for name, numbers in allocated.items()
    }


def test_too_small_a_pool_says_when_it_suffices():
    # A is on the only number until day 15, B from day 20 to 35: ten days of C fit after B alone.
    booked = {
        "one": [call_window("A", START, 15, 0), call_window("B", START + timedelta(20), 15, 0)]
    }
    wanted = {call_window("C", START + timedelta(10), 10, 0): 1}
    with pytest.raises(DataError, match="could start on 2025-02-05 00:00 UTC"):
        allocate_windows(["one"], wanted, booked)
    with pytest.raises(DataError, match="add numbers to the pool"):
        allocate_windows(["one"], {next(iter(wanted)): 2}, booked)


def test_half_open_windows_may_touch():
    first = call_window("a", START, 10, 5)
    second = call_window("b", START + timedelta(days=15), 10, 5)
    assert not first.overlaps(second)
    assert allocate_windows(["one"], {first: 1, second: 1}, {}) == {"a": ("one",), "b": ("one",)}


@LAWS
@given(text=TEXTS)
def test_units_of_a_dear_text_are_its_utf_16_code_units(text):
    counted = count_segments(text)
    if counted.encoding == "UCS-2":
        assert counted.units == len(text.encode("utf-16-le")) // 2
        assert counted.costly
    else:
        assert counted.units == len(text) + sum(letter in EXTENSION for letter in text)
        assert not counted.costly and counted.segments_without == counted.segments


@LAWS
@given(text=st.one_of(TEXTS, SEVEN_BIT))
def test_segments_hold_the_text_and_no_fewer_could(text):
    counted = count_segments(text)
    alone, joined = (160, 153) if counted.encoding == "GSM-7" else (70, 67)
    capacity = alone if counted.segments == 1 else joined
    assert 0 <= counted.units_left < capacity
    assert counted.units <= counted.segments * capacity
    # Every segment but the last is full, or one unit short because a pair may not be parted.
    if counted.segments > 1:
        assert counted.units > (counted.segments - 1) * (joined - 1)


@LAWS
@given(text=st.one_of(TEXTS, SEVEN_BIT), more=st.sampled_from(["x", "€", "😀"]))
def test_a_longer_text_never_has_fewer_segments(text, more):
    assert count_segments(text + more).segments >= count_segments(text).segments


@LAWS
@given(text=TEXTS)
def test_a_text_made_plain_is_of_seven_bits_and_stays_so(text):
    plain = plain_text(text)
    assert set(plain) <= BASIC | EXTENSION
    assert plain_text(plain) == plain


QUERY = st.lists(
    st.tuples(st.text("abcxyz", min_size=1, max_size=4), st.text("az09", max_size=4)), max_size=4
)


@LAWS
@given(query=QUERY, fragment=st.text("abc?&=/", max_size=6), campaign=TEXTS)
def test_tags_stand_once_and_everything_else_stays(query, fragment, campaign):
    assume(campaign.strip())
    before = "&".join(f"{name}={value}" for name, value in query)
    target = (
        f"https://shop.example/p{'?' + before if query else ''}{'#' + fragment * bool(fragment)}"
    )
    tagged = tagged_target(target, campaign)
    parts = urlsplit(tagged.url)
    found = parse_qsl(parts.query, keep_blank_values=True)
    assert found[: len(query)] == query
    assert dict(found[len(query) :]) == tagged.tags and len(found) == len(query) + 3
    assert tagged.tags["utm_campaign"] == campaign
    assert parts.fragment == fragment
    # Tagging what is tagged changes nothing.
    assert tagged_target(tagged.url, campaign).url == tagged.url


@LAWS
@given(
    count=st.integers(1, 20),
    length=st.integers(6, 21),
    prefix=st.text("ABCXYZ0189", max_size=12),
)
def test_codes_differ_hold_and_begin_with_their_prefix(count, length, prefix):
    codes = mint_codes(count, length, (), prefix)
    assert len(set(codes)) == count
    more = mint_codes(count, length, codes, prefix)
    assert not set(codes) & set(more)
    for code in codes:
        assert code.startswith(prefix) and len(code) == len(prefix) + length + 1
        assert verify_code(code, prefix) and verify_code(code.lower(), prefix)
