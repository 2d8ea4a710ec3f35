"""Tracking numbers and the calls to them."""

import numpy as np
import pandas as pd

from smsroi_models.simulate.buyers import REGIONS
from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import (
    DAY,
    NONE,
    Floats,
    Integers,
    identifiers,
    picked,
    table_frame,
)
from smsroi_models.simulate.history import History
from smsroi_models.simulate.sales import Sales, is_phone
from smsroi_models.simulate.shop import Shop

_OUTCOMES = ("order", "enquiry", "complaint", "missed")
_ORDER, _ENQUIRY, _COMPLAINT, _MISSED = range(4)
_ANSWERED_SHARE = 0.85
_COMPLAINT_SHARE = 0.1
_UNKNOWN_CALLER_SHARE = 0.2
_UNKNOWN_REGION_SHARE = 0.1
_TRACKED_SHARE = 0.6  # of the phone orders of customers who got the text
_MEDIAN_SECONDS, _SPREAD = 120.0, 0.8


def numbers_frame(history: History) -> pd.DataFrame:
    """Return the table ``numbers``: one tracking number per campaign, by id."""
    number = np.arange(len(history.runs))
    return table_frame(
        "numbers",
        {
            "number_id": identifiers("n", number, 3),
            "campaign_id": history.campaign_keys(number),
        },
    )


def calls_frame(history: History, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``calls``: enquiries after a text, and calls that became phone orders."""
    parts = [_enquiries(run, history.request.shop, rng) for run in history.runs]
    parts += [_order_calls(run, history.sales, rng) for run in history.runs]
    number, customer, time, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    kept = np.flatnonzero(time < history.request.horizon)
    order = kept[np.argsort(time[kept], kind="stable")]
    number, customer, time, value = number[order], customer[order], time[order], value[order]
    size = len(order)
    ordered = ~np.isnan(value)
    answered = ordered | (rng.random(size) < _ANSWERED_SHARE)
    talk = rng.lognormal(np.log(_MEDIAN_SECONDS), _SPREAD, size)
    topic = np.where(rng.random(size) < _COMPLAINT_SHARE, _COMPLAINT, _ENQUIRY)
    outcome = np.where(ordered, _ORDER, np.where(answered, topic, _MISSED))
    region = np.where(
        rng.random(size) < _UNKNOWN_REGION_SHARE, NONE, history.customers.region[customer]
    )
    caller = np.where(rng.random(size) < _UNKNOWN_CALLER_SHARE, NONE, customer)
    return table_frame(
        "calls",
        {
            "call_id": identifiers("t", np.arange(size), 9),
            "number_id": identifiers("n", number, 3),
            "customer_id": history.customer_keys(caller),
            "started_at": history.times(time),
            "duration_seconds": np.round(np.where(answered, talk, rng.uniform(5, 40, size)), 1),
            "answered": answered,
            "region": picked(REGIONS, region),
            "outcome": picked(_OUTCOMES, outcome),
            "value": value,
        },
    )


_Part = tuple[Integers, Integers, Integers, Floats]


def _enquiries(run: Run, shop: Shop, rng: np.random.Generator) -> _Part:
    place = np.flatnonzero(run.delivered & (rng.random(len(run.customer)) < shop.call_share))
    wait = 60 + rng.exponential(DAY, len(place)).astype(np.int64)
    number = np.full_like(place, run.plan.number)
    return number, run.customer[place], run.sent[place] + wait, np.full(len(place), np.nan)


def _order_calls(run: Run, sales: Sales, rng: np.random.Generator) -> _Part:
    reached = np.zeros(int(sales.customer.max()) + 1, dtype=np.bool_)
    reached[run.customer[run.delivered]] = True
    # Half an hour after the last text went out at the latest, so that no call precedes its text.
    begin = run.plan.starts + int((run.sent - run.plan.starts).max(initial=0)) + 1_800
    in_window = (sales.time >= begin) & (sales.time < run.plan.ends)
    row = np.flatnonzero(is_phone(sales) & in_window)
    row = row[reached[sales.customer[row]] & (rng.random(len(row)) < _TRACKED_SHARE)]
    time = sales.time[row] - rng.integers(60, 900, len(row))
    price = np.round(sales.amount[row] - sales.discount[row], 2)
    return np.full_like(row, run.plan.number), sales.customer[row], time, price
