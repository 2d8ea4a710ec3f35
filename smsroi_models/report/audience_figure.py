"""The figures of the audience: how long subscribers stay, the list by month, and the campaigns."""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.audience.control_chart import ChartPoint
from smsroi_models.audience.list_growth import ListMonth
from smsroi_models.audience.survival import SurvivalCurve
from smsroi_models.audience_result import AudienceResult
from smsroi_models.report import audience_words as words
from smsroi_models.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    RED,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    percent_axis,
    write_ticks,
)
from smsroi_models.report.escaped import Html
from smsroi_models.report.fatigue_figure import fatigue_curve
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import percent, plain, shortened, tally
from smsroi_models.report.words import confidence

_COLOURS = (BLUE, RED, GREEN, GREY)
_MOST_MONTHS, _MOST_CAMPAIGNS = 24, 24
_LONGEST_NAME = 24


@in_store_locale
def survival(result: AudienceResult, ax: Canvas | None = None) -> Picture | Html:
    """Draw the share still subscribed by days since opt-in, by how they joined, and how many."""
    if result.survival is None:
        return Html("")
    curves = dict(list(result.by_source.items())[: len(_COLOURS)]) or {"all": result.survival}
    title = words.survival_finding(result)
    last = max(curve.days[-1] for curve in curves.values())
    with figure_style():
        figure = canvas(ax, (5.2, 3.7 + 0.22 * len(curves)))
        axes = figure.subplots()
        for colour, (name, curve) in zip(_COLOURS, curves.items(), strict=False):
            _draw_curve(axes, curve, colour, shortened(name, _LONGEST_NAME))
        lowest = min(min(curve.ci_lower) for curve in curves.values())
        bottom = 0.0 if lowest < 0.5 else np.floor(lowest * 20) / 20
        axes.set_ylim(bottom, 1.0 + 0.02 * (1 - bottom))
        axes.set_xlim(0, last)
        percent_axis(axes.yaxis)
        ticks = [tick for tick in MaxNLocator(4, integer=True).tick_values(0, last) if tick <= last]
        axes.set_xticks(ticks)
        starts = f"; axis from {percent(bottom)}" if bottom else ""
        axes.set_ylabel(f"still subscribed{starts}")
        axes.set_xlabel("days since opting in")
        _followed(axes, curves, ticks)
        axes.legend(frameon=False, loc="lower left" if bottom == 0 else "upper right")
        head(figure, title)
        sns.despine(ax=axes)
    return Picture(figure, f"{title}. {_say_survival(curves, result)}.")


@in_store_locale
def growth(result: AudienceResult, ax: Canvas | None = None) -> Picture | Html:
    """Draw the size of the list, and who joined and left, month by month."""
    if result.growth is None:
        return Html("")
    months, title = result.growth.months[-_MOST_MONTHS:], words.growth_finding(result)
    places = np.arange(len(months))
    with figure_style():
        figure = canvas(ax, (5.2, 4.4))
        size, flow = figure.subplots(2, sharex=True, height_ratios=(1, 1.3))
        size.plot(places, [m.closing for m in months], color=INK, linewidth=2.2, marker="o", ms=3)
        size.set_ylim(bottom=0)
        size.set_title("subscribers at the month's end", fontsize=10.5, fontweight="normal", pad=4)
        came = np.array([m.joined + m.rejoined for m in months])
        left = np.array([m.left for m in months])
        flow.bar(places, came, color=BLUE, width=0.75, label="joined or came back")
        flow.bar(places, -left, color=RED, width=0.75, label="left")
        flow.axhline(0, color=INK, linewidth=0.8)
        flow.set_title("in the month", fontsize=10.5, fontweight="normal", pad=4)
        # Above the bars: wherever bars are, there are none of a legend's size.
        flow.legend(frameon=False, loc="lower right", fontsize=9, ncols=2, bbox_to_anchor=(1, 0.97))
        every = max(1, int(np.ceil(len(months) / 6)))
        shown = places[::-1][::every][::-1]
        flow.set_xticks(shown, [f"{months[i].starts:%b}\n{months[i].starts:%Y}" for i in shown])
        for axes in (size, flow):
            write_ticks(axes.yaxis, lambda value: plain(abs(value), 1.0))
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            sns.despine(ax=axes, bottom=axes is flow)
        head(figure, title)
    return Picture(figure, f"{title}. {_say_growth(months)}.")


@in_store_locale
def chart(result: AudienceResult, ax: Canvas | None = None) -> Picture | Html:
    """Draw each campaign's opt-outs per text with the limits that the others give."""
    if not result.campaigns:
        return Html("")
    points = _points(result)
    # The newest, and every older one that stands out.
    points = [
        point
        for place, point in enumerate(points)
        if place >= len(points) - _MOST_CAMPAIGNS or point.verdict in ("high", "low")
    ]
    title = words.chart_finding(result)
    with figure_style():
        figure = canvas(ax, (5.2, 2.0 + 0.3 * len(points)))
        axes = figure.subplots()
        for row, point in enumerate(points):
            _draw_point(axes, row, point)
        axes.set_yticks(range(len(points)), [shortened(p.name, _LONGEST_NAME) for p in points])
        axes.set_ylim(len(points) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        top = max(point.opt_outs.rate for point in points)
        percent_axis(axes.xaxis, 0.001 if top < 0.05 else 0.01)
        # Flush right: the lines are longer than the axis, and run under the names.
        axes.set_xlabel(_legend(result), x=1.0, ha="right")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    return Picture(figure, f"{title}. {_say_chart(points)}.")


@in_store_locale
def fatigue(result: AudienceResult, ax: Canvas | None = None) -> Picture | Html:
    """Draw what one more text does at each frequency."""
    if result.fatigue is None:
        return Html("")
    return fatigue_curve(result.fatigue, result.currency, ax)


def _draw_curve(axes: Axes, curve: SurvivalCurve, colour: str, name: str) -> None:
    steps: Any = {"step": "post", "linewidth": 0}
    axes.fill_between(curve.days, curve.ci_lower, curve.ci_upper, color=colour, alpha=0.15, **steps)
    axes.step(curve.days, curve.share, where="post", color=colour, linewidth=2.0, label=name)


def _followed(axes: Axes, curves: dict[str, SurvivalCurve], ticks: list[float]) -> None:
    """Write how many were still followed beneath the ticks, a line a source."""
    below: Any = {"textcoords": "offset points", "fontsize": 8.5, "annotation_clip": False}
    axes.annotate(
        "still followed", (0, 0), xycoords="axes fraction", xytext=(-6, -44), ha="right", **below
    )
    for row, (colour, (name, curve)) in enumerate(zip(_COLOURS, curves.items(), strict=False), 1):
        down = -44 - 13 * row
        axes.annotate(
            shortened(name, 14), (0, 0), xycoords="axes fraction", xytext=(-24, down), ha="right",
            color=colour, **below,
        )  # fmt: skip
        for tick in ticks:
            axes.annotate(
                tally(_at_risk(curve, int(tick))), (tick, 0), xycoords=("data", "axes fraction"),
                xytext=(0, down), ha="center", **below,
            )  # fmt: skip


def _at_risk(curve: SurvivalCurve, day: int) -> int:
    """Return how many were followed at a day: those at the first day told from it on."""
    place = int(np.searchsorted(curve.days, day, side="left"))
    return curve.at_risk[place] if place < len(curve.days) else 0


def _draw_point(axes: Axes, row: int, point: ChartPoint) -> None:
    rate = point.opt_outs
    if point.lower is not None and point.upper is not None:
        axes.plot(
            [point.lower, point.upper], [row, row], color=GREY, alpha=0.35, linewidth=9,
            solid_capstyle="butt", zorder=1,
        )  # fmt: skip
    out = point.verdict in ("high", "low")
    colour = RED if out else BLUE
    axes.plot([rate.ci_lower, rate.ci_upper], [row, row], color=colour, linewidth=1.6, zorder=2)
    axes.plot(
        rate.rate,
        row,
        marker="D" if out else "o",
        markersize=7 if out else 6,
        color=colour,
        markerfacecolor="white" if point.verdict == "new audience" else colour,
        zorder=3,
    )


def _points(result: AudienceResult) -> list[ChartPoint]:
    """Return the chart's points; without a chart the rates alone."""
    if result.chart is not None:
        return list(result.chart.points)
    bare = (None, None, None, None, None)
    return [
        ChartPoint(c.counts.campaign_id, c.counts.name, c.opt_outs_per_text, *bare, verdict="usual")
        for c in result.campaigns
    ]


def _legend(result: AudienceResult) -> str:
    level = confidence(result.confidence_level)
    text = f"opt-outs within 7 days, per delivered text; lines: {level} intervals"
    if result.chart is None:
        return text
    hollow = "\nhollow: mostly first texts to new subscribers, not judged"
    new = any(point.verdict == "new audience" for point in result.chart.points)
    return f"{text}\ngrey: where the other campaigns put it{hollow if new else ''}"


def _say_survival(curves: dict[str, SurvivalCurve], result: AudienceResult) -> str:
    told = []
    for name, curve in curves.items():
        day = words.told_at(curve)
        found = curve.at(day)
        assert found is not None
        share, low, high = (percent(value, 0.001) for value in found)
        told.append(f"{name} {share} after {day} days ({low} to {high}), {tally(curve.n)} joined")
    level = confidence(result.confidence_level)
    return f"Share still subscribed, with {level} intervals: {'; '.join(told)}"


def _say_growth(months: tuple[ListMonth, ...]) -> str:
    told = "; ".join(
        f"{words.month_name(m.starts)} {tally(m.joined + m.rejoined)} joined, {tally(m.left)} "
        "left, "
        f"{tally(m.closing)} at the end"
        for m in months[-6:]
    )
    return f"The last months: {told}"


def _say_chart(points: list[ChartPoint]) -> str:
    told = "; ".join(
        f"{point.name} {percent(point.opt_outs.rate, 0.0001)}{_how(point)}" for point in points
    )
    return f"Opt-outs per delivered text: {told}"


def _how(point: ChartPoint) -> str:
    return "" if point.verdict == "usual" else f" ({point.verdict})"
