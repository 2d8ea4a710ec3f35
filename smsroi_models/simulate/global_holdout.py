"""A share of customers kept out of every campaign, so that the whole programme can be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.simulate.audience import Audience
from smsroi_models.simulate.buyers import Customers
from smsroi_models.simulate.columns import DAY, Flags, Integers, picked, table_frame

if TYPE_CHECKING:
    from smsroi_models.simulate.history import History


@dataclass(frozen=True, slots=True)
class GlobalHoldout:
    """The customers of the programme; arrays have shape (n_members,).

    Attributes
    ----------
    customer
        Row of each customer who could be texted at some time: opted in, and not out at the start.
    treated
        Whether campaigns may assign the customer.
    assigned
        Seconds since the programme's start; 0, or the acquisition of those who came later.
    """

    customer: Integers
    treated: Flags
    assigned: Integers


def draw_global_holdout(
    customers: Customers, audience: Audience, share: float, rng: np.random.Generator
) -> GlobalHoldout | None:
    """Draw each customer's arm on its own and bar the held-out from every campaign.

    None, and nothing drawn, where ``share`` is 0.
    """
    if share == 0:
        return None
    entry = np.maximum(customers.acquired, 0)
    member = np.flatnonzero(customers.opted_in & (audience.opted_out > entry))
    treated = rng.random(len(member)) >= share
    audience.barred[member[~treated]] = True
    return GlobalHoldout(member, treated, entry[member])


def programme_rows(history: History) -> dict[str, pd.DataFrame]:
    """Return the programme's own rows of ``campaigns`` and ``assignments``; none without one."""
    programme, request = history.global_holdout, history.request
    if programme is None:
        return {}
    number = np.full(len(programme.customer), len(request.plans))
    one = number[:1] if len(number) else np.array([len(request.plans)])
    campaigns = {
        "campaign_id": history.campaign_keys(one),
        "name": pa.array([f"Texting programme {request.start.year}"], type=pa.large_string()),
        "starts_at": history.times(np.zeros(1, dtype=np.int64)),
        "window_days": np.array([request.horizon // DAY]),
        "margin_rate": np.array([request.margin_rate]),
        "currency": pa.array([request.currency], type=pa.large_string()),
        "message": pa.nulls(1, pa.large_string()),
        "locale": pa.array([request.locale], type=pa.large_string()),
    }
    assignments = {
        "campaign_id": history.campaign_keys(number),
        "customer_id": history.customer_keys(programme.customer),
        "arm": picked(("holdout", "treatment"), programme.treated.astype(np.int64)),
        "assigned_at": history.times(programme.assigned),
        "stratum": pa.nulls(len(number), pa.large_string()),
    }
    return {
        "campaigns": table_frame("campaigns", campaigns),
        "assignments": table_frame("assignments", assignments),
    }
