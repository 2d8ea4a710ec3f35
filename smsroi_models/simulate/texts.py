"""The texts of a campaign: status, billed segments, price; and what the campaign cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import (
    Floats,
    Integers,
    identifiers,
    moments_in_time,
    picked,
    table_frame,
)
from smsroi_models.simulate.shop import Shop

_STATUSES = ("delivered", "read", "undelivered", "failed")
_DELIVERED, _READ, _UNDELIVERED, _FAILED = range(4)
_FAILED_SHARE = 0.3  # of the texts that were not delivered


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one campaign, one per treated customer; arrays have shape (n_treatment,).

    ``place`` is the position among the assigned, ``price`` that of one segment (NaN: null),
    ``fixed_costs`` the costs beside the texts by type.
    """

    place: Integers
    status: Integers
    segments: Integers
    price: Floats
    fixed_costs: tuple[tuple[str, float], ...]

    @property
    def cost(self) -> float:
        """Cost of the campaign exactly as its tables add up; a null price counts nothing."""
        texts = float(np.nansum(self.segments * self.price))
        return texts + sum(amount for _, amount in self.fixed_costs)


def draw_texts(run: Run, shop: Shop, rng: np.random.Generator) -> Texts:
    """Draw the texts to the treatment arm; a text that failed has price 0."""
    place = np.flatnonzero(run.treated)
    size = len(place)
    good = np.where(rng.random(size) < shop.read_share, _READ, _DELIVERED)
    bad = np.where(rng.random(size) < _FAILED_SHARE, _FAILED, _UNDELIVERED)
    status = np.where(run.delivered[place], good, bad)
    price = np.where(status == _FAILED, 0.0, shop.price_per_segment)
    price[rng.random(size) < shop.missing_price_share] = np.nan
    return Texts(
        place=place,
        status=status,
        segments=run.plan.segments + (rng.random(size) < shop.long_text_share).astype(np.int64),
        price=price,
        fixed_costs=_fixed_costs(run, shop),
    )


def messages_frame(
    runs: Sequence[Run], texts: Sequence[Texts], start: pd.Timestamp, customer_ids: pa.Array
) -> pd.DataFrame:
    """Return the table ``messages``."""
    customer = np.concatenate([run.customer[t.place] for run, t in zip(runs, texts, strict=True)])
    sent = np.concatenate([run.sent[t.place] for run, t in zip(runs, texts, strict=True)])
    number = np.concatenate([np.full_like(t.place, k) for k, t in enumerate(texts)])
    return table_frame(
        "messages",
        {
            "message_id": identifiers("m", np.arange(len(customer)), 9),
            "campaign_id": picked([run.plan.campaign_id for run in runs], number),
            "customer_id": customer_ids.take(pa.array(customer)),
            "sent_at": moments_in_time(start, sent),
            "status": picked(_STATUSES, np.concatenate([t.status for t in texts])),
            "segments": np.concatenate([t.segments for t in texts]),
            "price": np.concatenate([t.price for t in texts]),
        },
    )


def costs_frame(runs: Sequence[Run], texts: Sequence[Texts]) -> pd.DataFrame:
    """Return the table ``costs``."""
    rows = [
        (run.plan.campaign_id, kind, amount)
        for run, text in zip(runs, texts, strict=True)
        for kind, amount in text.fixed_costs
    ]
    ids, kinds, amounts = zip(*rows, strict=True)
    columns = {
        "campaign_id": pd.Series(ids, dtype="str"),
        "cost_type": pd.Series(kinds, dtype="str"),
        "amount": np.array(amounts, dtype=np.float64),
    }
    return table_frame("costs", columns)


def _fixed_costs(run: Run, shop: Shop) -> tuple[tuple[str, float], ...]:
    every = (("creative", shop.creative_cost), ("platform", shop.platform_cost))
    with_agency = run.plan.number % 3 == 2
    return (*every, ("agency", shop.agency_cost)) if with_agency else every
