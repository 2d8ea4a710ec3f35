"""The parts of a programme: what it had brought by each month's end, and campaign by campaign."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from smsroi_models.attribution.all_campaigns import collect_all_moments
from smsroi_models.attribution.campaigns import read_campaign, read_readiness
from smsroi_models.attribution.cohorts import Arms, cohort_lift, pooled, sum_of_independent
from smsroi_models.attribution.cumulative import cumulative_moments
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.exposure import Period
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.attribution.programme_spending import Spending
from smsroi_models.errors import NotEstimableError
from smsroi_models.programme_result import CampaignPart, MonthLift
from smsroi_models.store.connect import Store


def months_of(
    added: Mapping[tuple[str, int], NDArray[np.float64]],
    cohorts: Mapping[int, Arms],
    covariates: Sequence[str],
    period: Period,
    spending: Sequence[Spending],
    own: float,
    confidence_level: float,
) -> tuple[MonthLift, ...]:
    """Return the incremental margin and the cost up to each month's end."""
    n_months = len(period.month_ends)
    none = np.zeros((n_months, 2 + len(covariates)))
    running = {
        n: tuple(
            cumulative_moments(added.get((name, n), none), arm.select(covariates), "margin")
            if arm
            else [None] * n_months
            for name, arm in zip(("treatment", "holdout"), arms, strict=True)
        )
        for n, arms in cohorts.items()
    }
    costs = _running_costs(period, spending, own)
    months = []
    for month, ends_at in enumerate(period.month_ends):
        so_far = {n: (t[month], h[month]) for n, (t, h) in running.items() if n <= month + 1}
        try:
            lift = cohort_lift(pooled(so_far), "margin", covariates, confidence_level)
        except NotEstimableError:  # no order yet in one of the arms
            continue
        months.append(MonthLift(ends_at, lift.scaled(lift.n_treatment), costs[month]))
    return tuple(months)


def _running_costs(period: Period, spending: Sequence[Spending], own: float) -> list[float]:
    booked = np.zeros(len(period.month_ends))
    for part in spending:
        booked += part.texts
        if part.starts_at < period.until:
            booked[period.month_of(part.starts_at)] += sum(part.costs.values())
    planned = period.ends_at - period.starts_at
    shares = [(end - period.starts_at) / planned for end in period.month_ends]
    return [
        float(cost + own * min(max(share, 0.0), 1.0))
        for cost, share in zip(np.cumsum(booked), shares, strict=True)
    ]


def campaign_parts(
    store: Store,
    as_of: datetime,
    spending: Sequence[Spending],
    confidence_level: float,
    pre_days: int,
) -> tuple[tuple[CampaignPart, ...], Estimate | None]:
    """Return each campaign's profit against its own holdout, and their sum."""
    columns = ["margin", *PRE_PERIOD_COLUMNS]
    found = collect_all_moments(store, as_of, columns, pre_days=pre_days)
    parts, figures = [], []
    for part in spending:
        campaign = read_campaign(store, part.campaign_id)
        waiting = read_readiness(store, campaign, as_of).waiting
        arms = found.get(part.campaign_id, (None, None))
        profit, df, reason = _own_profit(arms, part.cost, waiting, confidence_level, pre_days)
        parts.append(CampaignPart(part, profit, reason))
        if profit is not None:
            figures.append((profit, df))
    return tuple(parts), sum_of_independent(figures, confidence_level)


def _own_profit(
    arms: Arms, cost: float, waiting: int, confidence_level: float, pre_days: int
) -> tuple[Estimate | None, float, str]:
    treatment, holdout = arms
    if waiting:
        return None, 0.0, "its windows are not over"
    if treatment is None or holdout is None:
        return None, 0.0, "it held nobody out"
    covariates = usable_covariates(treatment, holdout, PRE_PERIOD_COLUMNS if pre_days else ())
    try:
        lift = compare(
            treatment, holdout, "margin", covariates=covariates, confidence_level=confidence_level
        )
    except NotEstimableError:
        return None, 0.0, "too few customers bought"
    return lift.scaled(treatment.n, -cost), lift.degrees_of_freedom, ""
