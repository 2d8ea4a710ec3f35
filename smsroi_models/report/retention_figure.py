"""The figure of who bought again: both arms since assignment, and the shop's cohorts."""

from datetime import date

import seaborn as sns
from matplotlib.axes import Axes

from smsroi_models.clv.retention import Cohort, Curve, Retention
from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    INK,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    percent_axis,
)
from smsroi_models.report.numbers import percent
from smsroi_models.report.retention_page import finding
from smsroi_models.report.words import confidence


def curves(found: Retention, level: float, ax: Canvas | None = None) -> Picture:
    """Draw the share of each arm that has bought by each day, and of each cohort bought again.

    Parameters
    ----------
    found : Retention
    level : float
        Confidence level of the bands.
    """
    title, panels = finding(found), 1 + bool(found.cohorts)
    with figure_style():
        figure = canvas(ax, (5.2, 1.0 + 2.8 * panels))
        rows = figure.subplots(panels, squeeze=False)[:, 0]
        _draw_arms(rows[0], found, level)
        if found.cohorts:
            _draw_cohorts(rows[1], found.cohorts)
        for axes in rows:
            percent_axis(axes.yaxis)
            axes.set_ylim(bottom=0)
            sns.despine(ax=axes)
        head(figure, title)
    return Picture(figure, f"{title}. {_say(found, level)}.")


def quarter(cohort: Cohort) -> str:
    """Name a cohort's quarter: ``2024 Q3``."""
    return quarter_name(cohort.starts)


def quarter_name(starts: date) -> str:
    """Name the quarter of its first day.

    >>> quarter_name(date(2024, 7, 1))
    '2024 Q3'
    """
    return f"{starts.year} Q{(starts.month + 2) // 3}"


def _draw_arms(axes: Axes, found: Retention, level: float) -> None:
    for curve, colour, name in (
        (found.treatment, BLUE, "texted"),
        (found.holdout, GREY, "held out"),
    ):
        days = (0, *curve.days)
        axes.fill_between(
            days, (0, *curve.ci_lower), (0, *curve.ci_upper), color=colour, alpha=0.18, linewidth=0
        )
        axes.plot(days, (0, *curve.share), color=colour, linewidth=2.2, label=name)
    axes.axvline(found.window_days, color=INK, linewidth=0.8, linestyle=(0, (1, 1.5)))
    axes.legend(frameon=False, loc="lower right")
    axes.set_title("bought since assignment", fontsize=10.5, fontweight="normal", pad=4)
    axes.set_xlabel(
        f"days since assignment; dotted: the window's end;\nbands: {confidence(level)} intervals, "
        "each day for itself"
    )
    axes.set_xlim(left=0)


def _draw_cohorts(axes: Axes, cohorts: tuple[Cohort, ...]) -> None:
    shades = sns.color_palette("crest", len(cohorts))
    for cohort, colour in zip(cohorts, shades, strict=True):
        curve = cohort.bought_again
        axes.plot(
            (0, *curve.days),
            (0, *curve.share),
            color=colour,
            linewidth=1.6,
            marker="o",
            markersize=3,
            label=quarter(cohort),
        )
    axes.legend(frameon=False, fontsize=8.5, ncols=2, loc="upper left")
    axes.set_title(
        "whole shop: bought a second time, by quarter of first purchase",
        fontsize=10.5,
        fontweight="normal",
        pad=4,
    )
    axes.set_xlabel("days since the first purchase")
    axes.set_xlim(left=0)


def _say(found: Retention, level: float) -> str:
    told = [
        f"{name} {_ends(curve)}"
        for name, curve in (("texted", found.treatment), ("held out", found.holdout))
    ]
    text = f"Share who bought since assignment, with {confidence(level)} bands: {'; '.join(told)}"
    if not found.cohorts:
        return text
    cohorts = "; ".join(f"{quarter(c)} {_ends(c.bought_again)}" for c in found.cohorts)
    return f"{text}. Whole shop, share who bought a second time: {cohorts}"


def _ends(curve: Curve) -> str:
    return f"{percent(curve.share[-1], 0.001)} by day {curve.days[-1]}"
