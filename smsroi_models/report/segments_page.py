"""What the report says of a campaign's segments: the finding, the table and its caution."""

from collections.abc import Callable

from smsroi_models.attribution.estimates import PROPORTIONS
from smsroi_models.attribution.segment_records import SegmentLift, Segments, named
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import (
    Money,
    p_written,
    percent,
    plain,
    shortened,
    tally,
    with_interval,
)
from smsroi_models.report.words import confidence

_UNITS = {
    "revenue": "extra revenue per assigned customer, {}",
    "margin": "extra margin per assigned customer, {}",
    "orders": "extra orders per assigned customer",
    "converted": "change in the share who bought, percentage points",
    "opted_out": "change in the share who opted out, percentage points",
}
_MONEY = ("revenue", "margin")


def segments_table(segments: Segments, currency: str) -> Html:
    """Return the finding in a sentence, each segment's lift and money, and what they do not say.

    Parameters
    ----------
    segments : Segments
    currency : str
        ISO 4217 code of the store's currency.
    """
    return fragment(
        "segments.html",
        sentence=sentence(segments),
        by=segments.by.replace("_", " "),
        unit=unit_of(segments, currency),
        confidently=confidently(segments),
        rows=[_row(part, segments, currency) for part in segments.segments],
        everyone=_everyone(segments, currency),
        not_tested=[(shortened(name), why) for name, why in segments.not_tested.items()],
        leaning=segments.leaning,
        false_findings=percent(segments.false_finding_share),
        stated=percent((1 - segments.confidence_level) / 2, 0.001),
        paid=_payers(segments),
    )


def finding(segments: Segments) -> str:
    """Say in a figure's title whether segments differ, and which responded more."""
    if segments.heterogeneity is None:
        return "One segment alone could be compared"
    if not segments.differ:
        return "No sign that segments differ"
    if segments.responded_more:
        return f"{_names(segments.responded_more)} responded more than the rest"
    if segments.responded_less:
        return f"{_names(segments.responded_less)} responded less than the rest"
    return "Segments differ; which ones cannot be told"


def sentence(segments: Segments) -> str:
    """Say the same with the test behind it, and what it means for whom to text."""
    test = segments.heterogeneity
    if test is None:
        return f"{finding(segments)}: whether segments differ cannot be told."
    told = p_written(test.p_value)
    chance = f"p {told}" if told.startswith("<") else f"p = {told}"
    said = f"{finding(segments)} ({chance} over all {len(segments.segments)})."
    if segments.differ:
        return f"{said} Did all respond alike, lifts would seldom lie as far apart as these."
    return (
        f"{said} Chance alone makes lifts as far apart as these; the highest and the lowest are no "
        "reason to text some and not others."
    )


def unit_of(segments: Segments, currency: str) -> str:
    """Name what is measured, with its unit."""
    return _UNITS[segments.outcome].format(currency)


def scale_of(segments: Segments) -> float:
    """Return 100 for a share, shown in percentage points, and otherwise 1."""
    return 100.0 if segments.outcome in PROPORTIONS else 1.0


def writer_of(segments: Segments, currency: str) -> Callable[[float, float], str]:
    """Return what writes amounts of the outcome."""
    return _cents(Money(currency)) if segments.outcome in _MONEY else plain


def confidently(segments: Segments) -> str:
    """Name the segments' intervals: ``95% intervals that hold for all segments together``."""
    level = confidence(segments.confidence_level)
    return f"{level} intervals that hold for all segments together"


def _cents(money: Money) -> Callable[[float, float], str]:
    return lambda amount, step: money(amount, min(step, 0.01))


def _names(segments: tuple[str, ...]) -> str:
    return named([shortened(name, 24) for name in segments])


def _in(segments: tuple[str, ...]) -> str:
    return f"In the segment{'s' if len(segments) > 1 else ''} {_names(segments)}"


def _payers(segments: Segments) -> str:
    if segments.break_even is None or segments.leaning:
        return ""
    told = []
    if segments.paid:
        told.append(f"{_in(segments.paid)} the text clearly earned more than its price.")
    if segments.did_not_pay:
        told.append(f"{_in(segments.did_not_pay)} the text clearly earned less than its price.")
    return " ".join(told) or "In no segment is it clear whether the text earned its price."


def _row(part: SegmentLift, segments: Segments, currency: str) -> dict[str, str]:
    lift = part.scaled(scale_of(segments))
    value, interval = with_interval(lift, writer_of(segments, currency), 1e-6)
    total, reach = with_interval(part.incremental, _total(segments, currency), 0.01)
    return {
        "name": shortened(part.segment),
        "lift": value,
        "interval": interval,
        "total": total,
        "reach": reach,
        "customers": f"{tally(part.n_treatment)} / {tally(part.n_holdout)}",
        "p_value": p_written(part.p_values.holm),
        "false_discovery": p_written(part.p_values.benjamini_hochberg),
    }


def _everyone(segments: Segments, currency: str) -> dict[str, str]:
    overall = segments.overall
    lift = overall.scaled(scale_of(segments))
    value, interval = with_interval(lift, writer_of(segments, currency), 1e-6)
    total = overall.scaled(overall.n_treatment)
    money, reach = with_interval(total, _total(segments, currency), 0.01)
    customers = f"{tally(overall.n_treatment)} / {tally(overall.n_holdout)}"
    return {
        "lift": value,
        "interval": interval,
        "total": money,
        "reach": reach,
        "customers": customers,
    }


def _total(segments: Segments, currency: str) -> Callable[[float, float], str]:
    if segments.outcome in _MONEY:
        return Money(currency)
    return lambda count, step: plain(count, max(step, 1.0))
