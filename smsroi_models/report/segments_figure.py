"""The figure of a campaign's segments: each one's lift, its interval corrected for their number."""

import seaborn as sns
from matplotlib.axes import Axes

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.segment_records import SegmentLift, Segments
from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    INK,
    RED,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    money_axis,
)
from smsroi_models.report.numbers import Money, digits_of, say, shortened
from smsroi_models.report.segments_page import confidently, finding, scale_of, unit_of, writer_of
from smsroi_models.report.words import confidence

_LONGEST_NAME = 18


def forest(segments: Segments, currency: str, ax: Canvas | None = None) -> Picture:
    """Draw each segment's lift with its simultaneous interval, beside everyone's and break-even.

    Parameters
    ----------
    segments : Segments
    currency : str
        ISO 4217 code of the store's currency.
    """
    money, title = Money(currency), finding(segments)
    with figure_style():
        figure = canvas(ax, (5.2, 2.1 + 0.36 * len(segments.segments)))
        axes = figure.subplots()
        for row, part in enumerate(segments.segments):
            _draw(axes, row, _estimate(part, segments), BLUE)
        _draw(axes, len(segments.segments), _everyone(segments), INK)
        _lines(axes, segments, money)
        names = [shortened(part.segment, _LONGEST_NAME) for part in segments.segments]
        axes.set_yticks(range(len(names) + 1), [*names, "everyone"])
        axes.set_ylim(len(names) + 0.6, -0.9)
        axes.margins(x=0.06)
        if segments.outcome in ("margin", "revenue"):
            money_axis(axes.xaxis, money)
        axes.set_xlabel(f"{unit_of(segments, currency)}\n{_legend(segments)}")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    return Picture(figure, f"{title}. {_say(segments, currency)}.")


def _estimate(part: SegmentLift, segments: Segments) -> Estimate:
    return part.scaled(scale_of(segments))


def _everyone(segments: Segments) -> Estimate:
    return segments.overall.scaled(scale_of(segments))


def _draw(axes: Axes, row: int, figure: Estimate, colour: str) -> None:
    axes.plot([figure.ci_lower, figure.ci_upper], [row, row], color=colour, linewidth=2.2)
    axes.plot([figure.estimate], [row], marker="o", markersize=7, color=colour)


def _lines(axes: Axes, segments: Segments, money: Money) -> None:
    axes.axvline(0, color=INK, linewidth=0.8)
    everyone = _everyone(segments).estimate
    axes.axvline(everyone, color=GREY, linewidth=1.2, linestyle=(0, (1, 1.5)))
    if segments.break_even is None:
        return
    at = segments.break_even
    axes.axvline(at, color=RED, linewidth=1.4, linestyle=(0, (5, 3)))
    axes.annotate(
        f"text costs {money(at, digits_of(at))}",
        (at, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(4, -2),
        textcoords="offset points",
        va="top",
        color=RED,
        fontsize=9,
    )


def _legend(segments: Segments) -> str:
    level = confidence(segments.confidence_level)
    single = f"{level} for itself"
    return f"bars: {level} intervals for all\nsegments together; everyone: {single}"


def _say(segments: Segments, currency: str) -> str:
    write = writer_of(segments, currency)
    told = "; ".join(
        f"{shortened(part.segment)} {say(_estimate(part, segments), write, 1e-6)}"
        for part in segments.segments
    )
    everyone = say(_everyone(segments), write, 1e-6)
    money, at = Money(currency), segments.break_even
    cost = f"; a text costs {money(at, digits_of(at))} a customer" if at is not None else ""
    unit = unit_of(segments, currency)
    unit = f"{unit[0].upper()}{unit[1:]}"
    return f"{unit}, {confidently(segments)}: {told}; everyone {everyone}{cost}"
