"""The tables of campaigns, customers, assignments, subscriptions and coupons."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.simulate.audience import OPT_IN_SOURCES, Audience
from smsroi_models.simulate.buyers import REGIONS, SEGMENTS, Customers
from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import (
    DAY,
    NONE,
    identifiers,
    moments_in_time,
    picked,
    table_frame,
)
from smsroi_models.simulate.plan import Plan
from smsroi_models.simulate.sales import coupon_codes

_OPT_OUT_SOURCES = ("form", "reply")


def campaigns_frame(
    plans: Sequence[Plan], start: pd.Timestamp, margin_rate: float, currency: str
) -> pd.DataFrame:
    """Return the table ``campaigns``."""
    starts = np.array([plan.starts for plan in plans])
    ends = np.array([plan.ends for plan in plans])
    return table_frame(
        "campaigns",
        {
            "campaign_id": _texts([plan.campaign_id for plan in plans]),
            "name": _texts([plan.name for plan in plans]),
            "starts_at": moments_in_time(start, starts),
            "window_days": (ends - starts) // DAY,
            "margin_rate": np.full(len(plans), float(margin_rate)),
            "currency": _texts([currency] * len(plans)),
            "message": _texts([plan.message for plan in plans]),
        },
    )


def customer_ids(n_customers: int) -> pa.Array:
    """Return the keys of the customers, in order of acquisition."""
    return identifiers("c", np.arange(n_customers), 7 if n_customers <= 10**7 else 12)


def customers_frame(
    customers: Customers, plans: Sequence[Plan], start: pd.Timestamp, ids: pa.Array
) -> pd.DataFrame:
    """Return the table ``customers``."""
    known = customers.referrer != NONE
    return table_frame(
        "customers",
        {
            "customer_id": ids,
            "acquired_at": moments_in_time(start, customers.acquired),
            "acquired_campaign_id": picked(
                [plan.campaign_id for plan in plans], customers.recruited_by
            ),
            "referrer_id": ids.take(pa.array(customers.referrer, mask=~known)),
            "segment": picked(SEGMENTS, customers.segment),
            "region": picked(REGIONS, customers.region),
        },
    )


def assignments_frame(runs: Sequence[Run], start: pd.Timestamp, ids: pa.Array) -> pd.DataFrame:
    """Return the table ``assignments``; arms are not stratified, so ``stratum`` is null."""
    customer = np.concatenate([run.customer for run in runs])
    number = np.concatenate([np.full_like(run.customer, run.plan.number) for run in runs])
    treated = np.concatenate([run.treated for run in runs])
    starts = np.array([run.plan.starts for run in runs])
    return table_frame(
        "assignments",
        {
            "campaign_id": picked([run.plan.campaign_id for run in runs], number),
            "customer_id": ids.take(pa.array(customer)),
            "arm": picked(("holdout", "treatment"), treated.astype(np.int64)),
            "assigned_at": moments_in_time(start, starts[number]),
            "stratum": pa.nulls(len(customer), pa.large_string()),
        },
    )


def subscriptions_frame(
    customers: Customers,
    audience: Audience,
    plans: Sequence[Plan],
    horizon: int,
    start: pd.Timestamp,
    ids: pa.Array,
) -> pd.DataFrame:
    """Return the table ``subscriptions``: opt-ins at acquisition, then the opt-outs."""
    joins = np.flatnonzero(customers.opted_in)
    leaves = np.flatnonzero(audience.opted_out < horizon)
    cause = audience.opt_out_cause[leaves]
    source = np.where(cause == NONE, len(OPT_IN_SOURCES), len(OPT_IN_SOURCES) + 1)
    times = np.concatenate([customers.acquired[joins], audience.opted_out[leaves]])
    events = np.repeat(np.array([0, 1]), [len(joins), len(leaves)])
    sources = np.concatenate([audience.opt_in_source[joins], source])
    campaigns = np.concatenate([np.full_like(joins, NONE), cause])
    return table_frame(
        "subscriptions",
        {
            "customer_id": ids.take(pa.array(np.concatenate([joins, leaves]))),
            "occurred_at": moments_in_time(start, times),
            "event": picked(("opt_in", "opt_out"), events),
            "source": picked((*OPT_IN_SOURCES, *_OPT_OUT_SOURCES), sources),
            "campaign_id": picked([plan.campaign_id for plan in plans], campaigns),
        },
    )


def coupons_frame(runs: Sequence[Run], start: pd.Timestamp, ids: pa.Array) -> pd.DataFrame:
    """Return the table ``coupons``: a code for all, or one for each treated customer."""
    holders = [run.customer[run.treated] if run.plan.personal else np.array([NONE]) for run in runs]
    customer = np.concatenate(holders)
    number = np.repeat([run.plan.number for run in runs], [len(holder) for holder in holders])
    ends = np.array([run.plan.ends for run in runs])
    return table_frame(
        "coupons",
        {
            "code": coupon_codes(number, customer, runs),
            "campaign_id": picked([run.plan.campaign_id for run in runs], number),
            "customer_id": ids.take(pa.array(customer, mask=customer == NONE)),
            "kind": picked(("shared", "unique"), (customer != NONE).astype(np.int64)),
            "discount": np.array([run.plan.discount for run in runs])[number],
            "expires_at": moments_in_time(start, ends[number]),
        },
    )


def _texts(values: Sequence[str]) -> pa.Array:
    return pa.array(values, type=pa.large_string())
