"""Inbound texts: requests to stop, in the right words and in others, and questions."""

import numpy as np
import pandas as pd

from smsroi_models.simulate.audience import OPT_IN_SOURCES, Audience
from smsroi_models.simulate.buyers import Customers
from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import (
    NONE,
    Integers,
    identifiers,
    picked,
    table_frame,
)
from smsroi_models.simulate.history import History
from smsroi_models.simulate.shop import Shop

_INTENTS = ("stop", "start", "near_stop", "help", "other")
_STOP, _START, _NEAR_STOP, _HELP, _OTHER = range(5)
_UNMATCHED_SHARE = 0.2  # of the replies, in which the campaign is not known
_MEAN_WAIT = 3_600


def replies_frame(history: History, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``replies``: each opt-out that a text caused is a ``stop``, and so on."""
    audience = history.audience
    parts = [_stops(audience), _starts(history.customers, audience)]
    parts += [_answers(run, history.request.shop, rng) for run in history.runs]
    customer, time, intent, campaign = (np.concatenate(part) for part in zip(*parts, strict=True))
    kept = time < history.request.horizon
    order = np.flatnonzero(kept)[np.argsort(time[kept], kind="stable")]
    campaign[rng.random(len(campaign)) < _UNMATCHED_SHARE] = NONE
    return table_frame(
        "replies",
        {
            "reply_id": identifiers("r", np.arange(len(order)), 9),
            "customer_id": history.customer_keys(customer[order]),
            "received_at": history.times(time[order]),
            "intent": picked(_INTENTS, intent[order]),
            "campaign_id": history.campaign_keys(campaign[order]),
        },
    )


_Part = tuple[Integers, Integers, Integers, Integers]


def _stops(audience: Audience) -> _Part:
    leaver = np.flatnonzero(audience.opt_out_cause != NONE)
    cause = audience.opt_out_cause[leaver]
    return leaver, audience.opted_out[leaver], np.full_like(leaver, _STOP), cause


def _starts(customers: Customers, audience: Audience) -> _Part:
    joiner = np.flatnonzero(audience.opt_in_source == OPT_IN_SOURCES.index("keyword"))
    intent, campaign = np.full_like(joiner, _START), np.full_like(joiner, NONE)
    return joiner, customers.acquired[joiner], intent, campaign


def _answers(run: Run, shop: Shop, rng: np.random.Generator) -> _Part:
    limits = np.cumsum([shop.near_stop_share, shop.help_share, shop.other_reply_share])
    kind = np.digitize(rng.random(len(run.customer)), limits)
    place = np.flatnonzero(run.delivered & (kind < len(limits)))
    wait = 10 + rng.exponential(_MEAN_WAIT, len(place)).astype(np.int64)
    intent = np.array([_NEAR_STOP, _HELP, _OTHER])[kind[place]]
    number = np.full_like(place, run.plan.number)
    return run.customer[place], run.sent[place] + wait, intent, number
