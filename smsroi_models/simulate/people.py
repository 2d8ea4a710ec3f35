"""The tables of campaigns, plans, customers, assignments and subscriptions."""

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.records import canonical_json, sha256_of
from smsroi_models.simulate.audience import OPT_IN_SOURCES
from smsroi_models.simulate.buyers import REGIONS, SEGMENTS
from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import DAY, NONE, picked, table_frame
from smsroi_models.simulate.history import History

_OPT_OUT_SOURCES = ("form", "reply")


def people_frames(history: History) -> dict[str, pd.DataFrame]:
    """Return those tables by name."""
    return {
        "campaigns": _campaigns(history),
        "plans": _plans(history),
        "customers": _customers(history),
        "assignments": _assignments(history),
        "subscriptions": _subscriptions(history),
    }


def _campaigns(history: History) -> pd.DataFrame:
    plans = history.request.plans
    number = np.arange(len(plans))
    starts = np.array([plan.starts for plan in plans])
    ends = np.array([plan.ends for plan in plans])
    return table_frame(
        "campaigns",
        {
            "campaign_id": history.campaign_keys(number),
            "name": picked([plan.name for plan in plans], number),
            "starts_at": history.times(starts),
            "window_days": (ends - starts) // DAY,
            "margin_rate": np.full(len(plans), history.request.margin_rate),
            "currency": picked([history.request.currency], np.zeros_like(number)),
            "message": picked([plan.message for plan in plans], number),
            "locale": picked([history.request.locale], np.zeros_like(number)),
        },
    )


def _plans(history: History) -> pd.DataFrame:
    """Return ``plans``: each was fixed a day before its start and filled in by the draw."""
    runs = history.runs
    recorded = history.times(np.array([run.plan.starts - DAY for run in runs]))
    share = history.request.holdout_share
    records = [_record(run, at, share) for run, at in zip(runs, recorded, strict=True)]
    treated = np.array([np.count_nonzero(run.treated) for run in runs])
    return table_frame(
        "plans",
        {
            "campaign_id": history.campaign_keys(np.arange(len(runs))),
            "recorded_at": recorded,
            "treatment_share": np.full(len(runs), 1 - share),
            "n_treatment": treated,
            "n_holdout": np.array([len(run.customer) for run in runs]) - treated,
            "record": pa.array(records, pa.large_string()),
            "sha256": pa.array(map(sha256_of, records), pa.large_string()),
        },
    )


def _record(run: Run, recorded_at: pd.Timestamp, holdout_share: float) -> str:
    """Return the plan as ``planning.record`` writes it; the draw here has no seed of its own."""
    plan, n_treatment = run.plan, int(np.count_nonzero(run.treated))
    return canonical_json(
        {
            "campaign_id": plan.campaign_id,
            "name": plan.name,
            "recorded_at": recorded_at.to_pydatetime().isoformat(),
            "metric": "profit",
            "window_days": (plan.ends - plan.starts) // DAY,
            "holdout_share": holdout_share,
            "strata": [],
            "pre_days": 90,
            "covariates": ["pre_revenue", "pre_orders"],
            "confidence_level": 0.95,
            "rule": {"minimum_profit": 0.0, "power": 0.8, "most_customers": None},
            "seed": None,
            "n_treatment": n_treatment,
            "n_holdout": len(run.customer) - n_treatment,
            "n_audience": len(run.customer),
        }
    )


def _customers(history: History) -> pd.DataFrame:
    customers = history.customers
    return table_frame(
        "customers",
        {
            "customer_id": history.customer_ids,
            "acquired_at": history.times(customers.acquired),
            "acquired_campaign_id": history.campaign_keys(customers.recruited_by),
            "referrer_id": history.customer_keys(customers.referrer),
            "segment": picked(SEGMENTS, customers.segment),
            "region": picked(REGIONS, customers.region),
        },
    )


def _assignments(history: History) -> pd.DataFrame:
    """Return ``assignments``; arms are not drawn within strata, so ``stratum`` is null."""
    runs = history.runs
    customer = np.concatenate([run.customer for run in runs])
    number = np.repeat([run.plan.number for run in runs], [len(run.customer) for run in runs])
    treated = np.concatenate([run.treated for run in runs])
    starts = np.array([run.plan.starts for run in runs])
    return table_frame(
        "assignments",
        {
            "campaign_id": history.campaign_keys(number),
            "customer_id": history.customer_keys(customer),
            "arm": picked(("holdout", "treatment"), treated.astype(np.int64)),
            "assigned_at": history.times(starts[number]),
            "stratum": pa.nulls(len(customer), pa.large_string()),
        },
    )


def _subscriptions(history: History) -> pd.DataFrame:
    """Return ``subscriptions``: opt-ins at acquisition, then the opt-outs before the horizon."""
    audience = history.audience
    joins = np.flatnonzero(history.customers.opted_in)
    leaves = np.flatnonzero(audience.opted_out < history.request.horizon)
    cause = audience.opt_out_cause[leaves]
    way_out = len(OPT_IN_SOURCES) + (cause != NONE)
    times = np.concatenate([history.customers.acquired[joins], audience.opted_out[leaves]])
    sources = np.concatenate([audience.opt_in_source[joins], way_out])
    return table_frame(
        "subscriptions",
        {
            "customer_id": history.customer_keys(np.concatenate([joins, leaves])),
            "occurred_at": history.times(times),
            "event": picked(("opt_in", "opt_out"), np.repeat([0, 1], [len(joins), len(leaves)])),
            "source": picked((*OPT_IN_SOURCES, *_OPT_OUT_SOURCES), sources),
            "campaign_id": history.campaign_keys(
                np.concatenate([np.full_like(joins, NONE), cause])
            ),
        },
    )
