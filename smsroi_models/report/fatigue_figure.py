"""The figure of fatigue: opting out, and what one more text brings, by texts a week."""

from collections.abc import Callable, Sequence

import seaborn as sns
from matplotlib.axes import Axes

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.fatigue_records import Fatigue
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
    write_ticks,
)
from smsroi_models.report.fatigue_words import fatigue_finding, fatigue_sentence
from smsroi_models.report.numbers import Money, fixed, percent, say
from smsroi_models.report.words import confidence


def fatigue_curve(found: Fatigue, currency: str, ax: Canvas | None = None) -> Picture:
    """Draw the share who opt out after a text, and the next text's profit, by texts a week.

    Parameters
    ----------
    found : Fatigue
    currency : str
        ISO 4217 code of the store's currency.
    """
    title, money = fatigue_finding(found), Money(currency)
    priced = found.paying is not None
    with figure_style():
        figure = canvas(ax, (5.2, 5.6 if priced else 3.2))
        panels = figure.subplots(2 if priced else 1, 1, sharex=True, squeeze=False)[:, 0]
        _band(panels[0], found, lambda point: point.opting_out, RED)
        panels[0].set_ylim(bottom=0)
        write_ticks(panels[0].yaxis, lambda v: percent(v, 0.001))
        _named(panels[0], f"opt out within {found.follow_days} days of a text")
        if priced:
            _band(panels[1], found, lambda point: point.next_text, GREEN)
            panels[1].axhline(0, color=INK, linewidth=0.8)
            money_axis(panels[1].yaxis, money)
            _named(panels[1], f"what one more text brings, {currency}")
            _mark(panels[1], found)
        for axes in panels:
            _seen(axes, found)
            sns.despine(ax=axes)
        panels[-1].set_xlabel(
            "texts a week in the month before; white: seen, grey: not;\n"
            f"bands: {confidence(found.confidence_level)} intervals, each frequency for itself"
        )
        head(figure, title)
    return Picture(figure, f"{title}. {fatigue_sentence(found, currency)} {_say(found, money)}")


def _band(axes: Axes, found: Fatigue, pick: Callable[..., Estimate | None], colour: str) -> None:
    shown: Sequence[Estimate] = [one for point in found.curve if (one := pick(point)) is not None]
    weekly = [point.weekly for point in found.curve]
    axes.fill_between(
        weekly,
        [one.ci_lower for one in shown],
        [one.ci_upper for one in shown],
        color=colour,
        alpha=0.18,
        linewidth=0,
    )
    axes.plot(weekly, [one.estimate for one in shown], color=colour, linewidth=2.2)


def _mark(axes: Axes, found: Fatigue) -> None:
    """Mark where the next text stops paying, with its interval on the line of zero."""
    paying = found.paying
    if paying is None or paying.weekly is None:
        return
    if paying.ci_lower is None and paying.ci_upper is None:
        return  # every frequency agrees with the data: a mark would claim one
    low = paying.lowest_seen if paying.ci_lower is None else paying.ci_lower
    high = paying.highest_seen if paying.ci_upper is None else paying.ci_upper
    axes.plot([low, high], [0, 0], color=BLUE, linewidth=4, solid_capstyle="butt")
    axes.plot([paying.weekly], [0], marker="o", markersize=8, color=BLUE)
    axes.annotate(
        f"{fixed(paying.weekly, 2)} a week",
        (paying.weekly, 0),
        xytext=(6, 8),
        textcoords="offset points",
        color=BLUE,
    )


def _seen(axes: Axes, found: Fatigue) -> None:
    """Shade what lies beyond the frequencies seen: nothing is drawn there on purpose."""
    low, high = found.curve[0].weekly, found.curve[-1].weekly
    room = 0.12 * (high - low)
    axes.set_xlim(max(0.0, low - room), high + room)
    axes.axvspan(high, high + room, color=GREY, alpha=0.25, linewidth=0)
    if low > 0:
        axes.axvspan(max(0.0, low - room), low, color=GREY, alpha=0.25, linewidth=0)


def _named(axes: Axes, name: str) -> None:
    axes.set_title(name, fontsize=10.5, fontweight="normal", pad=4)


def _say(found: Fatigue, money: Money) -> str:
    first, last = found.curve[0], found.curve[-1]
    text = (
        f"Of those texted, {percent(first.opting_out.estimate, 0.0001)} opt out at "
        f"{fixed(first.weekly, 2)} texts a week and {percent(last.opting_out.estimate, 0.0001)} at "
        f"{fixed(last.weekly, 2)}."
    )
    if first.next_text is None or last.next_text is None:
        return text
    return (
        f"{text} With intervals, one more text brings {say(first.next_text, money, 0.01)} and "
        f"{say(last.next_text, money, 0.01)}."
    )
