"""The figures of a campaign's report. Each title says what was found; axes carry units.

Figures are about five inches wide, so that their type stays readable on a phone.
"""

from collections.abc import Callable
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from smsroi_models.analysis import CampaignResult
from smsroi_models.attribution.lift import Estimate, Lift
from smsroi_models.report.numbers import Money, plain, step_for
from smsroi_models.report.pictures import BLUE, GREEN, GREY, INK, RED, Picture, figure_style
from smsroi_models.report.words import confidence, lift_finding, payback, waterfall_finding
from smsroi_models.roi import Roi


def waterfall(result: CampaignResult) -> Picture:
    """Draw the money from extra revenue to profit, with the interval of each estimate."""
    money = Money(result.campaign.currency)
    steps = _waterfall_steps(result.roi)
    title = waterfall_finding(result)
    with figure_style():
        figure = Figure(figsize=(5.2, 1.3 + 0.48 * len(steps)))
        axes = figure.subplots()
        for row, (_, start, change, interval) in enumerate(steps):
            _draw_step(axes, row, start, change, interval, money)
        axes.set_yticks(range(len(steps)), [name for name, *_ in steps])
        axes.invert_yaxis()
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.margins(x=0.18)
        _money_axis(axes.xaxis, money)
        axes.set_xlabel(f"{result.campaign.currency}; lines are {_interval_name(result)}")
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    spoken = "; ".join(
        _say_step(name, change, interval, money) for name, _, change, interval in steps
    )
    return Picture(figure, f"{title}. {spoken}.")


def lift_intervals(result: CampaignResult) -> Picture:
    """Draw the lift of conversion, revenue and margin with its interval, by both estimators."""
    panels = _lift_panels(result)
    title = lift_finding(result)
    with figure_style():
        figure = Figure(figsize=(5.2, 1.0 + 1.25 * len(panels)))
        for axes, (label, lift, scale) in zip(
            figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True
        ):
            rows = [(lift.headline, BLUE, "full")]
            if lift.adjusted:
                rows.append((lift.unadjusted, GREY, "none"))
            for row, (estimate, colour, fill) in enumerate(rows):
                _draw_interval(axes, row, estimate, scale, colour, fill)
            axes.axvline(0, color=INK, linewidth=0.8)
            axes.set_ylim(1.6, -0.6)
            axes.set_yticks(range(len(rows)), [_SHORT[e.method] for e, *_ in rows])
            axes.set_title(label, fontsize=10.5, fontweight="normal", pad=4)
            axes.margins(x=0.1)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
            sns.despine(ax=axes, left=True)
            axes.tick_params(left=False)
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
    spoken = "; ".join(_say_lift(label, lift.headline, scale) for label, lift, scale in panels)
    return Picture(figure, f"{title}. Texted less held-out, {_interval_name(result)}: {spoken}.")


def cumulative_margin(result: CampaignResult) -> Picture:
    """Draw the extra margin gathered by each day of the window against the cost."""
    money, cost = Money(result.campaign.currency), result.roi.cost
    days = [0, *(day.day for day in result.daily)]
    middle = [0.0, *(day.margin.estimate for day in result.daily)]
    low = [0.0, *(day.margin.ci_lower for day in result.daily)]
    high = [0.0, *(day.margin.ci_upper for day in result.daily)]
    title = payback(result)
    with figure_style():
        figure = Figure(figsize=(5.2, 3.6))
        axes = figure.subplots()
        axes.fill_between(days, low, high, color=BLUE, alpha=0.16, linewidth=0)
        sns.lineplot(x=days, y=middle, ax=axes, color=BLUE, linewidth=2.2, errorbar=None)
        axes.axhline(0, color=INK, linewidth=0.8)
        if cost is not None:
            axes.axhline(cost, color=RED, linewidth=1.4, linestyle=(0, (5, 3)))
            axes.annotate(
                f"cost {money(cost)}",
                (result.campaign.window_days, cost),
                xytext=(-2, 4),
                textcoords="offset points",
                ha="right",
                color=RED,
            )
        axes.set_xlim(0, result.campaign.window_days)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _money_axis(axes.yaxis, money)
        axes.set_xlabel(f"days since assignment; band is {_interval_name(result)}")
        axes.set_ylabel(f"extra margin gathered, {result.campaign.currency}")
        figure.suptitle(_wrapped(title), x=0.01, ha="left", fontsize=12, fontweight="bold")
        sns.despine(ax=axes)
    last = result.roi.incremental_margin
    return Picture(figure, f"{title}. At the end: {_say(last, lambda v, s: money(v, s), 1.0)}.")


_Step = tuple[str, float, float, Estimate | None]

_SHORT = {"regression-adjusted": "adjusted", "difference in means": "plain"}


def _waterfall_steps(roi: Roi) -> list[_Step]:
    """Return name, start, change and interval of each bar, top to bottom."""
    revenue, margin = roi.incremental_revenue, roi.incremental_margin
    steps: list[_Step] = [
        ("extra revenue", 0.0, revenue.estimate, revenue),
        ("goods and\ndiscounts", revenue.estimate, margin.estimate - revenue.estimate, None),
        ("extra margin", 0.0, margin.estimate, margin),
    ]
    left = margin.estimate
    for line in roi.ledger:
        steps.append((line.label, left, -line.counted, None))
        left -= line.counted
    if roi.profit is not None:
        steps.append(("profit", 0.0, roi.profit.estimate, roi.profit))
    return steps


def _draw_step(
    axes: Axes, row: int, start: float, change: float, interval: Estimate | None, money: Money
) -> None:
    total = interval is not None
    colour = (BLUE if row < 3 else GREEN if change >= 0 else RED) if total else GREY
    axes.barh(row, change, left=start, color=colour, height=0.58)
    step = step_for(interval, 1.0) if interval else 1.0
    reach = max(start, start + change)
    if interval:
        axes.plot([interval.ci_lower, interval.ci_upper], [row, row], color=INK, linewidth=1.4)
        reach = max(reach, interval.ci_upper)
    axes.annotate(
        money(change, step), (reach, row), xytext=(5, 0), textcoords="offset points", va="center"
    )


def _lift_panels(result: CampaignResult) -> list[tuple[str, Any, float]]:
    currency = result.campaign.currency
    return [
        ("buyers, percentage points", result.lift["converted"], 100.0),
        (f"revenue per assigned customer, {currency}", result.lift["revenue"], 1.0),
        (f"margin per assigned customer, {currency}", result.lift["margin"], 1.0),
    ]


def _draw_interval(axes: Axes, row: int, lift: Lift, scale: float, colour: str, fill: Any) -> None:
    axes.plot(
        [scale * lift.ci_lower, scale * lift.ci_upper], [row, row], color=colour, linewidth=2.2
    )
    axes.plot(
        [scale * lift.absolute_lift],
        [row],
        marker="o",
        markersize=8,
        color=colour,
        fillstyle=fill,
        markerfacecolor=colour if fill == "full" else "white",
    )


def _money_axis(axis: Any, money: Money) -> None:
    axis.set_major_locator(MaxNLocator(nbins=5))
    axis.set_major_formatter(lambda value, _: money(value, _tick_step(axis)))


def _tick_step(axis: Any) -> float:
    ticks = axis.get_majorticklocs()
    return 1.0 if len(ticks) < 2 or ticks[1] - ticks[0] >= 1 else 0.01


def _interval_name(result: CampaignResult) -> str:
    return f"{confidence(result.confidence_level)} intervals"


def _wrapped(title: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(title, 52))


def _say_step(name: str, change: float, interval: Estimate | None, money: Money) -> str:
    name = name.replace("\n", " ")
    if interval is None:
        return f"{name} {money(change)}"
    return f"{name} {_say(interval, lambda v, s: money(v, s), 1.0)}"


def _say_lift(label: str, lift: Lift, scale: float) -> str:
    return f"{label} {_say(lift.scaled(scale), plain, 1e-6)}"


def _say(figure: Estimate, write: Callable[[float, float], str], smallest: float) -> str:
    step = step_for(figure, smallest)
    return (
        f"{write(figure.estimate, step)} ({write(figure.ci_lower, step)} to "
        f"{write(figure.ci_upper, step)})"
    )
