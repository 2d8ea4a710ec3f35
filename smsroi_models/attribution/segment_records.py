"""The records of a campaign's segments: no lift of a segment stands without its correction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smsroi_models.attribution.checks import MOST_ONE_SIDED
from smsroi_models.attribution.effects import Effect, Estimate, Lift
from smsroi_models.records import Record, frame_of


@dataclass(frozen=True, slots=True)
class AdjustedPValues(Record):
    """The p-value of no effect in a segment, always with its corrections; each in [0, 1].

    Attributes
    ----------
    unadjusted : float
        As if no other segment had been looked at.
    holm : float
        Below alpha in some idle segment in at most a share alpha of campaigns.
    benjamini_hochberg : float
        Of the segments below alpha, at most a share alpha is idle, on average over campaigns.
    """

    unadjusted: float
    holm: float
    benjamini_hochberg: float


@dataclass(frozen=True, slots=True)
class SegmentLift(Effect):
    """What assignment changed in one segment, per assigned customer of it.

    Attributes
    ----------
    segment : str
    n_treatment, n_holdout : int
        Customers counted.
    mean_treatment, mean_holdout : float
        Outcome per customer; with covariates, at the covariates' common mean.
    absolute_lift, standard_error : float
        In the outcome's unit.
    ci_lower, ci_upper : float
        All segments' intervals together hold their truths with the stated confidence.
    p_values : AdjustedPValues
    incremental : Estimate
        Lift times the segment's customers in treatment, with the simultaneous interval.
    above_rest : float or None
        Lift less the mean lift of the other segments; None where there is no other.
    above_rest_p_value : float or None
        Of no such difference, by Holm over the segments.
    covariates : tuple of str
        What the lift is adjusted for.
    """

    segment: str
    n_treatment: int
    n_holdout: int
    mean_treatment: float
    mean_holdout: float
    absolute_lift: float
    standard_error: float
    ci_lower: float
    ci_upper: float
    p_values: AdjustedPValues
    incremental: Estimate
    above_rest: float | None
    above_rest_p_value: float | None
    covariates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heterogeneity(Record):
    """Cochran's test of whether segments respond alike.

    Attributes
    ----------
    statistic : float
        Q, at least 0.
    degrees_of_freedom : int
    p_value : float
        Of a Q at least as large, did all respond alike; in [0, 1].
    common_lift : float
        Mean of the lifts, weighted by the inverse of their variances, in the outcome's unit.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    common_lift: float


@dataclass(frozen=True, slots=True)
class Segments(Record):
    """The lifts of a campaign's segments, corrected for their number.

    Attributes
    ----------
    by : str
        What the segments are of: ``"segment"``, ``"region"``.
    outcome : str
    segments : tuple of SegmentLift
        Those that could be compared: they alone count in the corrections.
    not_tested : dict of str to str
        The others, with the reason.
    overall : Lift
        Of everyone, those of segments not tested included; its interval is for itself alone.
    heterogeneity : Heterogeneity or None
        None where fewer than two segments could be compared.
    false_finding_share : float
        How often a campaign without any effect would show a gain in some segment, as far as the
        skewness observed tells; in [0, 1], stated as half of ``1 - confidence_level``.
    break_even : float or None
        Outcome per assigned customer at which a text is paid for.
    confidence_level : float
        Of all segments' intervals together.
    """

    by: str
    outcome: str
    segments: tuple[SegmentLift, ...]
    not_tested: dict[str, str]
    overall: Lift
    heterogeneity: Heterogeneity | None
    false_finding_share: float
    break_even: float | None
    confidence_level: float

    @property
    def simultaneous_level(self) -> float:
        """The confidence level of each segment's interval for itself."""
        return 1 - (1 - self.confidence_level) / len(self.segments)

    @property
    def differ(self) -> bool:
        """Whether the segments clearly respond differently, by Cochran's test."""
        test = self.heterogeneity
        return test is not None and test.p_value < 1 - self.confidence_level

    @property
    def responded_more(self) -> tuple[str, ...]:
        """The segments that clearly responded more than the rest; none unless segments differ."""
        return self._apart(1)

    @property
    def responded_less(self) -> tuple[str, ...]:
        """The segments that clearly responded less than the rest; none unless segments differ."""
        return self._apart(-1)

    @property
    def paid(self) -> tuple[str, ...]:
        """The segments whose interval lies above the break-even; none where it is not known."""
        at = self.break_even
        return () if at is None else tuple(s.segment for s in self.segments if s.ci_lower > at)

    @property
    def did_not_pay(self) -> tuple[str, ...]:
        """The segments whose interval lies below the break-even; none where it is not known."""
        at = self.break_even
        return () if at is None else tuple(s.segment for s in self.segments if s.ci_upper < at)

    @property
    def leaning(self) -> bool:
        """Whether large orders of few customers make false gains too frequent."""
        return self.false_finding_share > MOST_ONE_SIDED * (1 - self.confidence_level) / 2

    def to_frame(self) -> Any:
        """Return one row a segment, its p-values corrected; segments not tested have a reason."""
        untested = [{"segment": name, "not_tested": why} for name, why in self.not_tested.items()]
        return frame_of([*(segment.to_dict() for segment in self.segments), *untested])

    def _apart(self, sign: int) -> tuple[str, ...]:
        alpha = 1 - self.confidence_level
        return tuple(
            part.segment
            for part in self.segments
            if self.differ
            and part.above_rest is not None
            and part.above_rest_p_value is not None
            and part.above_rest * sign > 0
            and part.above_rest_p_value < alpha
        )


def named(segments: Sequence[str]) -> str:
    """Write names in a row.

    >>> named(["gold"]), named(["gold", "new", "old"])
    ('gold', 'gold, new and old')
    """
    *most, last = segments
    return f"{', '.join(most)} and {last}" if most else last
