"""How many customers bought again, by arm and by the quarter of their first purchase."""

from datetime import date, datetime, timedelta

import numpy as np

from smsroi_models.attribution.after_window import HORIZONS
from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.clv.retention import Cohort, Retention, curve, differences
from smsroi_models.clv.retention_counts import (
    PERIOD_DAYS,
    CohortPurchases,
    collect_arm_purchases,
    collect_cohort_purchases,
)
from smsroi_models.store.connect import Store


def read_retention(
    store: Store,
    campaign: Campaign,
    readiness: Readiness,
    as_of: datetime,
    *,
    confidence_level: float,
) -> Retention:
    """Return both arms' shares since assignment, and the cohorts' since their first purchase.

    Days are those that every counted customer has had, up to the longest horizon after the window.

    Raises
    ------
    NotEstimableError
        If an arm is empty.
    """
    window = campaign.window_days
    assert readiness.counted_until is not None
    followed = window + (as_of - readiness.counted_until) // timedelta(days=1)
    n_days = min(followed, window + max(HORIZONS))
    purchases = collect_arm_purchases(store, campaign, as_of, n_days)
    sizes = [readiness.ready[arm] for arm in ("treatment", "holdout")]
    days = range(1, n_days + 1)
    ends = range(PERIOD_DAYS, n_days + 1, PERIOD_DAYS)
    bought = [
        curve(arm.first.cumsum(), days, n, confidence_level)
        for arm, n in zip(purchases, sizes, strict=True)
    ]
    active = [
        curve(arm.active, ends, n, confidence_level)
        for arm, n in zip(purchases, sizes, strict=True)
    ]
    fixed = [day for day in (window, *(window + h for h in HORIZONS if h >= 30)) if day <= n_days]
    last = as_of.date() - timedelta(days=1)
    return Retention(
        window_days=window,
        treatment=bought[0],
        holdout=bought[1],
        bought=differences(bought[0], bought[1], fixed, confidence_level),
        active_treatment=active[0],
        active_holdout=active[1],
        active=differences(active[0], active[1], ends, confidence_level),
        cohorts=tuple(
            found
            for cohort in collect_cohort_purchases(store, last)
            if (found := _cohort(cohort, last, confidence_level))
        ),
    )


def _cohort(found: CohortPurchases, last: date, confidence_level: float) -> Cohort | None:
    """Return a cohort's shares at ages that all of it have reached; None before the first one."""
    oldest = (last - found.ends).days + 1  # age on the last day of who came on the quarter's last
    ages = [age for age in range(PERIOD_DAYS, len(found.second), PERIOD_DAYS) if age <= oldest]
    if not ages:
        return None
    counts = found.second.cumsum()[np.array(ages)]
    return Cohort(found.starts, curve(counts, ages, found.customers, confidence_level))
