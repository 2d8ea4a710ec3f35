"""The section on fatigue: what it comes to, the table of frequencies, and what it rests on."""

from smsroi_models.audience.fatigue_records import Fatigue, FrequencyPoint
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.fatigue_words import (
    fatigue_limits,
    fatigue_sentence,
    recent_sentence,
)
from smsroi_models.report.numbers import Money, plain, tally, with_interval
from smsroi_models.report.retold import retold
from smsroi_models.report.words import confidence

_ROWS = 5


def fatigue_table(found: Fatigue, currency: str) -> Html:
    """Return what frequent texts cost and bring, and from which frequency on one more is too many.

    Parameters
    ----------
    found : Fatigue
    currency : str
        ISO 4217 code of the store's currency.
    """
    step = (len(found.curve) - 1) // (_ROWS - 1)
    told_apart = any(recent.days == 7 for recent in found.recent)
    return fragment(
        "fatigue.html",
        sentence=fatigue_sentence(found, currency),
        recent=[recent_sentence(one, told_apart) for one in found.recent],
        rows=[_row(point, Money(currency)) for point in found.curve[::step]],
        priced=found.paying is not None,
        days=found.follow_days,
        counted=(
            f"{tally(found.customers)} customers were drawn to be texted or held out, "
            f"{tally(found.rows)} "
            f"times in all; {tally(found.opt_outs)} times an opt-out followed and "
            f"{tally(found.buyers)} "
            "times a purchase"
        ),
        limits=fatigue_limits(found, currency),
        confidence=confidence(found.confidence_level),
    )


def no_fatigue(reason: str) -> Html:
    """Return the section where fatigue cannot be told, with the reason."""
    return fragment("note.html", text=f"What frequent texts do cannot be told: {retold(reason)}")


def _row(point: FrequencyPoint, money: Money) -> dict[str, object]:
    def per_thousand(value: float, step: float) -> str:
        return plain(1_000 * value, 1_000 * step)

    return {
        "weekly": plain(point.weekly, 0.01),
        "opt_outs": with_interval(point.opt_outs_caused, per_thousand, 0.0001),
        "buyers": with_interval(point.buyers_caused, per_thousand, 0.0001),
        "next": with_interval(point.next_text, money, 0.01) if point.next_text else ("", ""),
    }
