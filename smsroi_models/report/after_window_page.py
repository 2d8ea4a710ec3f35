"""What the report says of the time after the window: whether the gain was kept, and the table."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pull_forward import HorizonLift, PullForward
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import written_day
from smsroi_models.report.numbers import Money, with_interval
from smsroi_models.report.words import confidence


def after_window_table(found: PullForward, currency: str, cost: float | None = None) -> Html:
    """Return what became of the window's gain: a sentence, and the money by horizon.

    Parameters
    ----------
    found : PullForward
    currency : str
        ISO 4217 code of the store's currency.
    cost : float, optional
        Of the campaign, to hold the margin against.
    """
    money, window = Money(currency), found.incremental_window
    rows = []
    if window is not None:
        rows.append(("The window", ("", ""), with_interval(window, money, 0.01)))
    rows += [_row(horizon, money) for horizon in found.horizons]
    return fragment(
        "after_window.html",
        sentence=sentence(found, currency),
        rows=rows,
        cost=money.booked(cost) if cost else "",
        confidence=confidence(found.in_window.confidence_level) if found.in_window else "",
        too_early="; ".join(
            f"{days} days (from {written_day(when)} on)" for days, when in found.too_early.items()
        ),
        not_estimable=list(found.not_estimable.items()),
    )


def finding(found: PullForward) -> str:
    """Say in a figure's title what became of the window's gain."""
    if found.verdict == "too early":
        return "Too early to tell whether the gain lasts"
    if not found.horizons:
        return "What came after the window cannot be told"
    days = found.horizons[-1].days
    return {
        "kept": f"The gain was kept for the {days} days after the window",
        "partly moved earlier": f"Part of the gain was lost again within {days} days",
        "moved earlier": f"Orders were moved earlier: most of the gain was gone within {days} days",
        "cannot tell": _unclear(found, days),
    }[found.verdict]


def sentence(found: PullForward, currency: str) -> str:
    """Say the same in money, and what it rests on."""
    if not found.horizons or found.incremental_window is None:
        return f"{finding(found)}{_first_date(found)}."
    last, money = found.horizons[-1], Money(currency)
    change = _named(last.incremental_change, money)
    total = _named(last.incremental_total, money)
    level = confidence(last.total.confidence_level)
    return (
        f"{finding(found)}. In the {last.days} days after the window the margin differed by "
        f"{change}; from assignment on, the texts brought {total} in all, with {level} confidence."
    )


def _unclear(found: PullForward, days: int) -> str:
    window, last = found.in_window, found.horizons[-1]
    if window is not None and window.ci_lower <= 0:
        return "The window shows no clear gain that could have been kept or lost"
    if last.change.ci_upper < 0:
        return f"The texted bought less in the {days} days after; how much is left is unclear"
    return f"Whether the gain lasted {days} days cannot be told"


def _first_date(found: PullForward) -> str:
    if not found.too_early:
        return ""
    days, when = min(found.too_early.items())
    return f": the first {days} days after the last window end on {written_day(when)}"


def _named(figure: Estimate, money: Money) -> str:
    value, interval = with_interval(figure, money, 0.01)
    return f"{value} ({interval})"


def _row(horizon: HorizonLift, money: Money) -> tuple[str, tuple[str, str], tuple[str, str]]:
    return (
        f"and {horizon.days} days after it",
        with_interval(horizon.incremental_change, money, 0.01),
        with_interval(horizon.incremental_total, money, 0.01),
    )
