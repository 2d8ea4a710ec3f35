"""The figure of a report's first half-page: the return in the window and in the long run."""

import seaborn as sns
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report import long_term_page
from smsroi_models.report.drawing import (
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
        figure = canvas(ax, (5.2, 1.35 + 0.42 * len(rows)))
        axes = figure.subplots()
        axes.axvline(0, color=INK, linewidth=0.8)
        draw_views(axes, [one for _, one in rows])
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        if what == "ROI":
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
            write_ticks(axes.xaxis, lambda share: percent(share))
        else:
            money_axis(axes.xaxis, money)
        named = f"{confidence(result.confidence_level)} intervals"
        axes.set_xlabel(f"{what}, {unit}; bars: {named}")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    told = "; ".join(f"{name.replace(chr(10), ' ')} {_say(one, what, money)}" for name, one in rows)
    return Picture(figure, f"{title}. {what} with {named}: {told}.")


def _shown(result: CampaignResult) -> tuple[str, str, Rows]:
    """Return what is drawn, its unit, and its figure in each view."""
    roi, found, days = result.roi, result.long_term, result.campaign.window_days
    when = f"in {days} days" if result.so_far is None else f"so far,\n{days} days"
    currency = result.campaign.currency
    if roi.roi is not None:
        what, unit, window = "ROI", "profit by cost", roi.roi
    elif roi.profit is not None:
        what, unit, window = "Profit", currency, roi.profit
    else:
        what, unit, window = "Extra margin", currency, roi.incremental_margin
    rows = [(when, window)]
    if found is not None and found.seen is not None:
        labels = [f"and {found.seen_days} days\nafter it, seen", "and a year,\nif it goes on"]
        longer = [view for _, _, view in long_term_page.views_of(found, days)[1:]]
        shown = [view.roi or view.profit or view.margin for view in longer]
        rows += zip(labels[: len(shown)], shown, strict=True)
    return what, unit, rows


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
