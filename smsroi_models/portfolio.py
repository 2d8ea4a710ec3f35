"""All campaigns of a store together: what they earned, and which can be told apart.

Campaigns' errors are independent where each drew its holdout on its own: given who buys how much,
the error of a lift comes from that draw alone, also where the same customers are in several. Where
the same customers were held out again (`collect_shared_draws`) sums take the widest interval that
this can make, and luck is not allowed for: what all campaigns share would pass for what they earn.
Where windows overlap and one text changes what another does, the sum counts both effects as each
was measured beside the other.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from smsroi_models.attribution.best_of import probability_best
from smsroi_models.attribution.campaigns import (
    read_campaign,
    read_campaign_ids,
    read_last_order_at,
    read_locale,
)
from smsroi_models.attribution.cohorts import sum_of_independent
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.letters import compact_letters, told_apart
from smsroi_models.attribution.pooled_factors import FEWEST, PooledFactors, pooled_factors
from smsroi_models.attribution.shared_draws import Draw, collect_shared_draws
from smsroi_models.attribution.trend import trend
from smsroi_models.errors import NotEstimableError
from smsroi_models.factors import TOUCHES, read_factors
from smsroi_models.portfolio_reading import read_all
from smsroi_models.portfolio_result import CampaignFigures, PortfolioResult, corrected
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.absent import missing_tables
from smsroi_models.store.connect import Store

_DAY = timedelta(days=1)


def analyze_portfolio(
    store: Store,
    as_of: datetime | date | str | None = None,
    *,
    confidence_level: float = 0.95,
    pre_days: int = 90,
    factors: bool = True,
) -> PortfolioResult:
    """Measure what all campaigns earned, which of them clearly did, and what the next one may.

    A campaign that came out best was also lucky: its figure on its own says too much. Each ROI
    stands beside the one that allows for luck.

    Parameters
    ----------
    store : Store
    as_of : datetime, date or str, optional
        As for `analyze_campaign`. Campaigns whose windows are not over are set aside.
    confidence_level : float
        In (0, 1).
    pre_days : int
        Length of the pre-period that the figures are adjusted for, days; 0 for no adjustment.
    factors : bool
        Whether to read how much of tracked revenue was caused: some seconds a campaign.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    DataError
        If ``as_of`` is not given and an order lies in the future.
    NotEstimableError
        If the store has no campaign, or no order.
    ParameterError
        If a parameter lies outside its range.

    References
    ----------
    `pooled_factors` for allowing for luck, `trend`, `probability_best`, `compact_letters`; Holm
    (1979) and Benjamini and Hochberg (1995) for the number of campaigns. docs/portfolio.md.
    """
    check_parameters(confidence_level, pre_days)
    require_sound(store, "what all campaigns earned")
    moment = parse_as_of(as_of) if as_of is not None else horizon(read_last_order_at(store))
    ids = read_campaign_ids(store)
    if not ids:
        raise NotEstimableError("the store has no campaign: add one to the table campaigns")
    campaigns, aside = read_all(store, moment, confidence_level, pre_days)
    returns = {each.campaign_id: each.roi for each in campaigns if each.roi}
    known = [each for each in campaigns if each.profit]
    slope, no_trend = _trend(campaigns, confidence_level)
    shared = collect_shared_draws(store, {each.campaign_id: _draw(each) for each in campaigns})

    def added(figures: Sequence[tuple[Estimate, float]]) -> Estimate | None:
        return sum_of_independent(figures, confidence_level, shared)

    return PortfolioResult(
        as_of=moment,
        currency=read_campaign(store, ids[0]).currency,
        pre_days=pre_days,
        campaigns=campaigns,
        aside=aside,
        p_values=corrected({c.campaign_id: c.p_value for c in campaigns if c.p_value is not None}),
        pooled=_pooled(returns, confidence_level) if shared == 1 else None,
        best=probability_best(returns),
        letters=_letters(campaigns, confidence_level),
        shared_draws=shared,
        total_margin=added([(c.margin, c.degrees_of_freedom) for c in known]),
        total_profit=added([(c.profit, c.degrees_of_freedom) for c in known if c.profit]),
        total_cost=sum(c.cost for c in known if c.cost),
        trend=slope,
        no_trend=no_trend,
        holdout_cost=added([(c.holdout_cost, c.degrees_of_freedom) for c in campaigns]),
        factors=(
            read_factors(store, moment, TOUCHES, confidence_level, pre_days) if factors else None
        ),
        missing=missing_tables(store),
        confidence_level=confidence_level,
        store_fingerprint=store.fingerprint_as_read(),
        locale=read_locale(store),
    )


def _draw(campaign: CampaignFigures) -> Draw:
    return Draw(campaign.margin.standard_error, campaign.n_treatment, campaign.n_holdout)


def _pooled(returns: dict[str, Estimate], confidence_level: float) -> PooledFactors | None:
    return pooled_factors(returns, confidence_level) if len(returns) >= FEWEST else None


def _trend(
    campaigns: Sequence[CampaignFigures], confidence_level: float
) -> tuple[Estimate | None, str]:
    dated = [(each.roi, each.starts_at) for each in campaigns if each.roi]
    first = min((at for _, at in dated), default=None)
    try:
        at = [(when - first) / _DAY for _, when in dated if first]
        return trend([roi for roi, _ in dated], at, confidence_level), ""
    except NotEstimableError as reason:
        return None, str(reason)


def _letters(
    campaigns: Sequence[CampaignFigures], confidence_level: float
) -> dict[str, tuple[str, ...]]:
    found = {c.campaign_id: (c.roi, c.degrees_of_freedom) for c in campaigns if c.roi}
    ranked = sorted(found, key=lambda name: -found[name][0].estimate)
    return compact_letters(ranked, told_apart(found, confidence_level))
