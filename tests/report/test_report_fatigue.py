"""Fatigue on the page and in its figure: what is said, and nothing beyond what was seen."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.fatigue_records import (
    Fatigue,
    FrequencyPoint,
    PayingFrequency,
    RecentTexts,
)
from smsroi_models.audience.subscription_value import given_margin, subscription_value
from smsroi_models.report.fatigue_figure import fatigue_curve
from smsroi_models.report.fatigue_page import fatigue_table, no_fatigue
from smsroi_models.report.fatigue_words import fatigue_finding, fatigue_sentence


def _at(value: float, error: float = 0.1) -> Estimate:
    return Estimate(value, error, value - 2 * error, value + 2 * error)


def _point(weekly: float) -> FrequencyPoint:
    return FrequencyPoint(
        weekly, _at(0.01, 1e-3), _at(0.009, 1e-3), _at(0.02, 1e-3), _at(0.5), _at(1 - weekly)
    )


FOUND = Fatigue(
    as_of=datetime(2025, 6, 1, tzinfo=UTC),
    follow_days=7,
    rows=20_000,
    customers=4_000,
    opt_outs=150,
    buyers=400,
    usual_weekly=0.6,
    recent=(
        RecentTexts("opted_out", 30, Estimate(1.3, 0.1, 1.1, 1.5)),
        RecentTexts("bought", 30, Estimate(0.95, 0.1, 0.8, 1.15)),
    ),
    curve=tuple(_point(0.25 * i) for i in range(9)),
    value=subscription_value(given_margin(0.5), 0.02, 1.0, 50, 5_000.0),
    no_value="",
    margin_per_buyer=20.0,
    paying=PayingFrequency("reached", 1.0, 0.8, 1.2, 0.0, 2.0),
    left_out=(),
    confidence_level=0.95,
)


def _unpriced() -> Fatigue:
    curve = tuple(replace(point, profit=None, next_text=None) for point in FOUND.curve)
    return replace(FOUND, curve=curve, paying=None, value=None, no_value="no text has a price")


def test_the_frequency_is_told_with_its_interval() -> None:
    assert fatigue_finding(FOUND) == "From about 1 text a week on, one more does not pay"
    sentence = fatigue_sentence(FOUND, "USD")
    assert "stops paying at about 1 text a week (from 0.80 to 1.2 texts a week)" in sentence
    assert "brings $1.00 at no texts a week and −$1.00 at 2 texts a week" in sentence


@pytest.mark.parametrize(
    ("paying", "finding", "sentence"),
    [
        (
            PayingFrequency("not reached", None, None, None, 0.0, 2.0),
            "Up to 2 texts a week, the most seen, one more text still pays",
            "not reached within the frequencies seen (up to 2 texts a week).",
        ),
        (
            PayingFrequency("not reached", None, 1.5, None, 0.0, 2.0),
            "How many texts are too many cannot be told yet",
            "From 1.5 texts a week on it may not pay",
        ),
        (
            PayingFrequency("reached", 1.0, None, None, 0.25, 2.0),
            "How many texts are too many cannot be told yet",
            "every frequency seen (from 0.25 texts a week to 2 texts a week) agrees",
        ),
        (
            PayingFrequency("reached", 1.0, None, 1.5, 0.25, 2.0),
            "From about 1 text a week on, one more does not pay",
            "(from below 0.25 to 1.5 texts a week)",
        ),
        (
            PayingFrequency("reached", 1.0, 0.5, None, 0.25, 2.0),
            "From about 1 text a week on, one more does not pay",
            "(from 0.50 to beyond the 2 texts a week that were seen)",
        ),
        (
            PayingFrequency("never paid", None, None, 0.25, 0.25, 2.0),
            "Even at 0.25 texts a week, the fewest seen, one more text does not pay",
            "Even at 0.25 texts a week, the fewest seen, the next text does not pay.",
        ),
        (
            PayingFrequency("never paid", None, None, 0.5, 0.25, 2.0),
            "How many texts are too many cannot be told yet",
            "but that is not clear",
        ),
    ],
)
def test_nothing_is_claimed_beyond_what_is_clear_and_seen(
    paying: PayingFrequency, finding: str, sentence: str
) -> None:
    told = replace(FOUND, paying=paying)
    assert fatigue_finding(told) == finding
    assert sentence in fatigue_sentence(told, "USD")
    assert fatigue_curve(told, "USD").alt.startswith(finding)


def test_where_every_frequency_agrees_none_is_guessed_or_marked() -> None:
    told = replace(FOUND, paying=PayingFrequency("reached", 1.0, None, None, 0.25, 2.0))
    assert "1 text a week," not in fatigue_sentence(told, "USD")
    # The mark's words are a comment in the picture; its alt text says no guess either.
    marked = ["<!-- 1.00 a week -->" in fatigue_curve(one, "USD").svg for one in (told, FOUND)]
    assert marked == [False, True]


def test_the_pace_before_a_draw_is_told_apart_from_that_of_the_programme() -> None:
    text = fatigue_table(FOUND, "USD").text
    assert "before a campaign&#39;s draw subscribers had 0.6 texts a week on average" in text
    assert "pace of 1.00 a week since its first campaign" in text


def test_the_table_says_what_it_rests_on() -> None:
    text = fatigue_table(FOUND, "USD").text
    assert text.count('<th scope="row">') == 5
    assert "multiplies opting out after a text by 1.30 (1.10 to 1.50)." in text
    assert "by 0.95 (0.80 to 1.15): whether it does is not clear." in text
    assert "the holdouts&#39; draws decided" in text
    assert "Nothing is said beyond 2 texts a week" in text
    assert "4,000 customers were drawn to be texted or held out, 20,000 times in all" in text
    assert "other costs are not in it" in text


def test_without_a_value_there_is_no_money() -> None:
    told = _unpriced()
    assert fatigue_finding(told) == "Each recent text makes opting out 1.30 times as likely"
    text = fatigue_table(told, "USD").text
    assert "cannot be told: no text has a price" in text
    assert "$" not in text
    assert "The next text" not in text
    picture = fatigue_curve(told, "USD")
    assert "brings" not in picture.alt


@pytest.mark.parametrize(
    ("ratio", "finding"),
    [
        ((0.5, 0.9), "Subscribers texted more often opt out less after a text"),
        ((0.9, 1.1), "Whether frequent texts drive subscribers away cannot be told"),
    ],
)
def test_findings_without_money(ratio: tuple[float, float], finding: str) -> None:
    recent = RecentTexts("opted_out", 30, Estimate(0.95, 0.1, *ratio))
    assert fatigue_finding(replace(_unpriced(), recent=(recent,))) == finding


def test_what_cannot_be_told_says_why() -> None:
    assert "cannot be told: too few" in no_fatigue("too few").text


def test_the_figure_is_the_same_every_time() -> None:
    first, second = fatigue_curve(FOUND, "USD"), fatigue_curve(FOUND, "USD")
    assert first.svg == second.svg
    assert "opt out at" in first.alt
