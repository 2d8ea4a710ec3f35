"""What the report says of who bought again: a sentence and one small table."""

from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.clv.retention import Difference, Retention
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import percent, plain, step_for
from smsroi_models.report.words import confidence


def retention_table(found: Retention, level: float) -> Html:
    """Return both arms' shares at fixed days, with their difference and its interval.

    Parameters
    ----------
    found : Retention
    level : float
        Confidence level of the intervals.
    """
    rows = [
        (f"Bought within {difference.days} days", *_row(difference))
        for difference in found.bought
        if difference.lift
    ]
    step = found.active_treatment.days[0] if found.active_treatment.days else 0
    rows += [
        (f"Bought in days {difference.days - step + 1} to {difference.days}", *_row(difference))
        for difference in found.active
        if difference.lift
    ]
    return fragment(
        "retention.html", sentence=sentence(found), rows=rows, confidence=confidence(level)
    )


def finding(found: Retention) -> str:
    """Say in a figure's title whether more of the texted bought, and whether that lasted."""
    if not found.bought or found.bought[-1].lift is None:
        return "Who bought again cannot be compared"
    first, last = found.bought[0].lift, found.bought[-1].lift
    days = found.bought[-1].days
    if last.ci_lower > 0:
        return f"After {days} days more of the texted have bought"
    if last.ci_upper < 0:
        return f"After {days} days fewer of the texted have bought"
    if first is not None and first.ci_lower > 0 and days > found.window_days:
        return f"More of the texted bought in the window; {days} days on, no difference is clear"
    return "As many of the texted as of the held-out bought, as far as can be told"


def sentence(found: Retention) -> str:
    """Say the same with the difference at the last day, and who was active at the end."""
    text = f"{finding(found)}."
    last = found.bought[-1].lift if found.bought else None
    if last is not None:
        texted, held = (_share(last, mean) for mean in (last.mean_treatment, last.mean_holdout))
        text += (
            f" Within {found.bought[-1].days} days of assignment {texted} of the texted bought, "
            f"and {held} of the held-out."
        )
    return text


def points(difference: Estimate) -> tuple[str, str]:
    r"""Write a difference of shares and its interval in percentage points.

    >>> from smsroi_models.attribution.lift import compare
    >>> from smsroi_models.attribution.moments import Moments
    >>> arms = [Moments.from_sums("b", 100, count, count) for count in (60, 50)]
    >>> points(compare(*arms, proportion=True).scaled(1.0))
    ('10\xa0pp', '−4 to 24\xa0pp')
    """
    values = difference.estimate, difference.ci_lower, difference.ci_upper
    ends = tuple(100 * value for value in values)
    step = step_for(Estimate(ends[0], 0.0, *ends[1:]), 1e-4)
    value, low, high = (plain(end, step) for end in ends)
    unit = "\N{NO-BREAK SPACE}pp"
    return f"{value}{unit}", f"{low} to {high}{unit}"


def _row(difference: Difference) -> tuple[str, str, tuple[str, str]]:
    lift = difference.lift
    assert lift is not None
    return (
        _share(lift, lift.mean_treatment),
        _share(lift, lift.mean_holdout),
        points(lift.scaled(1.0)),
    )


def _share(lift: Lift, share: float) -> str:
    return percent(share, min(step_for(lift.scaled(1.0), 1e-6), 0.01))
