"""The money figure: from extra revenue, bar by bar, to profit."""

from dataclasses import dataclass

import seaborn as sns
from matplotlib.axes import Axes

from smsroi_models.attribution.effects import Estimate
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
    money_axis,
)
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, digits_of, say, step_for
from smsroi_models.report.words import intervals_named, waterfall_finding
from smsroi_models.result import CampaignResult
from smsroi_models.roi import Roi


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar; those with an interval are totals and start at zero."""

    label: str
    start: float
    change: float
    colour: str
    rounding: float
    interval: Estimate | None = None


@in_store_locale
def waterfall(result: CampaignResult, ax: Canvas | None = None) -> Picture:
    """Draw the money from extra revenue to profit, with the interval of each estimate."""
    money, title = Money(result.campaign.currency), waterfall_finding(result)
    bars = _bars(result.roi)
    with figure_style():
        figure = canvas(ax, (5.2, 1.3 + 0.48 * len(bars)))
        axes = figure.subplots()
        for row, bar in enumerate(bars):
            _draw(axes, row, bar, money)
        axes.set_yticks(range(len(bars)), [bar.label for bar in bars])
        axes.invert_yaxis()
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.margins(x=0.18)
        money_axis(axes.xaxis, money)
        axes.set_xlabel(f"{result.campaign.currency}; lines are {intervals_named(result)}")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    return Picture(figure, f"{title}. {'; '.join(_say(bar, money) for bar in bars)}.")


def _bars(roi: Roi) -> list[_Bar]:
    """Return the bars, top to bottom."""
    revenue, margin, profit = roi.incremental_revenue, roi.incremental_margin, roi.profit
    goods = margin.estimate - revenue.estimate
    bars = [
        _total("extra revenue", revenue, BLUE),
        _Bar("cost of\ngoods", revenue.estimate, goods, GREY, step_for(margin, 0.01)),
        _total("extra margin", margin, BLUE),
    ]
    left = margin.estimate
    for line in roi.ledger:
        rounding = 1.0 if line.counted >= 100 else digits_of(line.counted)
        bars.append(_Bar(line.label, left, -line.counted, GREY, rounding))
        left -= line.counted
    if profit is not None:
        bars.append(_total("profit", profit, GREEN if profit.estimate >= 0 else RED))
    return bars


def _total(label: str, figure: Estimate, colour: str) -> _Bar:
    return _Bar(label, 0.0, figure.estimate, colour, step_for(figure, 0.01), figure)


def _draw(axes: Axes, row: int, bar: _Bar, money: Money) -> None:
    axes.barh(row, bar.change, left=bar.start, color=bar.colour, height=0.58)
    reach = max(bar.start, bar.start + bar.change)
    if bar.interval:
        ends = [bar.interval.ci_lower, bar.interval.ci_upper]
        axes.plot(ends, [row, row], color=INK, linewidth=1.4)
        reach = max(reach, bar.interval.ci_upper)
    axes.annotate(
        money.on_axis(bar.change, bar.rounding),
        (reach, row),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
    )


def _say(bar: _Bar, money: Money) -> str:
    label = bar.label.replace("\n", " ")
    amount = say(bar.interval, money, 0.01) if bar.interval else money(bar.change, bar.rounding)
    return f"{label} {amount}"
