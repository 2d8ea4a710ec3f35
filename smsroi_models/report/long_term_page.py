"""What the report says of a campaign beyond its window: three views, recruits, and the forecast."""

from smsroi_models.clv.long_term_records import Forecast, LongTerm, Recruits, Return
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import written_day
from smsroi_models.report.lost_page import lost_rows
from smsroi_models.report.numbers import Money, percent, plain, say, tally, with_interval
from smsroi_models.report.words import confidence

_RANDOMISED = "measured against the held-out, with no model"
_SUPPORT = {
    True: "forecast borne out",
    False: "forecast not supported by what was seen",
    None: "whether it came true: cannot tell",
}


def long_term_table(found: LongTerm, currency: str, window_days: int, level: float) -> Html:
    """Return the window's money beside that of the longer views, and what each rests on.

    Parameters
    ----------
    found : LongTerm
    currency : str
        ISO 4217 code of the store's currency.
    window_days : int
    level : float
        Confidence level of the intervals.
    """
    money = Money(currency)
    views = views_of(found, window_days)
    return fragment(
        "long_term.html",
        sentence=sentence(found, currency, window_days),
        views=[_view(name, why, view, money) for name, why, view in views],
        priced=found.in_window.profit is not None,
        no_year=found.no_year,
        recruits=_recruits(found.recruits, money, found) if found.recruits else None,
        no_recruits=found.no_recruits,
        lost=lost_rows(found, currency),
        forecasts=[_forecast(one, money) for one in found.forecasts],
        checks=found.checks,
        fit=_fit(found),
        confidence=confidence(level),
    )


def views_of(found: LongTerm, window_days: int) -> list[tuple[str, str, Return]]:
    """Return the views from the shortest to the longest: a name, what it rests on, the money."""
    views = [(f"The window of {window_days} days", _RANDOMISED, found.in_window)]
    if found.seen is not None:
        name = f"and the {found.seen_days} days after it, as seen"
        views.append((name, _RANDOMISED, found.seen))
    if found.year is not None:
        views.append((f"and a year after it, {_if(found)}", _assumption(found), found.year.total))
    return views


def finding(found: LongTerm) -> str:
    """Say in a figure's title what the longest view says."""
    view = found.year.total if found.year else found.seen
    if view is None:
        return "Too early to look beyond the window"
    figure = view.profit or view.margin
    what = "profit" if view.profit else "gain"
    over = "A year on" if found.year else f"{found.seen_days} days after the window"
    if figure.ci_lower > 0:
        return f"{over}, the {what} still stands"
    if figure.ci_upper < 0:
        return f"{over}, it {'cost more than it brought' if view.profit else 'has lost margin'}"
    window = found.in_window.profit or found.in_window.margin
    if window.ci_lower > 0:
        return f"{over}, what is left of the {what} cannot be told"
    return f"{over}, {'profit or loss' if view.profit else 'gain or loss'} cannot be told"


def sentence(found: LongTerm, currency: str, window_days: int) -> str:
    """Say the same in money, the window's beside the longest view's."""
    money = Money(currency)
    what = "profit" if found.in_window.profit else "extra margin"

    def told(view: Return) -> str:
        return say(view.profit or view.margin, money, 0.01)

    text = f"In the window of {window_days} days the {what} was {told(found.in_window)}."
    if found.seen is None:
        return text
    text += f" Up to the end of the {found.seen_days} days after it, as seen, {told(found.seen)}."
    if found.year is None:
        return text
    text += f" A year on, {_if(found)}: {told(found.year.total)}."
    return f"{text} {_wider(found)}"


def _if(found: LongTerm) -> str:
    assert found.year is not None
    return f"if the change of those {found.year.days} days goes on"


def _assumption(found: LongTerm) -> str:
    assert found.year is not None
    factor = plain(found.year.factor, 0.01)
    return (
        f"the same, and an assumption: what changed in the {found.year.days} days goes on in "
        f"proportion to what these customers buy anyway, in a year {factor} times as much "
        f"(discounted at {confidence(found.discount_rate)} a year)"
    )


def _wider(found: LongTerm) -> str:
    assert found.year is not None
    year, window = found.year.total.margin, found.in_window.margin
    times = (year.ci_upper - year.ci_lower) / (window.ci_upper - window.ci_lower)
    return (
        f"The longer view is {tally(times)} times as uncertain: every order that anybody places by "
        "chance is in it."
        if times >= 2
        else ""
    )


def _view(name: str, why: str, view: Return, money: Money) -> dict[str, object]:
    blank = ("", "")
    return {
        "name": name,
        "why": why,
        "margin": with_interval(view.margin, money, 0.01),
        "profit": with_interval(view.profit, money, 0.01) if view.profit else blank,
        "roi": with_interval(view.roi, percent, 0.01) if view.roi else blank,
    }


def _recruits(recruits: Recruits, money: Money, found: LongTerm) -> dict[str, object]:
    ahead = with_interval(recruits.ahead, money, 0.01) if recruits.ahead else None
    return {
        "recruited": tally(recruits.recruited),
        "referred": tally(recruits.referred) if recruits.referred else "",
        "buyers": tally(recruits.buyers),
        "nobody": not (recruits.recruited or recruits.referred),
        "margin": money(recruits.margin_so_far, 0.01 if abs(recruits.margin_so_far) < 100 else 1.0),
        "ahead": ahead,
        "reason": recruits.reason,
        "assigned": tally(recruits.assigned) if recruits.assigned else "",
        "earlier": tally(recruits.acquired_earlier) if recruits.acquired_earlier else "",
        "elsewhere": _elsewhere(recruits),
        "discount": confidence(found.discount_rate),
    }


def _elsewhere(recruits: Recruits) -> str:
    """Say who of the recruits other campaigns' reports count, too; empty where nobody."""
    if not recruits.elsewhere:
        return ""
    were = "was" if recruits.elsewhere == 1 else "were"
    return (
        f"{tally(recruits.elsewhere)} of them {were} in the arms of other campaigns, whose "
        "reports hold "
        "part of this margin: do not add them up."
    )


def _forecast(one: Forecast, money: Money) -> dict[str, object]:
    return {
        "days": one.days,
        "predicted": with_interval(one.predicted, money, 0.01),
        "seen": with_interval(one.seen, money, 0.01),
        "verdict": _SUPPORT[one.supported],
    }


def _fit(found: LongTerm) -> str:
    if found.fit is None:
        return ""
    return (
        f"The purchase model (BG/NBD, with Gamma-Gamma for spend) was fitted on all "
        f"{tally(found.fit.n_customers)} customers' orders up to "
        f"{written_day(found.fit.fitted_until)}, "
        "before anybody was assigned."
    )
