"""The figure of a programme's report: what was gathered month by month, against what it cost."""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from smsroi_models.programme_result import ProgrammeResult
from smsroi_models.report.drawing import (
    BLUE,
    INK,
    RED,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    money_axis,
)
from smsroi_models.report.in_locale import in_store_locale, written_day
from smsroi_models.report.numbers import Money, say
from smsroi_models.report.programme_words import months_finding
from smsroi_models.report.words import confidence


@in_store_locale
def cumulative_margin(result: ProgrammeResult, ax: Canvas | None = None) -> Picture:
    """Draw the extra margin gathered by each month's end, with its interval, against the cost."""
    money, title = Money(result.campaign.currency), months_finding(result)
    band = f"{confidence(result.confidence_level)} intervals"
    with figure_style():
        figure = canvas(ax, (5.2, 3.6))
        axes = figure.subplots()
        _draw_margin(axes, result)
        axes.axhline(0, color=INK, linewidth=0.8)
        if result.roi.cost is not None:
            _draw_cost(axes, result, money)
        locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.margins(x=0.03, y=0.08)
        money_axis(axes.yaxis, money)
        axes.set_xlabel(f"end of month; band is {band}")
        axes.set_ylabel(f"extra margin gathered, {result.campaign.currency}")
        head(figure, title)
        sns.despine(ax=axes)
    return Picture(figure, f"{title}. {_say_months(result, money, band)}.")


def _draw_margin(axes: Axes, result: ProgrammeResult) -> None:
    # A month at whose end an arm has no order yet is not estimable: the line passes over it.
    days = _days(result)
    margin = np.zeros((3, len(days)))
    for i, month in enumerate(result.months, start=1):
        margin[:, i] = month.margin.estimate, month.margin.ci_lower, month.margin.ci_upper
    axes.fill_between(days, margin[1], margin[2], color=BLUE, alpha=0.16, linewidth=0)
    axes.plot(days, margin[0], color=BLUE, linewidth=2.2, marker="o", markersize=4.5)
    axes.plot([days[-1]] * 2, margin[1:, -1], color=BLUE, linewidth=1.4)


def _days(result: ProgrammeResult) -> list[Any]:
    return [result.period.starts_at, *(month.ends_at for month in result.months)]


def _draw_cost(axes: Axes, result: ProgrammeResult, money: Money) -> None:
    days = _days(result)
    costs = [0.0, *(month.cost for month in result.months)]
    axes.plot(days, costs, color=RED, linewidth=1.4, linestyle=(0, (5, 3)))
    axes.annotate(
        f"cost {money.short(costs[-1])}",
        (days[-1], costs[-1]),
        xytext=(-4, 5),
        textcoords="offset points",
        ha="right",
        color=RED,
    )


def _say_months(result: ProgrammeResult, money: Money, band: str) -> str:
    path = "; ".join(
        f"{written_day(month.ends_at)} {say(month.margin, money, 0.01)}" for month in result.months
    )
    cost = f", cost by the end {money(result.roi.cost)}" if result.roi.cost is not None else ""
    return f"Extra margin gathered with {band} by {path or 'no month that can be estimated'}{cost}"
