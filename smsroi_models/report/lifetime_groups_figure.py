"""The figures of whom the value lies in: groups of customers, and who is still one."""

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.base_groups import GroupValue
from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.report import lifetime_words as words
from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    INK,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    money_axis,
    write_ticks,
)
from smsroi_models.report.escaped import Html
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, percent, say, shortened, tally
from smsroi_models.report.words import confidence

_LONGEST_NAME, _MOST_GROUPS = 18, 16


@in_store_locale
def groups(result: LifetimeResult, by: str, ax: Canvas | None = None) -> Picture | Html:
    """Draw what a customer of each group is worth, with the interval of what will come.

    Parameters
    ----------
    result : LifetimeResult
    by : str
        ``"cohort"``, ``"segment"`` or ``"region"``.
    """
    if by not in result.groups:
        return Html("")
    found = _shown(result.groups[by], by)
    title, money = words.groups_finding(found, by), Money(result.currency)
    everyone = words.shown_value(result).estimate / result.n_customers
    level = confidence(result.terms.confidence_level)
    with figure_style():
        figure = canvas(ax, (5.2, 2.1 + 0.34 * len(found)))
        axes = figure.subplots()
        for row, group in enumerate(found):
            _draw_group(axes, row, words.each_of(group))
        axes.axvline(everyone, color=GREY, linewidth=1.2, linestyle=(0, (1, 1.5)))
        names = [shortened(group.name, _LONGEST_NAME) for group in found]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(left=0)
        money_axis(axes.xaxis, money)
        axes.set_xlabel(
            f"margin per customer in {words.horizon(result)}, {result.currency or 'currency'}\n"
            f"bars: {level} intervals of what they will bring\ndotted: all customers"
        )
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    told = "; ".join(
        f"{shortened(group.name)} {say(words.each_of(group), money, 0.01)}" for group in found
    )
    return Picture(figure, f"{title}. Margin per customer in {words.horizon(result)}: {told}.")


@in_store_locale
def alive(result: LifetimeResult, ax: Canvas | None = None) -> Picture:
    """Draw the chance to be still a customer by purchases and time since the last."""
    found, title = result.activity, words.alive_finding(result)
    chances = np.array(
        [[np.nan if p is None else p for p in line] for line in found.probability_alive]
    )
    with figure_style():
        figure = canvas(ax, (5.2, 3.9))
        axes = figure.subplots()
        mesh = axes.pcolormesh(chances, cmap="Blues", vmin=0, vmax=1, edgecolor="white")
        for row, line in enumerate(found.customers):
            for column, count in enumerate(line):
                if count:
                    dark = chances[row, column] > 0.55
                    axes.annotate(
                        _short(count),
                        (column + 0.5, row + 0.5),
                        ha="center",
                        va="center",
                        fontsize=8.5,
                        color="white" if dark else INK,
                    )
        axes.set_xticks(np.arange(len(found.weeks_since)) + 0.5, _spans(found.weeks_since))
        axes.set_yticks(
            np.arange(len(found.repeat_purchases)) + 0.5, _spans(found.repeat_purchases)
        )
        axes.tick_params(length=0)
        axes.set_xlabel("weeks since the last purchase\nin each field: number of customers")
        axes.set_ylabel("repeat purchases")
        bar = figure.colorbar(mesh, ax=axes, shrink=0.8)
        write_ticks(bar.ax.yaxis, lambda value: percent(value))
        bar.set_label("chance to be still a customer")
        bar.outline.set_visible(False)
        head(figure, title)
        sns.despine(ax=axes, left=True, bottom=True)
    return Picture(figure, f"{title}. {_say_alive(result)}.")


def _shown(found: tuple[GroupValue, ...], by: str) -> tuple[GroupValue, ...]:
    if by == "cohort":
        return found[-_MOST_GROUPS:]
    ranked = sorted(found, key=lambda g: (-g.total.expected_value.estimate, g.name))
    return tuple(ranked[:_MOST_GROUPS])


def _draw_group(axes: Axes, row: int, each: Estimate) -> None:
    axes.plot([each.ci_lower, each.ci_upper], [row, row], color=BLUE, linewidth=2.2)
    axes.plot([each.estimate], [row], marker="o", markersize=7, color=BLUE)


def _spans(least: tuple[int, ...]) -> list[str]:
    """Write from and to of each step: ``0-3, 4-7, 8+``."""
    ends = [following - 1 for following in least[1:]]
    spans = [f"{a}" if a == b else f"{a}-{b}" for a, b in zip(least, ends, strict=False)]
    return [*spans, f"{least[-1]}+"]


def _short(count: float) -> str:
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if count >= size:
            return f"{tally(count / (1e6 if letter == 'M' else 1e3))}{letter}"
    return tally(count)


def _say_alive(result: LifetimeResult) -> str:
    found = result.activity
    rows, columns = _spans(found.repeat_purchases), _spans(found.weeks_since)
    told = [
        f"{rows[row]} repeat purchases, last {columns[column]} weeks ago: {percent(chance)} of "
        f"{tally(found.customers[row][column])}"
        for row, line in enumerate(found.probability_alive)
        for column, chance in enumerate(line)
        if chance is not None
    ]
    return f"Chance to be still a customer: {'; '.join(told)}"
