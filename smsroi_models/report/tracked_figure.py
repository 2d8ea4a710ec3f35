"""The figure of what each platform's rule claims, against what the campaign caused."""

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.tracked_records import Group, RuleComparison, grouped
from smsroi_models.report.drawing import (
    BLUE,
    GREEN,
    INK,
    Picture,
    figure_style,
    head,
    money_axis,
)
from smsroi_models.report.numbers import Money, say
from smsroi_models.report.tracked_page import finding, short_label
from smsroi_models.report.words import confidence


def claims_by_rule(found: RuleComparison, currency: str, compared: bool) -> Picture:
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
    with figure_style():
        figure = Figure(figsize=(5.2, 2.0 + 0.3 * len(groups)))
        axes = figure.subplots()
        if caused is not None:
            _band(axes, caused)
        _bars(axes, groups, money)
        axes.set_ylim(len(groups) - 0.4, -0.6)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.margins(x=0.12)
        money_axis(axes.xaxis, money)
        axes.set_xlabel(_legend(found, currency, compared))
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    return Picture(figure, f"{title}. {_say(groups, caused, found, money)}")


def _band(axes: Axes, caused: Estimate) -> None:
    axes.axvspan(caused.ci_lower, caused.ci_upper, color=GREEN, alpha=0.18, linewidth=0)
    axes.axvline(caused.estimate, color=GREEN, linewidth=1.8)


def _bars(axes: Axes, groups: tuple[Group, ...], money: Money) -> None:
    revenue = [group.claim.revenue for group in groups]
    axes.barh(range(len(groups)), revenue, height=0.5, color=BLUE, alpha=0.85)
    for row, value in enumerate(revenue):
        axes.annotate(
            money.short(value),
            (value, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.set_yticks(range(len(groups)), [short_label(group) for group in groups], fontsize=9)


def _legend(found: RuleComparison, currency: str, compared: bool) -> str:
    unit = f"revenue credited, {currency}"
    if not compared:
        return unit
    return f"{unit}\ngreen: revenue caused, {confidence(found.confidence_level)} interval"


def _say(
    groups: tuple[Group, ...], caused: Estimate | None, found: RuleComparison, money: Money
) -> str:
    told = "; ".join(f"{' and '.join(g.labels)} {money(g.claim.revenue)}" for g in groups)
    if caused is None:
        return f"Revenue credited: {told}."
    level = confidence(found.confidence_level)
    return f"Revenue credited: {told}. Revenue caused, {level}: {say(caused, money, 0.01)}."
