"""The figure of what each platform's rule claims, against what the campaign caused."""

import textwrap
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.tracked_records import Claim, Group, RuleComparison, grouped
from smsroi_models.report.drawing import (
    BLUE,
    GREEN,
    INK,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    money_axis,
)
from smsroi_models.report.numbers import Money, say
from smsroi_models.report.rule_names import short_names
from smsroi_models.report.tracked_page import credited, finding
from smsroi_models.report.words import confidence

# Of a row and of each further line of names, inches; letters that a line of names holds.
_ROW, _LINE, _LETTERS = 0.3, 0.14, 26


def claims_by_rule(
    found: RuleComparison, currency: str, compared: bool, ax: Canvas | None = None
) -> Picture:
    """Draw a bar for each claim, and the interval of what was caused as a band behind them.

    Parameters
    ----------
    found : RuleComparison
    currency : str
        ISO 4217 code of the store's currency.
    compared : bool
        Whether the band can be drawn.
    """
    money, title = Money(currency), finding(found, currency, compared)
    groups = grouped(found.claims)
    caused = found.incremental_revenue if compared else None
    names = _names(found, groups)
    rows = [_ROW + _LINE * text.count("\n") for text in names]
    claims = [group.claim for group in groups]
    figure = against_caused(found, claims, names, rows, title, caused, money, ax)
    return Picture(figure, f"{title}. {_say(groups, caused, found, money)}")


def _names(found: RuleComparison, groups: Sequence[Group]) -> list[str]:
    """Return the names of all rules of each group, in lines."""
    short = short_names([claim.rule for claim in found.claims])
    return [
        textwrap.fill(", ".join(short[claim.rule.name] for claim in group.claims), _LETTERS)
        for group in groups
    ]


def against_caused(
    found: RuleComparison,
    claims: Sequence[Claim],
    names: Sequence[str],
    rows: Sequence[float],
    title: str,
    caused: Estimate | None,
    money: Money,
    ax: Canvas | None,
    most_ticks: int = 5,
) -> Any:
    """Return a figure with a bar for each claim, before the interval of what was caused.

    Parameters
    ----------
    found : RuleComparison
    claims : sequence of Claim
        One a row.
    names : sequence of str
    rows : sequence of float
        Height of each, inches.
    title : str
    caused : Estimate or None
        Revenue, store currency; None for no band.
    money : Money
    ax : Matplotlib axes, figure or part of one to draw into, optional
    most_ticks : int
        Intervals between the ticks of money, at most.
    """
    with figure_style():
        figure = canvas(ax, (5.4, 1.7 + sum(rows)))
        axes = figure.subplots()
        if caused is not None:
            axes.axvspan(caused.ci_lower, caused.ci_upper, color=GREEN, alpha=0.18, linewidth=0)
            axes.axvline(caused.estimate, color=GREEN, linewidth=1.8)
        # To the cent: an engine adds up in an order of its own.
        bars(axes, [round(claim.revenue, 2) for claim in claims], names, rows, money)
        axes.axvline(0, color=INK, linewidth=0.8)
        money_axis(axes.xaxis, money)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=most_ticks))
        axes.set_xlabel(_legend(found, money.currency, caused is not None))
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    return figure


def bars(
    axes: Axes, revenue: Sequence[float], names: Sequence[str], rows: Sequence[float], money: Money
) -> None:
    """Draw a bar in the middle of each row, and write its value right of the axes.

    Parameters
    ----------
    axes : Axes
    revenue : sequence of float
        One a row, store currency.
    names : sequence of str
    rows : sequence of float
        Height of each, inches.
    money : Money
    """
    ends = list(accumulate(rows))
    at = [end - row / 2 for end, row in zip(ends, rows, strict=True)]
    axes.barh(at, revenue, height=0.15, color=BLUE, alpha=0.85)
    axes.set_ylim(ends[-1], 0)
    for middle, value in zip(at, revenue, strict=True):
        # Beside the axes: neither the bar, nor the band, nor its line runs through it.
        axes.annotate(
            money.short(value),
            (1.02, middle),
            xycoords=axes.get_yaxis_transform(),
            va="center",
            fontsize=9,
        )
    axes.set_yticks(at, names, fontsize=8.5)


def _legend(found: RuleComparison, currency: str, compared: bool) -> str:
    """Name the axis of revenue credited, and the band where there is one."""
    unit = f"revenue credited, {currency}"
    if not compared:
        return unit
    return f"{unit}\ngreen: revenue caused, {confidence(found.confidence_level)} interval"


def _say(
    groups: tuple[Group, ...], caused: Estimate | None, found: RuleComparison, money: Money
) -> str:
    told = "; ".join(f"{' / '.join(g.labels)} {credited(g.claim, money)}" for g in groups)
    if caused is None:
        return f"Revenue credited: {told}."
    level = confidence(found.confidence_level)
    return f"Revenue credited: {told}. Revenue caused, {level}: {say(caused, money, 0.01)}."
