"""The figures of a campaign's report. Each title says what was found; axes carry units.

Figures are about five inches wide, so that their type stays readable on a phone.
"""

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.estimates import OutcomeLift
from smsroi_models.report.after_window_figure import margin_by_horizon
from smsroi_models.report.days_page import said_by, told_days
from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    INK,
    Canvas,
    Picture,
    canvas,
    cost_line,
    figure_style,
    head,
    money_axis,
)
from smsroi_models.report.executive_figure import returns
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.left_figure import left_by_day
from smsroi_models.report.left_page import caused_by
from smsroi_models.report.long_term_figure import views
from smsroi_models.report.numbers import Money, plain, say
from smsroi_models.report.retention_figure import curves
from smsroi_models.report.segments_figure import forest
from smsroi_models.report.survey_figure import scores as survey_scores
from smsroi_models.report.systems_figure import by_system
from smsroi_models.report.tracked_figure import claims_by_rule
from smsroi_models.report.tracked_page import comparable
from smsroi_models.report.waterfall import waterfall
from smsroi_models.report.words import (
    confidence,
    first_clear,
    intervals_named,
    lift_finding,
    payback,
)
from smsroi_models.result import CampaignResult

__all__ = [
    "after_window",
    "audience",
    "claims",
    "cumulative_margin",
    "lift_intervals",
    "long_term",
    "retention",
    "returns",
    "said",
    "segments",
    "systems",
    "waterfall",
]


@in_store_locale
def segments(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw each segment's lift with its interval; None where segments were not compared."""
    if result.segments is None:
        return None
    return forest(result.segments, result.campaign.currency, ax)


@in_store_locale
def claims(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw each rule's claim against what was caused; None where the store has no touches."""
    if result.tracked is None:
        return None
    return claims_by_rule(result.tracked, result.campaign.currency, comparable(result), ax)


@in_store_locale
def systems(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw what each tracking system saw against what was caused; None where none saw an order."""
    if result.tracked is None:
        return None
    return by_system(result.tracked, result.campaign.currency, comparable(result), ax)


@in_store_locale
def after_window(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw what was left of the margin at each horizon after the window; None where none is."""
    if result.after_window is None:
        return None
    return margin_by_horizon(result.after_window, result.campaign.currency, result.roi.cost, ax)


@in_store_locale
def long_term(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw the window's money beside that of the longer views; None where there are none."""
    if result.long_term is None:
        return None
    found, window = result.long_term, result.campaign.window_days
    return views(found, result.campaign.currency, window, result.confidence_level, ax)


@in_store_locale
def said(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw how each arm answered the campaign's survey; None where nobody did."""
    return survey_scores(result.said, ax) if result.said else None


@in_store_locale
def audience(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw who left the list, by arm; None while it runs or where nobody knows."""
    if result.audience is None:
        return None
    return left_by_day(result.audience, caused_by(result), result.confidence_level, ax)


@in_store_locale
def retention(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw who bought again, by arm and by cohort; None while the campaign runs."""
    if result.long_term is None:
        return None
    return curves(result.long_term.retention, result.confidence_level, ax)


@in_store_locale
def lift_intervals(result: CampaignResult, ax: Canvas | None = None) -> Picture:
    """Draw the lift of conversion, revenue and margin with its interval, by both estimators."""
    panels = _lift_panels(result)
    title = lift_finding(result)
    with figure_style():
        figure = canvas(ax, (5.2, 1.0 + 1.25 * len(panels)))
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
            axes.set_yticks(
                range(len(rows)), ["adjusted" if e.covariates else "plain" for e, *_ in rows]
            )
            axes.set_title(label, fontsize=10.5, fontweight="normal", pad=4)
            axes.margins(x=0.1)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
            if scale == 1.0:
                money_axis(axes.xaxis, Money(result.campaign.currency))
            sns.despine(ax=axes, left=True)
            axes.tick_params(left=False)
        head(figure, title)
    spoken = "; ".join(_say_lift(label, lift.headline, scale) for label, lift, scale in panels)
    return Picture(figure, f"{title}. Texted less held-out, {intervals_named(result)}: {spoken}.")


@in_store_locale
def cumulative_margin(result: CampaignResult, ax: Canvas | None = None) -> Picture:
    """Draw the extra margin gathered by each day of the window against the cost.

    The band may be read on any day; the bar at the end, of a campaign whose windows are over, is
    the interval of the one final reading.
    """
    money, cost = Money(result.campaign.currency), result.roi.cost
    title, planned = payback(result), _planned_days(result)
    with figure_style():
        figure = canvas(ax, (5.2, 3.8))
        axes = figure.subplots()
        _draw_days(axes, result)
        axes.axhline(0, color=INK, linewidth=0.8)
        if cost is not None:
            cost_line(axes, cost, planned, money)
        axes.set_xlim(0, 1.015 * planned)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        money_axis(axes.yaxis, money)
        axes.set_xlabel(f"days since assignment\n{_bands(result)}")
        axes.set_ylabel(f"extra margin gathered, {result.campaign.currency}")
        head(figure, title)
        sns.despine(ax=axes)
    told = f"{_say_days(result, money)}. {first_clear(result)}"
    return Picture(figure, f"{title}. {told}.")


def _planned_days(result: CampaignResult) -> int:
    return result.so_far.window_days if result.so_far else result.campaign.window_days


def _bands(result: CampaignResult) -> str:
    level = confidence(result.confidence_level)
    if result.so_far:
        return f"band: {level}, read every day"
    return f"band: {level}, read every day\nbar: {level}, read at the end alone"


def _say_days(result: CampaignResult, money: Money) -> str:
    told = {day.day: day for day in result.daily}
    chosen = [told[n] for n in told_days(result) if n in told]
    path = "; ".join(f"day {day.day} {said_by(day, result)}" for day in chosen)
    cost = f", cost {money.booked(result.roi.cost)}" if result.roi.cost is not None else ""
    end = ""
    if told and not result.so_far:
        end = f"; for the end alone {say(result.roi.incremental_margin, money, 0.01)}"
    return (
        "Extra margin gathered, with intervals for reading every day, by "
        f"{path or 'no day that can be estimated'}{end}{cost}"
    )


def _draw_days(axes: Axes, result: CampaignResult) -> None:
    # A day on which one arm has no order yet is not estimable: the line breaks there.
    days = np.arange(result.campaign.window_days + 1)
    margin = np.full((3, len(days)), np.nan)
    margin[:, 0] = 0.0
    for day in result.daily:
        band = day.sequence
        margin[:, day.day] = band.estimate, band.ci_lower, band.ci_upper
    axes.fill_between(days, margin[1], margin[2], color=BLUE, alpha=0.13, linewidth=0)
    axes.plot(days, margin[0], color=BLUE, linewidth=2.2)
    if not result.so_far and result.daily:
        end = result.roi.incremental_margin
        axes.plot([days[-1]] * 2, [end.ci_lower, end.ci_upper], color=BLUE, linewidth=3.0)
    axes.plot([days[-1]], margin[:1, -1], color=BLUE, marker="o", markersize=6)


def _lift_panels(result: CampaignResult) -> list[tuple[str, OutcomeLift, float]]:
    currency = result.campaign.currency
    panels = {
        "converted": ("share who bought, percentage points", 100.0),
        "revenue": (f"revenue per assigned customer, {currency}", 1.0),
        "margin": (f"margin per assigned customer, {currency}", 1.0),
    }
    return [
        (label, result.lift[name], scale)
        for name, (label, scale) in panels.items()
        if name in result.lift
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


def _say_lift(label: str, lift: Lift, scale: float) -> str:
    return f"{label} {say(lift.scaled(scale), plain, 1e-6)}"
