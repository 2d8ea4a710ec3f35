"""What the report says of the days of a window: what the campaign had added by the end of some."""

from smsroi_models.attribution.estimates import DayLift
from smsroi_models.report import words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, step_for, with_interval
from smsroi_models.result import CampaignResult

# Rows that a reader takes in at a glance; more are folded.
_MOST_ROWS = 6
Row = tuple[str, str, str]


@in_store_locale
def days_table(result: CampaignResult) -> Html:
    """Return from which day on it could be told, and the margin added by the end of some days.

    Parameters
    ----------
    result : CampaignResult
    """
    rows = [_row(day, result) for day in told_days(result)]
    money = Money(result.campaign.currency)
    return fragment(
        "days.html",
        sentence=f"{words.payback(result)}. {words.first_clear(result)}.",
        rows=rows,
        end=() if result.so_far else with_interval(result.roi.incremental_margin, money, 0.01),
        cost=money.booked(result.roi.cost) if result.roi.cost is not None else "",
        folded=len(rows) > _MOST_ROWS,
        confidence=words.confidence(result.confidence_level),
    )


def told_days(result: CampaignResult) -> tuple[int, ...]:
    """Return the days that a reader is told of: the first, the third, each week's end and the last.

    Parameters
    ----------
    result : CampaignResult
    """
    last = result.campaign.window_days
    return tuple(day for day in range(1, last + 1) if day in (1, 3, last) or day % 7 == 0)


def gathered(day: DayLift, money: Money, *, at_end: bool = False) -> tuple[str, str]:
    """Write what was added by a day, with the interval for a reader of every day.

    Parameters
    ----------
    day : DayLift
    money : Money
    at_end : bool
        Whether it is the day of the one final reading: both are then rounded to what the narrower
        interval of that supports, so that one figure is not told in two ways.

    Examples
    --------
    >>> from smsroi_models.attribution.effects import Estimate
    >>> alone = Estimate(6_243.0, 3_600.0, -813.0, 13_299.0)
    >>> every = Estimate(6_243.0, 3_600.0, -4_911.0, 17_397.0)
    >>> day = DayLift(14, alone, every, 1.0)
    >>> gathered(day, Money("USD")), gathered(day, Money("USD"), at_end=True)
    (('$6,000', '−$5,000 to $17,000'), ('$6,200', '−$4,900 to $17,400'))
    """
    band = day.sequence
    step = step_for(day.margin if at_end else band, 0.01)
    low, high = money(band.ci_lower, step), money(band.ci_upper, step)
    return money(band.estimate, step), f"{low} to {high}"


def said_by(day: DayLift, result: CampaignResult) -> str:
    """Write the same in one piece.

    Parameters
    ----------
    day : DayLift
        One of the result's.
    result : CampaignResult
    """
    return "{} ({})".format(*_written(day, result))


def _written(day: DayLift, result: CampaignResult) -> tuple[str, str]:
    at_end = result.so_far is None and day.day == result.campaign.window_days
    return gathered(day, Money(result.campaign.currency), at_end=at_end)


def _row(day: int, result: CampaignResult) -> Row:
    found = {each.day: each for each in result.daily}.get(day)
    name = f"day {day}"
    if found is None:
        return name, "not estimable", "too few orders yet"
    return name, *_written(found, result)
