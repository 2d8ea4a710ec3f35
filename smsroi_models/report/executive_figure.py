"""The figure of a report's first half-page: the return in the window and in the long run.

A year's interval is many times as long as the window's, which drawn to its scale would be a dot.
So the axis is made for the window: what reaches beyond it ends in an arrow, and every row's figure
stands beside its name.
"""

import math
from collections.abc import Sequence

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report import long_term_page
from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    INK,
    Canvas,
    Picture,
    canvas,
    draw_views,
    figure_style,
    head,
    money_axis,
    write_ticks,
)
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, percent, say
from smsroi_models.report.words import confidence
from smsroi_models.result import CampaignResult

Rows = list[tuple[str, Estimate]]
# What the window needs makes up at least this part of the axis; the rest is for longer views.
_OF_AXIS = 0.4


@in_store_locale
def returns(result: CampaignResult, ax: Canvas | None = None) -> Picture | None:
    """Draw ROI, or profit or margin where there is none, by view; None without a comparison.

    Parameters
    ----------
    result : CampaignResult
    ax : Matplotlib axes, figure or part of one to draw into, optional
    """
    if result.outcome == "invalid":
        return None
    what, unit, rows = _shown(result)
    title = _finding(result, what, rows[0][1])
    money = Money(result.campaign.currency)
    with figure_style():
        figure = canvas(ax, (4.6, 1.4 + 0.56 * len(rows)))
        axes = figure.subplots()
        axes.axvline(0, color=INK, linewidth=0.8)
        beyond = _draw(axes, [one for _, one in rows])
        _name(axes, [f"{name}: {_say(one, what, money)}" for name, one in rows])
        if what == "ROI":
            axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
            write_ticks(axes.xaxis, lambda share: percent(share))
        else:
            money_axis(axes.xaxis, money)
        named = f"{confidence(result.confidence_level)} intervals"
        arrows = "\narrows: it reaches beyond the axis" if beyond else ""
        axes.set_xlabel(f"{what}, {unit}; bars: {named}{arrows}")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    told = "; ".join(f"{name} {_say(one, what, money)}" for name, one in rows)
    return Picture(figure, f"{title}. {what} with {named}: {told}.")


def _shown(result: CampaignResult) -> tuple[str, str, Rows]:
    """Return what is drawn, its unit, and its figure in each view."""
    roi, found, days = result.roi, result.long_term, result.campaign.window_days
    when = f"in {days} days" if result.so_far is None else f"so far, {days} days"
    currency = result.campaign.currency
    if roi.roi is not None:
        what, unit, window = "ROI", "profit by cost", roi.roi
    elif roi.profit is not None:
        what, unit, window = "Profit", currency, roi.profit
    else:
        what, unit, window = "Extra margin", currency, roi.incremental_margin
    rows = [(when, window)]
    if found is not None and found.seen is not None:
        labels = [f"and {found.seen_days} days after it, seen", "and a year, if it goes on"]
        longer = [view for _, _, view in long_term_page.views_of(found, days)[1:]]
        shown = [view.roi or view.profit or view.margin for view in longer]
        rows += zip(labels[: len(shown)], shown, strict=True)
    return what, unit, rows


def _draw(axes: Axes, views: Sequence[Estimate]) -> bool:
    """Draw the views on an axis made for the first; return whether one reaches beyond it."""
    low, high = axis_for(views)
    draw_views(axes, [_within(one, low, high) for one in views])
    edge = 0.04 * (high - low)
    axes.set_xlim(low - edge, high + edge)
    cut = [
        (row, end, marker)
        for row, one in enumerate(views)
        for end, marker, beyond in (
            (low, "<", one.ci_lower < low),
            (high, ">", one.ci_upper > high),
        )
        if beyond
    ]
    for row, end, marker in cut:
        axes.plot([end], [row], marker=marker, markersize=9, color=GREY if row == 2 else BLUE)
    return bool(cut)


def _name(axes: Axes, names: Sequence[str]) -> None:
    """Write each row's name and figure above its bar: beside it there is no room on a phone."""
    axes.set_yticks([])
    axes.set_ylim(len(names) - 0.6, -0.75)
    for row, name in enumerate(names):
        axes.annotate(
            name,
            (0.0, row),
            fontsize=10,
            xycoords=axes.get_yaxis_transform(),
            xytext=(0, 9),
            textcoords="offset points",
            # The line of zero does not run through the words.
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )


def _within(view: Estimate, low: float, high: float) -> Estimate:
    """Return what of a view lies on the axis; an estimate beyond it has no dot."""
    inside = low <= view.estimate <= high
    ends = (min(max(end, low), high) for end in (view.ci_lower, view.ci_upper))
    return Estimate(view.estimate if inside else math.nan, view.standard_error, *ends)


def axis_for(views: Sequence[Estimate]) -> tuple[float, float]:
    """Return the ends of an axis on which the first view can be seen, and zero.

    Parameters
    ----------
    views : sequence of Estimate
        At least one, of one unit; the first is seen whole.

    Examples
    --------
    The window needs 0 to 8; the year, twenty times as wide, is cut at six more on either side:

    >>> window, year = Estimate(5.0, 1.5, 2.0, 8.0), Estimate(6.0, 40.0, -74.0, 86.0)
    >>> axis_for([window]), axis_for([window, year])
    ((0.0, 8.0), (-6.0, 14.0))
    """
    first = views[0]
    low, high = min(first.ci_lower, 0.0), max(first.ci_upper, 0.0)
    wide = min(view.ci_lower for view in views), max(view.ci_upper for view in views)
    room = (high - low) * (1 / _OF_AXIS - 1) / 2
    return min(low, max(wide[0], low - room)), max(high, min(wide[1], high + room))


def _finding(result: CampaignResult, what: str, window: Estimate) -> str:
    """Say the window's figure, and what the longest view says."""
    money = Money(result.campaign.currency)
    said = f"{what} {_say(window, what, money)}"
    found = result.long_term
    if found is None or found.seen is None:
        return said
    longer = long_term_page.finding(found)
    return f"{said}. {longer}"


def _say(figure: Estimate, what: str, money: Money) -> str:
    return say(figure, percent if what == "ROI" else money, 0.01)
