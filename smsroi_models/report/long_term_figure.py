"""The figure of the long run: the window's money beside that of the longer views."""

import seaborn as sns

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.long_term_records import LongTerm, Return
from smsroi_models.report.drawing import (
    INK,
    Canvas,
    Picture,
    canvas,
    draw_views,
    figure_style,
    head,
    money_axis,
)
from smsroi_models.report.long_term_page import finding, views_of
from smsroi_models.report.numbers import Money, say
from smsroi_models.report.words import confidence


def views(
    found: LongTerm, currency: str, window_days: int, level: float, ax: Canvas | None = None
) -> Picture | None:
    """Draw profit, or margin without a cost, by view; None where there is the window alone.

    Parameters
    ----------
    found : LongTerm
    currency : str
        ISO 4217 code of the store's currency.
    window_days : int
    level : float
        Confidence level of the intervals.
    """
    if found.seen is None:
        return None
    money, title = Money(currency), finding(found)
    seen = f"and {found.seen_days} days\nafter it, seen"
    labels = ["the window", seen, "and a year,\nif it goes on"]
    shown = [_figure(view) for _name, _why, view in views_of(found, window_days)]
    what = "profit" if found.in_window.profit else "extra margin"
    with figure_style():
        figure = canvas(ax, (5.2, 2.9))
        axes = figure.subplots()
        axes.axvline(0, color=INK, linewidth=0.8)
        draw_views(axes, shown)
        axes.set_yticks(range(len(shown)), labels[: len(shown)])
        money_axis(axes.xaxis, money)
        axes.set_xlabel(f"{what}, {currency}; bars: {confidence(level)} intervals, each for itself")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    told = "; ".join(
        f"{label.replace(chr(10), ' ')} {say(one, money, 0.01)}"
        for label, one in zip(labels, shown, strict=False)
    )
    named = f"{what.capitalize()} with {confidence(level)} intervals"
    return Picture(figure, f"{title}. {named}: {told}.")


def _figure(view: Return) -> Estimate:
    return view.profit or view.margin
