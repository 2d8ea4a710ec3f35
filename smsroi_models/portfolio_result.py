"""The record of everything that the report on all campaigns shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from smsroi_models.attribution.cohorts import sum_of_independent
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.factor_records import IncrementalityFactors
from smsroi_models.attribution.multiplicity import adjust
from smsroi_models.attribution.pooled_factors import PooledFactors
from smsroi_models.attribution.segment_records import AdjustedPValues
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.records import Record, frame_of
from smsroi_models.roi import Outcome

Reason = Literal["no holdout", "programme", "running", "failed", "not estimable"]


@dataclass(frozen=True, slots=True)
class CampaignFigures(Record):
    """What one campaign earned against its own holdout, store currency.

    Attributes
    ----------
    campaign_id, name : str
    starts_at, ends_at : datetime
        UTC; ``ends_at`` is when the last outcome window was over.
    n_treatment, n_holdout : int
    cost : float or None
        None where nothing is known of it.
    margin : Estimate
        Incremental margin.
    profit, roi : Estimate or None
        As in `Roi`; an ROI is a ratio and exists where something was spent.
    degrees_of_freedom : float
    probability_of_profit, p_value : float or None
        ``p_value`` is two-sided, of a profit of exactly zero; of the margin where the cost is not
        known.
    holdout_cost : Estimate
        Margin, less the price of the texts, that those held out would have brought.
    delivered : int or None
        Texts; None where the store has no messages.
    opt_outs : Estimate or None
        Customers who left because of it; None where nobody left, or that cannot be told.
    cautions : tuple of str
        Texts of checks that failed without taking the comparison away.
    """

    campaign_id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    n_treatment: int
    n_holdout: int
    cost: float | None
    margin: Estimate
    profit: Estimate | None
    roi: Estimate | None
    degrees_of_freedom: float
    probability_of_profit: float | None
    p_value: float | None
    holdout_cost: Estimate
    delivered: int | None
    opt_outs: Estimate | None
    cautions: tuple[str, ...] = ()

    @property
    def opt_outs_per_thousand(self) -> Estimate | None:
        """Opt-outs caused per 1,000 texts delivered; None where that cannot be told."""
        if self.opt_outs is None or not self.delivered:
            return None
        return self.opt_outs.scaled(1_000 / self.delivered)


@dataclass(frozen=True, slots=True)
class Aside(Record):
    """A campaign that stands outside the pooled figures, and why.

    Attributes
    ----------
    campaign_id, name : str
    starts_at : datetime
        UTC.
    kind : str
        ``"no holdout"``, ``"programme"``, ``"running"``, ``"failed"`` (a check) or
        ``"not estimable"``.
    reason : str
    profit : Estimate or None
        Of a campaign without a holdout: the forecast from its own past, weaker evidence.
    """

    campaign_id: str
    name: str
    starts_at: datetime
    kind: Reason
    reason: str
    profit: Estimate | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioResult(Record):
    """All campaigns of a store; money in its currency.

    Attributes
    ----------
    as_of : datetime
        UTC.
    currency : str
    pre_days : int
    campaigns : tuple of CampaignFigures
        Those read against their own holdout, by time.
    aside : tuple of Aside
        The others, by time.
    p_values : dict of str to AdjustedPValues
        By campaign: as it is, by Holm, by Benjamini and Hochberg. Of the profit, or of the margin
        where the cost is not known.
    pooled : PooledFactors or None
        Of the ROI: ``drawn`` are the campaigns' after allowing for luck, ``mean`` is that of
        campaigns like these, ``prediction`` that of the next one. None with fewer than 3, and
        where the same customers were held out again.
    best : dict of str to float
        Probability that a campaign has the highest true ROI, in [0, 1].
    letters : dict of str to tuple of str
        By campaign, from the highest ROI down: two that share a letter cannot be told apart.
    shared_draws : float
        1 where each campaign drew its holdout anew; otherwise by how much the variance of a sum is
        at most raised because the same customers were held out again. Sums have it in them.
    total_margin, total_profit : Estimate or None
        Sums over the campaigns with a known cost; None without any.
    total_cost : float
        Of the same campaigns.
    trend : Estimate or None
        Change of the ROI from the first campaign to the last, a ratio.
    no_trend : str
        Why there is none; empty where there is.
    holdout_cost : Estimate or None
        Sum over all campaigns.
    factors : IncrementalityFactors or None
        None where they were not asked for.
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    confidence_level : float
    store_fingerprint : str
    locale : str
        In which reports write money, numbers and dates.
    """

    as_of: datetime
    currency: str
    pre_days: int
    campaigns: tuple[CampaignFigures, ...]
    aside: tuple[Aside, ...]
    p_values: dict[str, AdjustedPValues]
    pooled: PooledFactors | None
    best: dict[str, float]
    letters: dict[str, tuple[str, ...]]
    shared_draws: float
    total_margin: Estimate | None
    total_profit: Estimate | None
    total_cost: float
    trend: Estimate | None
    no_trend: str
    holdout_cost: Estimate | None
    factors: IncrementalityFactors | None
    missing: dict[str, str]
    confidence_level: float
    store_fingerprint: str
    locale: str = DEFAULT_LOCALE

    @property
    def outcome(self) -> Outcome:
        """Of all campaigns together, as that of one; ``unknown`` where no profit can be told."""
        if self.total_profit is None:
            return "unknown"
        if self.total_profit.ci_lower > 0:
            return "paid"
        return "lost" if self.total_profit.ci_upper < 0 else "unclear"

    def added(self, figures: Sequence[tuple[Estimate, float]]) -> Estimate | None:
        """Return the sum of campaigns' figures, each with its degrees of freedom; None of none."""
        return sum_of_independent(figures, self.confidence_level, self.shared_draws)

    def outcome_of(self, campaign: CampaignFigures) -> Outcome:
        """Return whether a campaign clearly paid, corrected by Holm for the number of campaigns.

        Without a known cost: ``lost`` where even the margin clearly fell, otherwise ``unknown``.
        """
        found = self.p_values.get(campaign.campaign_id)
        clear = found is not None and found.holm < 1 - self.confidence_level
        if campaign.profit is None:
            return "lost" if clear and campaign.margin.estimate < 0 else "unknown"
        if not clear:
            return "unclear"
        return "paid" if campaign.profit.estimate > 0 else "lost"

    def count(self, outcome: Outcome) -> int:
        """Return how many campaigns came out so."""
        return sum(self.outcome_of(campaign) == outcome for campaign in self.campaigns)

    @property
    def total_roi(self) -> Estimate | None:
        """Total profit / total cost, a ratio; None where nothing was spent."""
        if self.total_profit is None or not self.total_cost:
            return None
        return self.total_profit.scaled(1 / self.total_cost)

    def to_frame(self) -> Any:
        """Return a row per campaign: its figures, and how it stands among the others."""
        return frame_of([_row(self, campaign) for campaign in self.campaigns])


def corrected(p_values: dict[str, float]) -> dict[str, AdjustedPValues]:
    """Return each p-value with its corrections for their number.

    >>> corrected({"a": 0.01, "b": 0.5})["a"].holm
    0.02
    """
    if not p_values:
        return {}
    plain: Sequence[float] = list(p_values.values())
    holm, false_share = adjust(plain, "holm"), adjust(plain, "fdr_bh")
    rows = zip(p_values, plain, holm, false_share, strict=True)
    return {name: AdjustedPValues(one, two, three) for name, one, two, three in rows}


def _row(result: PortfolioResult, campaign: CampaignFigures) -> dict[str, object]:
    name, pooled = campaign.campaign_id, result.pooled
    found = result.p_values.get(name)
    drawn = pooled.drawn.get(name) if pooled else None
    return {
        **campaign.to_dict(),
        "outcome": result.outcome_of(campaign),
        "p_holm": found.holm if found else None,
        "p_benjamini_hochberg": found.benjamini_hochberg if found else None,
        "shrunk_roi": drawn.to_dict() if drawn else None,
        "probability_best": result.best.get(name),
        "letters": " ".join(result.letters.get(name, ())),
    }
