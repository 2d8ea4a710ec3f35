"""The records of incrementality factors over campaigns, and how old their evidence is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.incrementality import Incrementality
from smsroi_models.attribution.pooled_factors import PooledFactors
from smsroi_models.records import Record, frame_of

OLD_DAYS = 365
"""Past this weighted age evidence is called old: list, offers and season have turned over. A
convention, not an estimate."""


@dataclass(frozen=True, slots=True)
class Evidence(Record):
    """What one campaign with a holdout says of one kind of touch.

    Attributes
    ----------
    campaign_id : str
    ends_at : datetime
        UTC; when its last outcome window ended.
    revenue, margin : Incrementality
        Incremental revenue, and margin, beside the revenue tracked of the texted, store currency.
    """

    campaign_id: str
    ends_at: datetime
    revenue: Incrementality
    margin: Incrementality


@dataclass(frozen=True, slots=True)
class Ages(Record):
    """Days from the end of each evidence campaign to a moment; below 0 where it came later.

    Attributes
    ----------
    oldest_days, newest_days : float
    weighted_days : float
        Of the distance either way, weighted as the campaigns are in the pooled factor.
    """

    oldest_days: float
    newest_days: float
    weighted_days: float

    @property
    def too_old(self) -> bool:
        """Whether the evidence is older than `OLD_DAYS`, by its weighted age."""
        return self.weighted_days > OLD_DAYS


@dataclass(frozen=True, slots=True)
class TouchFactors(Record):
    """Incremental / tracked of one kind of touch, over campaigns.

    Attributes
    ----------
    touch, label : str
        Name as in `rules.rules_by_touch`, and what a report calls it.
    evidence : tuple of Evidence
        Every campaign that could be read, in the order in which they started.
    left_out : dict of str to str
        By campaign: why it says nothing of this touch, though it is evidence of others.
    revenue, margin : PooledFactors or None
        Of incremental revenue / tracked revenue, and of incremental margin / tracked revenue; None
        with fewer than three campaigns, and where the same customers were held out of several.
    not_pooled : str
        Why not; empty where they are.
    """

    touch: str
    label: str
    evidence: tuple[Evidence, ...]
    left_out: dict[str, str]
    revenue: PooledFactors | None
    margin: PooledFactors | None
    not_pooled: str

    def ages(self, moment: datetime) -> Ages:
        """Return how old the evidence is at a moment (UTC); there has to be some."""
        days = {each.campaign_id: _days(moment - each.ends_at) for each in self.evidence}
        even = dict.fromkeys(days, 1 / len(days))
        return ages_of(days, self.revenue.weights if self.revenue else even)


@dataclass(frozen=True, slots=True)
class IncrementalityFactors(Record):
    """How much of what is tracked was caused, by kind of touch, over all campaigns with a holdout.

    Attributes
    ----------
    as_of : datetime
        UTC; every window of an evidence campaign was over by then.
    touches : tuple of TouchFactors
    left_out : dict of str to str
        By campaign: why it is no evidence at all. None is left out for its outcome.
    confidence_level : float
    """

    as_of: datetime
    touches: tuple[TouchFactors, ...]
    left_out: dict[str, str]
    confidence_level: float

    def of(self, touch: str) -> TouchFactors:
        """Return the factors of a kind of touch; `KeyError` if there is none of that name."""
        return {each.touch: each for each in self.touches}[touch]

    def to_frame(self) -> Any:
        """Return a row per kind of touch and campaign, with its age and the pooled figures.

        ``factor`` and ``margin_factor`` are the campaign's own, ``drawn_factor`` is shrunk towards
        the mean; ``prediction`` is that of one more campaign. Each has ``_lower`` and ``_upper``.
        """
        return frame_of(
            [_row(touch, each, self.as_of) for touch in self.touches for each in touch.evidence]
        )


def ages_of(days: Mapping[str, float], weights: Mapping[str, float]) -> Ages:
    """Return the oldest, newest and weighted age of campaigns, days.

    Examples
    --------
    Ten days before, and four after; the first weighs three times as much as the second:

    >>> ages_of({"a": 10.0, "b": -4.0}, {"a": 0.75, "b": 0.25})
    Ages(oldest_days=10.0, newest_days=-4.0, weighted_days=8.5)
    """
    weighted = sum(weights[name] * abs(age) for name, age in days.items())
    return Ages(max(days.values()), min(days.values(), key=abs), weighted)


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


def _row(touch: TouchFactors, each: Evidence, as_of: datetime) -> dict[str, object]:
    pooled = touch.revenue
    return {
        "touch": touch.touch,
        "campaign_id": each.campaign_id,
        "age_days": _days(as_of - each.ends_at),
        "tracked_revenue": each.revenue.tracked.estimate,
        "incremental_revenue": each.revenue.incremental.estimate,
        **_columns("factor", each.revenue.factor),
        **_columns("margin_factor", each.margin.factor),
        "weight": pooled.weights[each.campaign_id] if pooled else None,
        **_columns("drawn_factor", pooled.drawn[each.campaign_id] if pooled else None),
        **_columns("pooled_factor", pooled.mean if pooled else None),
        "between_deviation": pooled.between_deviation if pooled else None,
        **_columns("prediction", pooled.prediction if pooled else None),
    }


def _columns(name: str, figure: Estimate | None) -> dict[str, float | None]:
    found: Sequence[float | None] = (None, None, None)
    if figure is not None:
        found = figure.estimate, figure.ci_lower, figure.ci_upper
    return dict(zip((name, f"{name}_lower", f"{name}_upper"), found, strict=True))
