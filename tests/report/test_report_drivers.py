"""What the report says of respondents' words: true sentences, escaped, figures with a text."""

import pytest

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report.drivers_figure import dumbbells
from smsroi_models.report.drivers_page import (
    drivers_finding,
    drivers_sentence,
    drivers_table,
    themes_sentence,
    themes_table,
)
from smsroi_models.report.hygiene import clean_text
from smsroi_models.survey.drivers import Drivers, DriverWord
from smsroi_models.survey.mean_difference import MeanDifference
from smsroi_models.survey.themes import Theme, Themes


def _word(term: str, low: float, high: float, told_by: str | None = None) -> DriverWord:
    shares = [Estimate(s, 0.01, s - 0.02, s + 0.02) for s in (low, high)]
    z = 5.0 if low > high else -5.0
    return DriverWord(term, 20, 10, *shares, z / 5, 0.2, z, 1e-6, 0.0005, told_by)


def _drivers(low: tuple[DriverWord, ...], high: tuple[DriverWord, ...]) -> Drivers:
    return Drivers(6.0, 9.0, 1100, 950, 40, 0, 70, 0.05, 0.95, low, high)


LATE, EASY = _word("late", 0.2, 0.05), _word("easy", 0.1, 0.3)
BOTH = _drivers((LATE, _word("was late", 0.19, 0.04, "late")), (EASY,))


def _theme(spend: MeanDifference | None, examples: tuple[str, ...] = ()) -> Theme:
    return Theme(
        ("was", "late", "delivery"),
        ("late", "delivery"),
        0.97,
        120,
        Estimate(0.12, 0.01, 0.1, 0.14),
        None,
        spend,
        examples,
    )


def _spend(low: float, high: float) -> MeanDifference:
    middle = (low + high) / 2
    return MeanDifference(120, 880, 50 + middle, 50.0, Estimate(middle, 1.0, low, high))


def _themes(*themes: Theme) -> Themes:
    return Themes(1000, 0, 5, 5 - len(themes), Estimate(0.3, 0.01, 0.27, 0.33), 0.95, themes)


def test_the_finding_names_the_strongest_words_of_both_groups() -> None:
    assert drivers_finding(BOTH) == (
        "Low scorers write more often of “late”, high scorers write more often of “easy”"
    )
    assert drivers_finding(_drivers((), (EASY,))) == "High scorers write more often of “easy”"
    assert "1,100 comments with a score of 6 or less and 950 with 9 or more" in drivers_sentence(
        BOTH
    )


def test_no_word_is_said_where_none_is_found() -> None:
    told = drivers_table(_drivers((), ())).text
    assert "No word is clearly more frequent" in told and "<table" not in told


def test_the_table_has_shares_and_leaves_out_words_told_by_others() -> None:
    told = drivers_table(BOTH).text
    assert "20%" in told and "&lt; 0.001" in told and "was late" not in told


def test_the_figure_says_what_it_shows() -> None:
    picture = dumbbells(BOTH)
    assert "late 20% and 5%" in picture.alt
    assert picture.svg == dumbbells(BOTH).svg
    assert "70 words and phrases" in dumbbells(_drivers((), ())).alt


@pytest.mark.parametrize("term", ["डिलीवरी", "متأخر", "מאוחר", "ꦗꦮ", "$x^2$", "x" * 40])
def test_words_that_the_font_cannot_write_are_pointed_to_in_the_table(term: str) -> None:
    found = _drivers((_word(term, 0.3, 0.1),), (EASY,))
    assert term in dumbbells(found).alt  # and no warning of a missing glyph
    assert term in drivers_table(found).text


HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}<img src=x onerror=alert(1)>"


def test_hostile_words_are_escaped() -> None:
    word = _word(HOSTILE, 0.3, 0.1)
    for told in (
        drivers_table(_drivers((word,), ())).text,
        themes_table(_themes(_theme(None, (HOSTILE,))), "USD").text,
    ):
        assert "<script" not in told and "<img" not in told and "{{ 7 * 7 }}" in told
        assert clean_text(told)


def test_themes_are_told_with_their_money() -> None:
    assert "“late, delivery”, is in 12% of them" in themes_sentence(_themes(_theme(None)))
    less = themes_sentence(_themes(_theme(_spend(-9.0, -3.0))))
    assert "Who mentions “late, delivery” spent clearly less than the others." in less
    unclear = themes_sentence(_themes(_theme(_spend(-9.0, 3.0))))
    assert "neither clearly more nor clearly less" in unclear
    told = themes_table(_themes(_theme(_spend(-9.0, -3.0))), "USD").text
    assert "$6.0" in told and "\N{MINUS SIGN}\N{WORD JOINER}$9.0" in told


def test_no_theme_is_said_where_none_came_back() -> None:
    told = themes_table(_themes(), "USD").text
    assert "No theme came back" in told and "<table" not in told


def test_examples_come_with_a_warning_and_only_where_there_are_any() -> None:
    assert "personal data" not in themes_table(_themes(_theme(None)), "USD").text
    assert "personal data" in themes_table(_themes(_theme(None, ("Late again",))), "USD").text
