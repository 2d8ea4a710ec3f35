"""Everything that happened in a programme, before it is written into tables."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.simulate.audience import Audience, draw_audience
from smsroi_models.simulate.buyers import BaseOrders, Customers, draw_base_orders, draw_customers
from smsroi_models.simulate.campaign import Run, run_campaign
from smsroi_models.simulate.columns import NONE, Integers, identifiers, moments_in_time, picked
from smsroi_models.simulate.global_holdout import GlobalHoldout, draw_global_holdout
from smsroi_models.simulate.request import Request
from smsroi_models.simulate.sales import Sales, book_sales
from smsroi_models.simulate.texts import Texts, draw_texts


@dataclass(frozen=True, slots=True)
class History:
    """A programme from its first customer to its horizon.

    ``runs`` and ``texts`` hold one item per campaign; ``customer_ids`` the key of each row of
    ``customers``; ``global_holdout`` is None where nobody is kept out of every campaign.
    """

    request: Request
    customers: Customers
    orders: BaseOrders
    audience: Audience
    global_holdout: GlobalHoldout | None
    runs: tuple[Run, ...]
    texts: tuple[Texts, ...]
    sales: Sales
    customer_ids: pa.Array

    def customer_keys(self, rows: Integers) -> pa.Array:
        """Return the key of the customer in each row; `NONE` gives null."""
        return self.customer_ids.take(pa.array(rows, mask=rows == NONE))

    def campaign_keys(self, numbers: Integers) -> pa.Array:
        """Return the key of each campaign by number, the programme's own last; `NONE` is null."""
        keys = [plan.campaign_id for plan in self.request.plans]
        return picked([*keys, self.request.programme_id], numbers)

    def times(self, seconds: Integers) -> pd.DatetimeIndex:
        """Return UTC times from seconds since the programme's start."""
        return moments_in_time(self.request.start, seconds)


def draw_history(request: Request, rng: np.random.Generator) -> History:
    """Draw customers and what they do of their own accord, then campaign after campaign."""
    shop = request.shop
    customers = draw_customers(request, rng)
    orders = draw_base_orders(customers, request.horizon, shop, rng)
    audience = draw_audience(customers, shop, rng)
    kept_out = draw_global_holdout(customers, audience, request.global_holdout_share, rng)
    runs = tuple(
        run_campaign(plan, customers, orders, audience, request.holdout_share, shop, rng)
        for plan in request.plans
    )
    return History(
        request=request,
        customers=customers,
        orders=orders,
        audience=audience,
        global_holdout=kept_out,
        runs=runs,
        texts=tuple(draw_texts(run, shop, rng) for run in runs),
        sales=book_sales(orders, runs, request.margin_rate, shop, rng),
        customer_ids=identifiers(
            "c", np.arange(len(customers)), 7 if len(customers) <= 10**7 else 8
        ),
    )
