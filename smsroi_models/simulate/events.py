"""Conversion events: what a shop's pixel and forms report, orders among it a second time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import (
    NEVER,
    NONE,
    Integers,
    identifiers,
    picked,
    table_frame,
)
from smsroi_models.simulate.history import History
from smsroi_models.simulate.links import Links, link_keys
from smsroi_models.simulate.sales import is_web
from smsroi_models.simulate.trade import order_keys

_TYPES = ("purchase", "form_fill")
_FORM_SHARE = 0.05  # of the customers who clicked
_ANONYMOUS_SHARE = 0.1


def events_frame(
    history: History, links: Sequence[Links], rng: np.random.Generator
) -> pd.DataFrame:
    """Return the table ``events``: web orders since the start seen by the pixel, and forms.

    A purchase carries the link that its customer had clicked before, in the same window, and the
    price paid: the pixel does not hear of refunds.
    """
    sales, runs = history.sales, history.runs
    noticed = rng.random(len(sales.time)) < history.request.shop.pixel_share
    seen = is_web(sales) & (sales.time >= 0) & noticed
    order = np.flatnonzero(seen)
    link = _links_of_orders(sales.customer[order], sales.time[order], runs, links)
    forms = [_forms(run, each, rng) for run, each in zip(runs, links, strict=True)]
    form_customer, form_link, form_time = (
        np.concatenate(part) for part in zip(*forms, strict=True)
    )
    customer = np.concatenate([sales.customer[order], form_customer])
    customer[rng.random(len(customer)) < _ANONYMOUS_SHARE] = NONE
    price = sales.amount[order] - sales.discount[order]
    time = np.concatenate([sales.time[order] + rng.integers(0, 30, len(order)), form_time])
    missing = np.full(len(form_time), NONE)
    order = np.concatenate([order, missing])
    columns = {
        "customer_id": history.customer_keys(customer),
        "link_id": link_keys(np.concatenate([link, form_link])),
        "occurred_at": history.times(np.minimum(time, history.request.horizon - 1)),
        "event_type": picked(_TYPES, (order == NONE).astype(np.int64)),
        "value": np.round(np.concatenate([price, np.full(len(missing), np.nan)]), 2),
        "order_id": order_keys(order),
        "event_id": identifiers("e", np.arange(len(order)), 9),
    }
    return table_frame("events", columns)


def _links_of_orders(
    customer: Integers, time: Integers, runs: Sequence[Run], links: Sequence[Links]
) -> Integers:
    found = np.full(len(customer), NONE, dtype=np.int64)
    for run, each in zip(runs, links, strict=True):
        if len(run.customer) == 0:
            continue
        # The assigned are in ascending order, so a position is found by bisection.
        place = np.searchsorted(run.customer, customer).clip(max=len(run.customer) - 1)
        assigned = run.customer[place] == customer
        followed = assigned & (each.clicked[place] <= time) & (time < run.plan.ends)
        found = np.where(followed, each.link[place], found)
    return found


def _forms(run: Run, links: Links, rng: np.random.Generator) -> tuple[Integers, Integers, Integers]:
    clicked = np.flatnonzero(links.clicked != NEVER)
    place = clicked[rng.random(len(clicked)) < _FORM_SHARE]
    time = links.clicked[place] + rng.integers(20, 600, len(place))
    in_window = time < run.plan.ends
    place = place[in_window]
    return run.customer[place], links.link[place], time[in_window]
