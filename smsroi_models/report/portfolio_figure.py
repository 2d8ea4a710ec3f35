"""The figures of the report on all campaigns: each one's return, and the money gathered."""

from typing import Any

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.effects import Estimate
from smsroi_models.portfolio_result import CampaignFigures, PortfolioResult
from smsroi_models.report import portfolio_words as words
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
from smsroi_models.report.in_locale import in_store_locale, written_day, written_month
from smsroi_models.report.numbers import Money, percent, say, shortened
from smsroi_models.report.words import confidence

_LONGEST_NAME = 17
# More lines than this are no longer read; the table has all of them.
MOST_CAMPAIGNS = 40
# A bar this many times as long as the median one would leave the others without length.
_TIMES_USUAL = 20


@in_store_locale
def forest(result: PortfolioResult, ax: Canvas | None = None) -> Picture | Html:
    """Draw each campaign's ROI, as measured and after allowing for luck, the oldest on top."""
    read = [each for each in result.campaigns if each.roi]
    if not read:
        return Html("")
    shown, title = read[-MOST_CAMPAIGNS:], words.forest_finding(result)
    with figure_style():
        figure = canvas(ax, (5.2, 2.0 + 0.36 * len(shown)))
        axes = figure.subplots()
        for row, each in enumerate(shown):
            _draw(axes, row, each, result)
        axes.axvline(0, color=INK, linewidth=0.8)
        names = [
            f"{shortened(each.name, _LONGEST_NAME)}, {written_month(each.starts_at)}"
            for each in shown
        ]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.3, -0.7)
        axes.margins(x=0.04)
        cut = _cut_long_bars(axes, shown, result)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        write_ticks(axes.xaxis, lambda value: percent(value))
        which = "" if len(shown) == len(read) else f"the latest {len(shown)} of {len(read)}\n"
        bars = f"bars: {_level(result)}{cut}"
        axes.set_xlabel(f"return on cost (ROI)\n{which}{bars}\n{_legend(result)}")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    return Picture(figure, f"{title}. {_say_forest(shown, result)}.")


@in_store_locale
def gathered(result: PortfolioResult, ax: Canvas | None = None) -> Picture | Html:
    """Draw the profit of all campaigns gathered from the first on, with its interval."""
    # By the day on which each was settled: a long window that began first may end last.
    known = sorted((c for c in result.campaigns if c.profit), key=lambda each: each.ends_at)
    if len(known) < 2:
        return Html("")
    sums = _gathered(known, result)
    days: Any = [each.ends_at for each in known]
    money, title = Money(result.currency), words.money_finding(result)
    with figure_style():
        figure = canvas(ax, (5.2, 3.6))
        axes = figure.subplots()
        low, high = [one.ci_lower for one in sums], [one.ci_upper for one in sums]
        axes.fill_between(days, low, high, color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(days, [one.estimate for one in sums], color=BLUE, linewidth=2.2, marker="o")
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.set_xticks(*_dates(known))
        money_axis(axes.yaxis, money)
        axes.set_ylabel(f"profit gathered, {result.currency}")
        axes.set_xlabel(f"end of each campaign's window\nband: {_level(result)}")
        head(figure, title)
        sns.despine(ax=axes)
    told = "; ".join(
        f"by {written_day(each.ends_at)} {say(one, money, 0.01)}"
        for each, one in zip(known, sums, strict=True)
    )
    return Picture(figure, f"{title}. Profit gathered, {_level(result)}: {told}.")


def _cut_long_bars(axes: Axes, shown: list[CampaignFigures], result: PortfolioResult) -> str:
    """Let no campaign that cost next to nothing flatten the others; say where bars are cut."""
    bars = [each.roi for each in shown if each.roi]
    bars += [result.pooled.drawn[c.campaign_id] for c in shown] if result.pooled else []
    widths = sorted(bar.ci_upper - bar.ci_lower for bar in bars)
    usual = _TIMES_USUAL * widths[(len(widths) - 1) // 2]
    kept = [bar for bar in bars if bar.ci_upper - bar.ci_lower <= usual]
    if len(kept) == len(bars):
        return ""
    low = min(0.0, *(bar.ci_lower for bar in kept))
    high = max(0.0, *(bar.ci_upper for bar in kept))
    edge = 0.04 * (high - low)
    axes.set_xlim(low - edge, high + edge)
    return "; longer ones are cut"


def _draw(axes: Axes, row: int, each: CampaignFigures, result: PortfolioResult) -> None:
    assert each.roi is not None
    if result.pooled is None:
        _bar(axes, row, each.roi, BLUE, "full")
        return
    _bar(axes, row - 0.14, each.roi, GREY, "none")
    _bar(axes, row + 0.14, result.pooled.drawn[each.campaign_id], BLUE, "full")


def _bar(axes: Axes, row: float, figure: Estimate, colour: str, fill: Any) -> None:
    width = 2.2 if fill == "full" else 1.2
    axes.plot([figure.ci_lower, figure.ci_upper], [row, row], color=colour, linewidth=width)
    axes.plot(
        [figure.estimate],
        [row],
        marker="o",
        markersize=6,
        color=colour,
        markerfacecolor=colour if fill == "full" else "white",
    )


def _gathered(known: list[CampaignFigures], result: PortfolioResult) -> list[Estimate]:
    parts = [(each.profit, each.degrees_of_freedom) for each in known if each.profit]
    sums = [result.added(parts[: upto + 1]) for upto in range(len(parts))]
    return [one for one in sums if one]


def _dates(known: list[CampaignFigures]) -> tuple[Any, list[str]]:
    """Return a few of the days on which a window ended, and how they are written."""
    first, last = known[0].ends_at, known[-1].ends_at
    days = [first]
    for each in known[1:]:
        # A date takes a quarter of the axis: the last one stands, and none too close to it.
        if each.ends_at - days[-1] >= 0.28 * (last - first) <= last - each.ends_at:
            days.append(each.ends_at)
    days += [last] if last > first else []
    return days, [written_day(day) for day in days]


def _level(result: PortfolioResult) -> str:
    return f"{confidence(result.confidence_level)} intervals"


def _legend(result: PortfolioResult) -> str:
    if result.pooled is None:
        return "as measured: luck is not\nallowed for"
    return "grey: as measured\nblue: after allowing for luck"


def _say_forest(shown: list[CampaignFigures], result: PortfolioResult) -> str:
    said = []
    for each in shown:
        assert each.roi is not None
        told = f"{shortened(each.name)} {say(each.roi, percent, 0.01)}"
        if result.pooled:
            drawn = result.pooled.drawn[each.campaign_id]
            told += f", after allowing for luck {say(drawn, percent, 0.01)}"
        said.append(told)
    return f"Return on cost, {_level(result)}: {'; '.join(said)}"
