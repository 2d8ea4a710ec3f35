"""The sentences of the report on the audience's health, made from its result."""

from datetime import date

from smsroi_models.audience.control_chart import ChartPoint, ControlChart
from smsroi_models.audience.list_growth import ListMonth
from smsroi_models.audience.rates import Rate
from smsroi_models.audience.survival import SurvivalCurve
from smsroi_models.audience_result import AudienceResult
from smsroi_models.report.in_locale import written_day, written_month
from smsroi_models.report.numbers import percent, plain, shortened, tally
from smsroi_models.report.words import confidence

TITLE = "How is the audience?"
# Days at which survival is told, the longest that the curve reaches.
TOLD_AT = (365, 180, 30)
_CLEAR = 0.05


def verdict(result: AudienceResult) -> str:
    """Return the answer to the report's question in one piece, with the checks that failed."""
    failed = [check.name.lower() for check in result.failed]
    caution = f" Checks that failed: {', '.join(failed)}." if failed else ""
    return " ".join(part for part in (headline(result), *sentences(result)) if part) + caution


def headline(result: AudienceResult) -> str:
    """Say how many asked to stop and may be texted on; where nobody did, how the list grew."""
    asked = result.asked
    if asked is not None and asked.customers:
        many = asked.customers != 1
        return (
            f"{tally(asked.customers)} customer{'s' * many} asked to stop and may still be texted."
        )
    return f"{growth_finding(result)}."


def sentences(result: AudienceResult) -> tuple[str, ...]:
    """Return what follows the headline: texts after the request, the list, and who stays."""
    asked = result.asked
    said = []
    if asked is not None and asked.customers:
        said.append(asked_sentence(result))
        if result.growth is not None:
            said.append(f"{growth_finding(result)}.")
    if result.survival is not None:
        said.append(f"{survival_finding(result)}.")
    return tuple(said)


def asked_sentence(result: AudienceResult) -> str:
    """Say who asked in other words, how often they were texted since, and what to do."""
    asked = result.asked
    assert asked is not None
    why = (
        "They wrote it in words that the platform does not honour, such as “stop please”, and "
        "nothing has taken them off the list since."
    )
    if asked.texted_since:
        have, texts = "have" if asked.texted_since != 1 else "has", asked.texts_since
        since = (
            f" {tally(asked.texted_since)} of them {have} been texted again, {tally(texts)} "
            f"text{'s' * (texts != 1)} in all."
        )
    else:
        since = " None of them is known to have been texted again."
    return f"{why}{since}"


def growth_finding(result: AudienceResult) -> str:
    """Say how large the list is, and how it changed in the last year or since it began."""
    growth = result.growth
    if growth is None:
        return "How large the list is cannot be told"
    months = growth.months[-12:]
    change = growth.subscribers - months[0].opening
    size = f"{tally(growth.subscribers)} subscribers"
    if len(months) == len(growth.months):
        came = sum(m.joined + m.rejoined for m in months)
        left = sum(m.left for m in months)
        return f"{size}: {tally(came)} joined and {tally(left)} left"
    # The last month may have just begun: the day is said, and not a number of months.
    since = f"on {written_day(months[0].starts)}"
    if change == 0:
        return f"{size}, as many as {since}"
    return f"{size}, {tally(abs(change))} {'more' if change > 0 else 'fewer'} than {since}"


def whole_months(result: AudienceResult) -> list[ListMonth]:
    """Return the months that are over in which there was somebody to leave."""
    months = result.growth.months if result.growth else ()
    return [month for month in months if month.churn is not None and _over(month, result)]


def churn_sentence(result: AudienceResult) -> str:
    """Say what share left in the last whole month and how that compares with the year before."""
    whole = whole_months(result)
    if not whole:
        return "No month is over yet."
    last = whole[-1]
    assert last.churn is not None
    text = (
        f"In {last.starts:%B %Y} {percent(last.churn, 0.001)} of the list left ({tally(last.left)})"
    )
    earlier = [m for m in whole[-13:-1] if m.opening]
    if len(earlier) < 3:
        return f"{text}."
    mean = sum(m.left for m in earlier) / sum(m.opening + m.joined + m.rejoined for m in earlier)
    return f"{text}; in the {len(earlier)} months before, {percent(mean, 0.001)} a month."


def survival_finding(result: AudienceResult) -> str:
    """Say what share stays for how long, and whether that depends on how they came."""
    curve = result.survival
    if curve is None:
        return "How long subscribers stay cannot be told"
    day = told_at(curve)
    found = curve.at(day)
    assert found is not None
    text = f"After {day} days {percent(found[0], 0.001)} of subscribers are still there"
    return f"{text}; {_by_source(result)}" if result.sources_differ else text


def told_at(*curves: SurvivalCurve) -> int:
    """Return the longest of the usual days that every curve reaches, or the last that all do."""
    last = min(curve.days[-1] for curve in curves)
    return next((day for day in TOLD_AT if day <= last), last)


def share_with_interval(rate: Rate) -> tuple[str, str]:
    r"""Write a share with its interval, to a digit that the interval supports.

    >>> from smsroi_models.audience.rates import share_of
    >>> share_with_interval(share_of(116, 12_134))
    ('0.96%', '0.80 to 1.15%')
    """
    step = 0.0001 if rate.ci_upper < 0.1 else 0.001 if rate.of > 100 else 0.01
    return percent(rate.rate, step), span(rate.ci_lower, rate.ci_upper, step)


def span(low: float, high: float, step: float = 0.001) -> str:
    r"""Write the ends of an interval of shares.

    >>> span(0.903, 0.912)
    '90.3 to 91.2%'
    """
    return f"{plain(100 * low, 100 * step)} to {percent(high, step)}"


def chart_finding(result: AudienceResult) -> str:
    """Say which campaigns drove unusually many or few away, and whether there is a trend."""
    chart = result.chart
    if chart is None:
        return "Which campaign is unusual cannot be told yet"
    return f"{_flagged(chart)}{_trend(chart)}"


def month_name(starts: date) -> str:
    """Name a month: ``Mar 2025``."""
    return f"{written_month(starts)}"


def method(result: AudienceResult) -> str:
    """Say how the figures were made."""
    level = confidence(result.confidence_level)
    late = (
        f" Opt-outs are recorded since {written_day(result.records_start)}: older "
        "subscriptions count "
        "from then on."
        if result.records_start
        else ""
    )
    return (
        "A spell of subscription runs from an opt-in to the opt-out after it; who comes back "
        "starts anew. How long spells last: Kaplan and Meier's estimate over whole days since the "
        f"opt-in, spells that go on censored as of this report, {level} intervals from Greenwood's "
        f"variance on the log-log scale; sources compared by the log-rank test.{late} An opt-out "
        "counts for the last text delivered in the seven days before it, once. Shares have "
        "Wilson's intervals. Campaigns are judged against a straight line through the others, with "
        "limits that widen by how much campaigns differ beyond chance. Caused: the share who opted "
        "out in the outcome window among those assigned to a text, less that among those held out."
    )


def _over(month: ListMonth, result: AudienceResult) -> bool:
    next_month = date(month.starts.year + month.starts.month // 12, month.starts.month % 12 + 1, 1)
    return next_month <= result.as_of.date()


def _by_source(result: AudienceResult) -> str:
    assert result.sources_differ is not None
    curves = result.by_source
    if result.sources_differ.p_value >= _CLEAR or len(curves) < 2:
        return "how they joined makes no clear difference"
    day = told_at(*curves.values())
    shares = {name: found[0] for name, curve in curves.items() if (found := curve.at(day))}
    best, worst = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    return (
        f"those from {shortened(best, 20)} stay longest ({percent(shares[best], 0.001)} after "
        f"{day} days), those from {shortened(worst, 20)} least ({percent(shares[worst], 0.001)})"
    )


def _flagged(chart: ControlChart) -> str:
    high = [point for point in chart.flagged if point.verdict == "high"]
    low = [point for point in chart.flagged if point.verdict == "low"]
    parts = [
        f"{_named(points)} drove unusually {many} away"
        for points, many in ((high, "many"), (low, "few"))
        if points
    ]
    return " and ".join(parts) or "No campaign stands out by its opt-outs"


def _named(points: list[ChartPoint]) -> str:
    names = [f"“{shortened(point.name, 24)}”" for point in points[:2]]
    more = len(points) - len(names)
    return " and ".join([*names, *([f"{more} more"] if more > 0 else [])])


def _trend(chart: ControlChart) -> str:
    trend = chart.trend
    if trend.p_value >= _CLEAR:
        return ""
    way = "rose" if trend.last > trend.first else "fell"
    first, last = percent(trend.first, 0.001), percent(trend.last, 0.001)
    return f"; opt-outs per text {way} from {first} to {last}"
