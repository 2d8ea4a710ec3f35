"""Figures drawn into somebody's own axes; the reports' images do not change by it."""

import inspect
import io
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from smsroi_models import errors, report
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.multiplicity import compare_segments
from smsroi_models.report import figures
from smsroi_models.report.drawing import Picture, canvas
from smsroi_models.result import CampaignResult
from smsroi_models.roi import CostLine

ONE_PANEL = (
    figures.after_window,
    figures.audience,
    figures.claims,
    figures.cumulative_margin,
    figures.long_term,
    figures.returns,
    figures.segments,
    figures.systems,
    figures.waterfall,
)
SEVERAL_PANELS = (figures.lift_intervals, figures.retention, figures.said)


@pytest.fixture(scope="module")
def result(result: CampaignResult) -> CampaignResult:
    """The small campaign, with segments: too few buy in it for its own to be compared."""

    def arm(low: float, high: float) -> Moments:
        rows = [[x, x**3, 1.0] for x in (low, high) * 50]
        return Moments.from_rows(rows, ["margin", "margin_cubed", "converted"])

    groups = {"gold": (arm(4.0, 8.0), arm(1.0, 5.0)), "new": (arm(1.0, 5.0), arm(1.0, 5.0))}
    return replace(result, segments=compare_segments(groups, "margin"))


@pytest.mark.parametrize("draw", ONE_PANEL)
def test_one_panel_goes_into_axes(draw, result: CampaignResult) -> None:
    before = draw(result)
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    picture = draw(result, ax=right)
    assert right.has_data() and right.get_title(loc="left") and not left.has_data()
    assert figure.axes == [left, right] and figure.get_suptitle() == ""
    assert picture.alt == before.alt
    assert draw(result).svg == before.svg


@pytest.mark.parametrize("draw", [*ONE_PANEL, *SEVERAL_PANELS])
def test_every_figure_goes_into_a_part_of_a_figure(draw, result: CampaignResult) -> None:
    before = draw(result)
    figure = Figure(figsize=(10, 5), layout="constrained")
    left, right = figure.subfigures(1, 2)
    picture = draw(result, ax=right)
    assert all(axes.has_data() for axes in right.axes) and right.axes and not left.axes
    assert right.get_suptitle() and picture.alt == before.alt
    assert draw(result).svg == before.svg
    whole = Figure(layout="constrained")
    draw(result, ax=whole)
    assert len(whole.axes) == len(right.axes)


def _one_pair(figure: Figure) -> Axes:
    return figure.subplots()


@pytest.mark.parametrize("where", [_one_pair, lambda figure: figure])
def test_dollar_signs_of_others_are_no_mathematics(where, result: CampaignResult) -> None:
    ledger = (CostLine("$\\frac{", 10.0, 10.0), CostLine("$x^2$", 20.0, 20.0))
    figure = Figure(layout="constrained")
    odd = replace(result, roi=replace(result.roi, ledger=ledger))
    figures.waterfall(odd, ax=where(figure))
    figure.savefig(io.BytesIO(), format="svg")
    texts = figure.findobj(Text)
    assert "$x^2$" in [text.get_text() for text in texts]
    assert not [text for text in texts if text.get_text() and text.get_parse_math()]


@pytest.mark.parametrize("draw", SEVERAL_PANELS)
def test_several_panels_do_not_go_into_one(draw, result: CampaignResult) -> None:
    with pytest.raises(errors.ParameterError, match=r"[23] panels.*subfigures"):
        draw(result, ax=Figure().subplots())


def test_a_scale_of_colours_stands_beside_the_axes_handed_in() -> None:
    figure = Figure(layout="constrained")
    axes = figure.subplots()
    borrowed = canvas(axes, (1, 1))
    borrowed.colorbar(axes.pcolormesh([[0.0, 1.0]]), ax=borrowed.subplots())
    assert len(figure.axes) == 2


def test_what_was_drawn_elsewhere_is_told_in_words(result: CampaignResult) -> None:
    picture = figures.waterfall(result, ax=Figure().subplots())
    assert picture._repr_mimebundle_() == ({"text/plain": picture.alt}, {})
    assert picture.svg == ""


def test_ax_is_axes_or_a_figure(result: CampaignResult) -> None:
    with pytest.raises(errors.ParameterError, match="ax is a list"):
        figures.waterfall(result, ax=[])


def test_every_function_that_draws_takes_ax() -> None:
    """Public functions of figure modules that return a picture; found, not listed."""
    names = [*Path(report.__file__).parent.glob("*figure*.py")]
    modules = {path.stem for path in names} | {"waterfall"}
    drawn = 0
    for name in modules:
        module = __import__(f"smsroi_models.report.{name}", fromlist=[name])
        for each, function in inspect.getmembers(module, inspect.isfunction):
            signature = inspect.signature(function)
            if function.__module__ != module.__name__ or each.startswith("_"):
                continue
            if Picture.__name__ in str(signature.return_annotation):
                drawn += 1
                assert list(signature.parameters)[-1] == "ax", f"{name}.{each}"
                assert signature.parameters["ax"].default is None
    assert drawn > 25
