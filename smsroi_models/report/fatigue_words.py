"""What is said of fatigue: in a title, in sentences, and what it rests on."""

from smsroi_models.audience.fatigue_records import Fatigue, PayingFrequency, RecentTexts
from smsroi_models.report.lost_page import rests_on
from smsroi_models.report.numbers import Money, plain

_NAMES = {"opted_out": "opting out after a text", "bought": "buying after a text"}


def fatigue_finding(found: Fatigue) -> str:
    """Say in a figure's title what the frequency comes to.

    Parameters
    ----------
    found : Fatigue
    """
    if found.paying is None:
        return _hazard_finding(found)
    paying, most = found.paying, _a_week(found.paying.highest_seen)
    if paying.status == "reached" and not (paying.ci_lower is None and paying.ci_upper is None):
        assert paying.weekly is not None
        return f"From about {_a_week(paying.weekly)} on, one more does not pay"
    if paying.status == "not reached" and paying.ci_lower is None:
        return f"Up to {most}, the most seen, one more text still pays"
    if paying.status == "never paid" and paying.ci_upper == paying.lowest_seen:
        return f"Even at {_a_week(paying.lowest_seen)}, the fewest seen, one more text does not pay"
    return "How many texts are too many cannot be told yet"


def fatigue_sentence(found: Fatigue, currency: str) -> str:
    """Say it in full: the frequency with its interval, and what lies beyond what was seen.

    Parameters
    ----------
    found : Fatigue
    currency : str
        ISO 4217 code of the store's currency.
    """
    usual = (
        f"In the 30 days before a campaign's draw subscribers had {_a_week(found.usual_weekly)} on "
        "average; the first campaigns had none before them."
    )
    if found.paying is None:
        why = (
            f"From which frequency on one more text does not pay cannot be told: {found.no_value}."
        )
        return f"{usual} {why}"
    return f"{usual} {_paying(found.paying)} {_next(found, Money(currency))}"


def recent_sentence(recent: RecentTexts, told_apart: bool) -> str:
    """Say by what one more recent text multiplies a hazard.

    Parameters
    ----------
    recent : RecentTexts
    told_apart : bool
        Whether the last 7 days are told apart from the rest of the 30.
    """
    ratio = recent.ratio
    when = "7 days" if recent.days == 7 else "8 to 30 days" if told_apart else "30 days"
    clear = ratio.ci_lower > 1 or ratio.ci_upper < 1
    change = f"multiplies {_NAMES[recent.outcome]} by {plain(ratio.estimate, 0.01)}"
    ends = f"({plain(ratio.ci_lower, 0.01)} to {plain(ratio.ci_upper, 0.01)})"
    doubt = "" if clear else ": whether it does is not clear"
    return f"One more text in the {when} before {change} {ends}{doubt}."


def fatigue_limits(found: Fatigue, currency: str) -> list[str]:
    """Return what the figures rest on and what they leave out, a sentence or two each.

    Parameters
    ----------
    found : Fatigue
    currency : str
    """
    limits = [
        "Only the part of the number of texts that the holdouts' draws decided is used: customers "
        "who were texted more because they buy more are not compared with others. That takes lists "
        "that do not follow what earlier texts caused, such as a recent purchase; no such rule was "
        "found at this size. What else is in the model (age of the opt-in, coupon, length of the "
        "text) is association.",
        "The figures are of those still subscribed. Whoever left is in no later draw, so that the "
        "most easily annoyed are missing where texts were many: the true effect on a new "
        "subscriber may be larger.",
        f"A purchase or an opt-out counts in the {found.follow_days} days after a draw, whether or "
        "not the text was delivered. What is bought later is taken not to hang on the frequency.",
        f"Nothing is said beyond {_a_week(found.curve[-1].weekly)}: so often was as often as a "
        "hundredth of the customers were texted.",
    ]
    if found.value is None:
        return limits
    return [
        *limits,
        rests_on(found.value, Money(currency)),
        "A campaign's other costs are not in it: they do not grow with the number of texts.",
        "What one more text brings is counted with what it takes from the texts that follow it, "
        "for a subscriber who is texted at a steady pace.",
    ]


def _paying(paying: PayingFrequency) -> str:
    most, fewest = _a_week(paying.highest_seen), _a_week(paying.lowest_seen)
    low, high = paying.ci_lower, paying.ci_upper
    if paying.status == "not reached":
        text = (
            "Where the next text stops paying was not reached within the frequencies seen (up to "
            f"{most})."
        )
        near = f" From {_a_week(low)} on it may not pay: the interval holds zero." if low else ""
        return text + near
    if paying.status == "never paid":
        if high == paying.lowest_seen:
            return f"Even at {fewest}, the fewest seen, the next text does not pay."
        return (
            f"At {fewest}, the fewest seen, the next text brought nothing, but that is not clear."
        )
    assert paying.weekly is not None
    if low is None and high is None:
        return (
            "Where the next text stops paying cannot be told: every frequency seen (from "
            f"{fewest} to {most}) agrees with the data."
        )
    lower = (
        f"from {plain(low, 0.01)}"
        if low is not None
        else f"from below {plain(paying.lowest_seen, 0.01)}"
    )
    upper = f"to {_a_week(high)}" if high is not None else f"to beyond the {most} that were seen"
    return f"The next text stops paying at about {_a_week(paying.weekly)} ({lower} {upper})."


def _next(found: Fatigue, money: Money) -> str:
    first, last = found.curve[0].next_text, found.curve[-1].next_text
    assert first is not None
    assert last is not None
    ends = [
        f"{money(one.estimate, 0.01)} at {_a_week(point.weekly)}"
        for one, point in ((first, found.curve[0]), (last, found.curve[-1]))
    ]
    return f"One more text brings {' and '.join(ends)}."


def _hazard_finding(found: Fatigue) -> str:
    ratio = next(r.ratio for r in found.recent if r.outcome == "opted_out" and r.days == 30)
    if ratio.ci_lower > 1:
        return f"Each recent text makes opting out {plain(ratio.estimate, 0.01)} times as likely"
    if ratio.ci_upper < 1:
        return "Subscribers texted more often opt out less after a text"
    return "Whether frequent texts drive subscribers away cannot be told"


def _a_week(weekly: float) -> str:
    """Write a frequency.

    >>> _a_week(0.4667), _a_week(1.0), _a_week(0.0)
    ('0.47 texts a week', '1 text a week', 'no texts a week')
    """
    text = plain(weekly, 0.01).rstrip("0").rstrip(".") if weekly else "no"
    return f"{text} {'text' if text == '1' else 'texts'} a week"
