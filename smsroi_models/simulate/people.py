"""The tables of campaigns, customers, assignments and subscriptions."""

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.simulate.audience import OPT_IN_SOURCES
from smsroi_models.simulate.buyers import REGIONS, SEGMENTS
from smsroi_models.simulate.columns import DAY, NONE, picked, table_frame
from smsroi_models.simulate.history import History

_OPT_OUT_SOURCES = ("form", "reply")


def people_frames(history: History) -> dict[str, pd.DataFrame]:
    """Return those tables by name."""
    return {
        "campaigns": _campaigns(history),
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
        },
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
