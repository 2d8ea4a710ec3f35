"""What the report says of the days of a window: what the campaign had added by the end of some."""

from smsroi_models.attribution.estimates import DayLift
from smsroi_models.report import words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import Money, step_for, with_interval
from smsroi_models.result import CampaignResult

# Rows that a reader takes in at a glance; more are folded.
_MOST_ROWS = 6
Row = tuple[str, str, str]


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


def gathered(day: DayLift, money: Money) -> tuple[str, str]:
    """Write what was added by a day, with the interval for a reader of every day.

    Both are rounded to what the interval of that day alone supports, so that the last day's figure
    is to the digit that of the final reading.

    Parameters
    ----------
    day : DayLift
    money : Money

    Examples
    --------
    >>> from smsroi_models.attribution.effects import Estimate
    >>> alone = Estimate(6_243.0, 3_600.0, -813.0, 13_299.0)
    >>> every = Estimate(6_243.0, 3_600.0, -4_911.0, 17_397.0)
    >>> gathered(DayLift(14, alone, every, 1.0), Money("USD"))
    ('$6,200', '−$4,900 to $17,400')
    """
    step, band = step_for(day.margin, 0.01), day.sequence
    low, high = money(band.ci_lower, step), money(band.ci_upper, step)
    return money(day.margin.estimate, step), f"{low} to {high}"


def _row(day: int, result: CampaignResult) -> Row:
    found = {each.day: each for each in result.daily}.get(day)
    name = f"day {day}"
    if found is None:
        return name, "not estimable", "too few orders yet"
    return name, *gathered(found, Money(result.campaign.currency))


def said_by(day: DayLift, money: Money) -> str:
    """Write the same in one piece.

    Parameters
    ----------
    day : DayLift
    money : Money
    """
    return "{} ({})".format(*gathered(day, money))
