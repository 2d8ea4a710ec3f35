"""The figures: the same bytes for the same data, alt text, no mathematics in outside text."""

import re
from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from smsroi_models.report import figures
from smsroi_models.report.after_window_figure import margin_by_horizon
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


@pytest.mark.parametrize(("size", "written"), [(1.0, r"−?\$\d"), (1e7, r"−?\$\d+(?:\.\d+)?M")])
def test_an_axis_of_money_has_its_unit_and_no_exponent(result, size, written):
    def larger(lift):
        low, high = size * lift.ci_lower, size * lift.ci_upper
        return replace(lift, absolute_lift=size * lift.absolute_lift, ci_lower=low, ci_upper=high)

    revenue = result.lift["revenue"]
    huge = replace(
        revenue,
        unadjusted=larger(revenue.unadjusted),
        adjusted=revenue.adjusted and larger(revenue.adjusted),
    )
    svg = figures.lift_intervals(replace(result, lift={**result.lift, "revenue": huge})).svg
    drawn = re.findall(r"<!-- (.+?) -->", svg)
    assert not [text for text in drawn if re.fullmatch(r"1e\d+", text)]
    assert len([text for text in drawn if re.match(written, text)]) >= 3


@pytest.mark.parametrize("horizons", [1, 4])
def test_the_cost_is_named_beside_the_bars_after_the_window(result, horizons):
    found = result.after_window
    several = replace(found, horizons=(found.horizons * 4)[:horizons])
    whole = Figure(figsize=(5.2, 3.8), layout="constrained")
    canvas = FigureCanvasAgg(whole)
    margin_by_horizon(several, "USD", 1_234_567.0, whole)
    canvas.draw()
    (axes,) = whole.axes
    (label,) = [text for text in axes.texts if text.get_text().startswith("cost")]
    last_bar = axes.transData.transform((horizons, 0.0))[0]
    assert label.get_window_extent().x0 > last_bar + 3


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
