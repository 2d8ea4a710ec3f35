"""The figures of a plan's page: what each share shows, and what it costs and is worth."""

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.checks import FEW_BUYERS
from smsroi_models.planning.holdout import HoldoutOption
from smsroi_models.planning.proposed import Proposal
from smsroi_models.report import plan_words as words
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
    percent_axis,
)
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, percent

_DASHES = ((0, (1, 1.5)), (0, (4, 2)), (0, (6, 2, 1, 2)))


@in_store_locale
def power_curves(proposal: Proposal, ax: Canvas | None = None) -> Picture:
    """Draw how often a true ROI is called a gain, for some holdout shares."""
    title = words.power_finding(proposal)
    with figure_style():
        figure = canvas(ax, (5.2, 3.8))
        axes = figure.subplots()
        dashes = iter(_DASHES)
        for curve in sorted(proposal.curves, key=lambda curve: curve.holdout_share):
            chosen = curve.holdout_share == proposal.chosen.holdout_share
            axes.plot(
                curve.roi,
                curve.chance,
                color=BLUE if chosen else GREY,
                linewidth=2.6 if chosen else 1.6,
                linestyle="solid" if chosen else next(dashes),
                label=f"{words.share(curve.holdout_share)} held out",
            )
        _mark_seen(axes, proposal)
        axes.set_xlabel("true ROI of the campaign")
        axes.set_ylabel("chance that it is called a gain")
        percent_axis(axes.xaxis)
        percent_axis(axes.yaxis)
        axes.set_xlim(0, proposal.curves[0].roi[-1])
        axes.set_ylim(0, 1.02)
        axes.legend(loc="best", edgecolor="none", framealpha=0.9)
        head(figure, title)
        sns.despine(ax=axes)
    spoken = "; ".join(_say_curve(option) for option in _some(proposal))
    return Picture(figure, f"{title}. Smallest ROI seen as often: {spoken}.")


@in_store_locale
def value_and_cost(proposal: Proposal, ax: Canvas | None = None) -> Picture:
    """Draw value and cost by holdout share or, without a value, the smallest ROI that it shows."""
    title = words.value_finding(proposal)
    with figure_style():
        figure = canvas(ax, (5.2, 3.8))
        axes = figure.subplots()
        if proposal.chosen.net_value is None:
            _draw_returns(axes, proposal)
        else:
            _draw_money(axes, proposal)
        _shade_few_buyers(axes, proposal)
        percent_axis(axes.xaxis)
        axes.set_xlabel("share of customers held out")
        axes.set_xlim(0, 0.51)
        head(figure, title)
        sns.despine(ax=axes)
    return Picture(figure, f"{title}. {_say_money(proposal)}.")


def _mark_seen(axes: Axes, proposal: Proposal) -> None:
    roi = proposal.chosen.detectable.roi
    assert roi is not None
    axes.plot([0, roi], [proposal.power] * 2, color=INK, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.plot([roi] * 2, [0, proposal.power], color=INK, linewidth=0.8, linestyle=(0, (2, 3)))
    axes.plot([roi], [proposal.power], color=BLUE, marker="o", markersize=7)


def _draw_money(axes: Axes, proposal: Proposal) -> None:
    money = Money(proposal.currency)
    shares, value, cost, net = zip(*map(_amounts, proposal.options), strict=True)
    for label, amounts, colour, dashes in (
        ("value of knowing", value, BLUE, "solid"),
        ("value less cost", net, GREEN, (0, (4, 2))),
        ("cost of holding out", cost, RED, (0, (1, 1.5))),
    ):
        axes.plot(shares, amounts, color=colour, linewidth=2.2, linestyle=dashes, label=label)
    for option, fill in ((proposal.recommended, "none"), (proposal.chosen, "full")):
        share, *_, net_value = _amounts(option)
        axes.plot([share], [net_value], color=GREEN, marker="o", markersize=8, fillstyle=fill)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.set_ylabel(f"expected, {proposal.currency}")
    money_axis(axes.yaxis, money)
    axes.legend(loc="best", edgecolor="none", framealpha=0.9)


def _amounts(option: HoldoutOption) -> tuple[float, float, float, float]:
    """Return share, value, cost and net value of an option that has them."""
    assert option.value is not None and option.cost is not None and option.net_value is not None
    return option.holdout_share, option.value, option.cost.estimate, option.net_value


def _draw_returns(axes: Axes, proposal: Proposal) -> None:
    pairs = [
        (option.holdout_share, option.detectable.roi)
        for option in proposal.options
        if option.detectable.roi is not None
    ]
    chosen = proposal.chosen
    assert chosen.detectable.roi is not None
    axes.plot(*zip(*pairs, strict=True), color=BLUE, linewidth=2.2)
    axes.plot([chosen.holdout_share], [chosen.detectable.roi], color=BLUE, marker="o", markersize=8)
    # The smallest shares show next to nothing; they would flatten all the others.
    axes.set_ylim(0, 3 * chosen.detectable.roi)
    percent_axis(axes.yaxis)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6))
    axes.set_ylabel("smallest ROI seen")


def _shade_few_buyers(axes: Axes, proposal: Proposal) -> None:
    expected = proposal.spending.conversion * proposal.stakes.n_customers
    limit = min(FEW_BUYERS / expected, 0.51) if expected else 0.51
    axes.axvspan(0, limit, color=GREY, alpha=0.15, linewidth=0)
    inside = limit > 0.3
    axes.annotate(
        f"fewer than {FEW_BUYERS}\nheld-out buyers",
        (limit, 0.08 if inside else 0.3),
        xycoords=("data", "axes fraction"),
        xytext=(-4 if inside else 4, 0),
        textcoords="offset points",
        ha="right" if inside else "left",
        color=INK,
        fontsize=8.5,
    )


def _some(proposal: Proposal) -> list[HoldoutOption]:
    """Return the options that a reader is told of: a few round shares."""
    told = {0.01, 0.05, 0.1, 0.2, 0.5}
    return [option for option in proposal.options if option.holdout_share in told]


def _say_curve(option: HoldoutOption) -> str:
    return f"{words.share(option.holdout_share)} held out, {words.seen(option)}"


def _say_money(proposal: Proposal) -> str:
    money = Money(proposal.currency)
    parts = []
    for option in _some(proposal):
        told = f"{words.share(option.holdout_share)} held out: smallest ROI {words.seen(option)}"
        if option.value is not None and option.cost is not None:
            cost = words.about(option.cost.estimate, money)
            told += f", value {words.about(option.value, money)}, cost {cost}"
        parts.append(told)
    few = percent(FEW_BUYERS / (proposal.spending.conversion * proposal.stakes.n_customers or 1.0))
    return f"{'; '.join(parts)}. Below {few}, fewer than {FEW_BUYERS} held-out customers buy"
