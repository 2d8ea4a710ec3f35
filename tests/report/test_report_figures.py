"""The figures: the same bytes for the same data, alt text, no mathematics in outside text."""

import re
from dataclasses import replace

import pytest

from smsroi_models.report import figures
from smsroi_models.roi import CostLine

FIGURES = (
    figures.waterfall,
    figures.lift_intervals,
    figures.cumulative_margin,
    figures.long_term,
    figures.retention,
)


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_is_byte_stable(draw, result):
    assert draw(result).svg == draw(result).svg


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_says_in_words_what_it_shows(draw, result):
    picture = draw(result)
    data, metadata = picture._repr_mimebundle_()
    assert metadata["image/svg+xml"]["alt"] == picture.alt
    assert len(picture.alt) > 60 and re.search(r"\d", picture.alt)
    assert data["image/svg+xml"].lstrip().startswith("<?xml")


@pytest.mark.parametrize("draw", FIGURES)
def test_a_figure_asks_for_nothing(draw, result):
    svg = draw(result).svg
    assert "<script" not in svg and "<image" not in svg
    addresses = set(re.findall(r"https?://[^\"'<\s]+", svg))
    assert all("w3.org" in a or "purl.org" in a or "creativecommons" in a for a in addresses)
    assert "<dc:date>" not in svg


def test_the_alt_text_of_the_waterfall_holds_every_cost(result):
    ledger = (CostLine("texts", 10.0, 10.0), CostLine("agency $x^2$", 20.0, 20.0))
    odd = replace(result, roi=replace(result.roi, ledger=ledger))
    alt = figures.waterfall(odd).alt
    assert "texts −$10" in alt and "agency $x^2$ −$20" in alt


@pytest.mark.parametrize("name", ["_{", "$\\frac{"])
def test_labels_are_never_read_as_mathematics(name, result):
    ledger = (CostLine(name, 10.0, 10.0),)
    assert figures.waterfall(replace(result, roi=replace(result.roi, ledger=ledger))).svg


def test_figures_stand_without_costs_and_without_days(result):
    roi = replace(result.roi, cost=None, profit=None, roi=None, ledger=())
    bare = replace(result, roi=roi, daily=())
    for draw in FIGURES:
        assert draw(bare).alt
