"""The figures of a report on a campaign that held nobody out. Each title says how weak it is."""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.report import counterfactual_words as words
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
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, say, step_for
from smsroi_models.report.words import confidence
from smsroi_models.without_holdout import CounterfactualResult

# A phone shows some seventy dots side by side; more would be a smear.
_SHOWN_BEFORE = 56


@in_store_locale
def daily_margin(result: CounterfactualResult, ax: Canvas | None = None) -> Picture:
    """Draw each day's margin against what was expected, before the campaign and in its window."""
    money, margin = Money(result.campaign.currency), result.margin
    title, level = words.series_finding(result), confidence(result.confidence_level)
    shown = slice(max(0, margin.pre_days - max(_SHOWN_BEFORE, 2 * margin.window_days)), None)
    days = np.arange(-margin.pre_days, margin.window_days)[shown]
    with figure_style():
        figure = canvas(ax, (5.2, 4.0))
        axes = figure.subplots()
        _draw_expected(axes, result, days, shown, level)
        _draw_actual(axes, days, margin.actual[shown])
        axes.axvline(-0.5, color=RED, linewidth=1.4, linestyle=(0, (5, 3)))
        axes.annotate(
            "campaign starts",
            (-0.5, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-4, -2),
            textcoords="offset points",
            ha="right",
            va="top",
            color=RED,
        )
        # Room above the dots for that note.
        axes.margins(x=0.015, y=0.12)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        money_axis(axes.yaxis, money)
        gaps = "\nno dot: days of another campaign, left out" if result.series.others else ""
        axes.set_xlabel(f"days from the start of the campaign{gaps}")
        axes.set_ylabel(f"margin a day, {result.campaign.currency}")
        axes.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, -0.24 if gaps else -0.18),
            ncols=3,
            frameon=False,
        )
        head(figure, title)
        sns.despine(ax=axes)
    return Picture(figure, f"{title}. {_say_days(result, money)}")


@in_store_locale
def gathered_margin(result: CounterfactualResult, ax: Canvas | None = None) -> Picture:
    """Draw the apparent effect on margin gathered by each day of the window against the cost."""
    money, cost = Money(result.campaign.currency), result.cost
    title, window_days = words.gathered_finding(result), result.margin.window_days
    by_day = result.margin.by_day
    days = np.arange(window_days + 1)
    ends = np.array([(0.0, 0.0, 0.0), *((d.estimate, d.ci_lower, d.ci_upper) for d in by_day)]).T
    with figure_style():
        figure = canvas(ax, (5.2, 3.6))
        axes = figure.subplots()
        axes.fill_between(days, ends[1], ends[2], color=BLUE, alpha=0.16, linewidth=0)
        axes.plot(days, ends[0], color=BLUE, linewidth=2.2)
        axes.plot(days[-1:], ends[0, -1:], color=BLUE, marker="o", markersize=6)
        axes.axhline(0, color=INK, linewidth=0.8)
        if cost is not None:
            _draw_cost(axes, window_days, cost, money)
        axes.set_xlim(0, 1.015 * window_days)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        money_axis(axes.yaxis, money)
        level = confidence(result.confidence_level)
        axes.set_xlabel(f"days from the start; band is {level} intervals")
        axes.set_ylabel(f"extra margin gathered, {result.campaign.currency}")
        head(figure, title)
        sns.despine(ax=axes)
    chosen = [n for n in range(1, window_days + 1) if n == 1 or n % 7 == 0 or n == window_days]
    path = "; ".join(f"day {n} {say(by_day[n - 1], money, 0.01)}" for n in chosen)
    against = f", cost {money(cost)}" if cost is not None else ""
    return Picture(figure, f"{title}. Margin beyond what was expected, by {path}{against}.")


def _draw_expected(
    axes: Axes, result: CounterfactualResult, days: Any, shown: slice, level: str
) -> None:
    margin = result.margin
    axes.fill_between(
        days,
        margin.lower[shown],
        margin.upper[shown],
        color=BLUE,
        alpha=0.16,
        linewidth=0,
        label=f"{level} band",
    )
    axes.plot(days, margin.expected[shown], color=BLUE, linewidth=1.6, label="expected")


def _draw_actual(axes: Axes, days: Any, actual: Any) -> None:
    for part, colour in ((days < 0, GREY), (days >= 0, INK)):
        label = "actual" if colour == INK else None
        axes.plot(
            days[part], actual[part], color=colour, linestyle="", marker="o", ms=3.6, label=label
        )


def _draw_cost(axes: Axes, window_days: int, cost: float, money: Money) -> None:
    axes.axhline(cost, color=RED, linewidth=1.4, linestyle=(0, (5, 3)))
    axes.annotate(
        f"cost {money.short(cost)}",
        (window_days, cost),
        xytext=(-2, 4),
        textcoords="offset points",
        ha="right",
        color=RED,
    )


def _say_days(result: CounterfactualResult, money: Money) -> str:
    margin = result.margin
    inside = (margin.actual >= margin.lower) & (margin.actual <= margin.upper)
    before = ~np.isnan(margin.actual) & ~np.isnan(margin.expected)
    before[margin.pre_days :] = False
    # What was expected is as uncertain as the difference.
    step = step_for(result.incremental_margin, 0.01)
    return (
        f"In the {margin.window_days} days of the window the margin was "
        f"{money(float(margin.actual[margin.pre_days :].sum()))} where "
        f"{money(margin.expected_total, step)} was expected: a difference of "
        f"{say(result.incremental_margin, money, 0.01)}. Before the campaign, "
        f"{int(inside[before].sum())} of {int(before.sum())} days lay within the band."
    )
