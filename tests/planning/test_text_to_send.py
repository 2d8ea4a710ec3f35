"""What a text is billed as, what makes it dearer, and what sending it costs."""

import pytest

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.gsm_alphabet import BASIC, EXTENSION, places_of, replacement_for
from smsroi_models.planning.text_cost import SegmentPrice, text_cost
from smsroi_models.planning.text_fields import count_fielded, fields_of, filled_text
from smsroi_models.planning.text_segments import count_segments, plain_text


def test_the_alphabet_has_as_many_characters_as_the_standard():
    # 128 places of the basic table, less the escape; the extension has ten with the form feed.
    assert (len(BASIC), len(EXTENSION)) == (127, 10)
    assert not BASIC & EXTENSION


@pytest.mark.parametrize("letter", ["ç", "á", "ë", "ł", "`", "\t", "\u00a0", "’", "–", "😀"])
def test_what_looks_plain_but_is_not(letter):
    assert places_of(letter) == 0
    assert count_segments(f"a{letter}").encoding == "UCS-2"


# Twilio's published replacements (SmartEncodingMap.ts, read 2026-11), those that we share; Twilio
# writes two spaces for a wide one, we one.
TWILIO = {
    "«": '"', "»": '"', "“": '"', "”": '"', "‟": '"', "‘": "'", "’": "'", "‛": "'", "´": "'",
    "`": "'", "—": "-", "–": "-", "‐": "-", "―": "-", "⁃": "-", "•": "-", "‚": ",", "…": "...",
    "¼": "1/4", "½": "1/2", "¾": "3/4", "÷": "/", "⁄": "/", "＂": '"', "！": "!", "Ａ": "A",
    "０": "0", "‼": "!!", "\u200b": "", "\u2060": "", "\ufeff": "", "\u2028": " ",
}  # fmt: skip


@pytest.mark.parametrize(("odd", "plain"), TWILIO.items())
def test_replacements_are_those_that_twilio_publishes(odd, plain):
    assert replacement_for(odd) == plain


@pytest.mark.parametrize("odd", ["\u00a0", "\t", "\u2009", "\u202f", "\u3000"])
def test_every_wide_or_narrow_space_is_a_space(odd):
    assert replacement_for(odd) == " "


def test_it_names_the_characters_and_counts_them():
    counted = count_segments("It’s “here” — 😀😀")
    told = [(each.name, each.count, each.replacement) for each in counted.costly]
    assert told[0] == ("GRINNING FACE", 2, None)
    assert ("RIGHT SINGLE QUOTATION MARK", 1, "'") in told
    assert ("EM DASH", 1, "-") in told and len(told) == 5


def test_what_joins_an_emoji_is_not_told_beside_it():
    family = "\U0001f469\u200d\U0001f467"  # woman, joiner, girl
    assert [each.name for each in count_segments(f"Hi {family}").costly] == ["WOMAN", "GIRL"]
    (alone,) = count_segments("a\u200db").costly
    assert (alone.name, alone.replacement) == ("ZERO WIDTH JOINER", "")


def test_an_accent_written_apart_is_put_together_before_it_is_dropped():
    apart = "caffe\u0300"  # è is in the alphabet, the accent alone is not
    assert count_segments(apart).encoding == "UCS-2"
    assert plain_text(apart) == "caffè"


def test_one_emoji_makes_three_segments_of_one():
    text = "x" * 150
    assert count_segments(text).segments == 1
    dear = count_segments(text + "🎉")
    assert (dear.segments, dear.segments_without) == (3, 1)
    # Two segments more, for 40,000 recipients at 0.0079: 632.
    cost = text_cost(count_fielded(text + "🎉", {}), 40_000, SegmentPrice(0.0079, "EUR"), 100.0)
    assert cost.extra_for_characters == pytest.approx(632.0, abs=1e-9)
    assert cost.lowest == cost.highest == pytest.approx(3 * 316.0 + 100.0, abs=1e-9)


def test_a_text_of_nothing_but_an_emoji_costs_what_it_is():
    counted = count_segments("🎉")
    assert (counted.segments, counted.segments_without) == (1, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the text is empty"),
        ("a\ud83d", "1 halves of characters"),
        ("x" * (255 * 153 + 1), "256 segments"),
    ],
)
def test_what_no_phone_can_show_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        count_segments(text)


def test_the_longest_text_there_can_be_is_counted():
    counted = count_segments("x" * 255 * 153)
    assert (counted.segments, counted.units_left) == (255, 0)


def test_fields_are_counted_at_their_shortest_and_longest():
    # 100 + 4 + 30 = 134, and 100 + 20 + 30 + ... with a code of 40: 190 > 160.
    text = "x" * 100 + "{name}{code}"
    counted = count_fielded(text, {"name": ["Ada!", "x" * 20], "code": ["c" * 30, "c" * 70]})
    assert (counted.shortest.units, counted.shortest.segments) == (134, 1)
    assert (counted.longest.units, counted.longest.segments) == (190, 2)


def test_a_value_that_takes_two_places_weighs_more_than_a_longer_one():
    # Three euro signs are six places, five letters are five.
    counted = count_fielded("{link}", {"link": ["€€€", "xxxxx"]})
    assert (counted.shortest.units, counted.longest.units) == (5, 6)


def test_a_name_with_a_letter_of_its_own_is_told_apart():
    counted = count_fielded("x" * 80 + "{name}", {"name": ["Bo", "Maximilian"]})
    assert counted.longest.segments == 1 and counted.with_other_letters == 2
    assert count_fielded("é" * 80, {}).with_other_letters is None


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("{Name}", {}, "holds {Name}: the merge fields are {link}, {code}, {name}"),
        ("{{link}}", {}, "holds {{link}}: the merge fields are"),
        ("{ link }", {}, "holds { link }: the merge fields are"),
        ("{first name}", {}, "holds {first name}: the merge fields are"),
        ("{link}", {}, "say --link-length"),
        ("{code}", {"code": []}, "say --code-length"),
        ("{name}", {}, "say --name-length"),
    ],
)
def test_a_field_that_is_not_known_is_refused(text, values, message):
    with pytest.raises(ParameterError, match=message):
        count_fielded(text, values)


def test_braces_that_are_no_field_stay():
    assert fields_of("{ } {}") == ()
    assert filled_text("{ } {name}", {"name": "{code}"}) == "{ } {code}"


@pytest.mark.parametrize(
    ("recipients", "price", "fixed", "message"),
    [
        (0, 0.01, 0.0, "0 recipients"),
        (1, -0.01, 0.0, "the price of a segment is -0.01"),
        (1, float("nan"), 0.0, "the price of a segment is nan"),
        (1, 0.01, -1.0, "the fixed cost is -1.0"),
    ],
)
def test_a_cost_of_nobody_or_of_no_price_is_refused(recipients, price, fixed, message):
    with pytest.raises(ParameterError, match=message):
        text_cost(count_fielded("x", {}), recipients, SegmentPrice(price, "EUR"), fixed)
