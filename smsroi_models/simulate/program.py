"""A texting programme with known truth: every table of a store, and what each campaign did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from smsroi_models.errors import ParameterError
from smsroi_models.simulate.audience import draw_audience
from smsroi_models.simulate.buyers import draw_base_orders, draw_customers
from smsroi_models.simulate.campaign import run_campaign
from smsroi_models.simulate.columns import DAY
from smsroi_models.simulate.people import (
    assignments_frame,
    campaigns_frame,
    coupons_frame,
    customer_ids,
    customers_frame,
    subscriptions_frame,
)
from smsroi_models.simulate.plan import make_plans
from smsroi_models.simulate.sales import book_sales, orders_frame
from smsroi_models.simulate.shop import Shop, require
from smsroi_models.simulate.texts import costs_frame, draw_texts, messages_frame
from smsroi_models.simulate.truth import truth_frame


@dataclass(frozen=True, slots=True)
class Program:
    """A simulated programme.

    Attributes
    ----------
    tables
        The tables of a store by name.
    truth
        One row per campaign, indexed by ``campaign_id``. ``n_treatment``, ``n_holdout``: customers
        assigned. ``revenue_lift``, ``margin_lift`` (currency) and ``conversion_lift`` (share with
        an order in the window): expected effect per assigned customer of either arm, whether or
        not the text was delivered; a difference of arm means estimates them without bias.
        ``incremental_revenue``, ``incremental_margin``: lift x n_treatment. ``cost``: exactly as
        the tables add up. ``profit`` = incremental_margin - cost; ``roi`` = profit / cost, NaN
        where nothing was spent.
    """

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame


def simulate_program(
    n_customers: int,
    n_campaigns: int,
    rng: np.random.Generator,
    *,
    start: str | pd.Timestamp = "2025-01-06T10:00Z",
    window_days: int = 14,
    spacing_days: int = 30,
    holdout_share: float = 0.2,
    conversion_effects: Sequence[float] | None = None,
    spend_effects: Sequence[float] | None = None,
    discounts: Sequence[float] | None = None,
    margin_rate: float = 0.6,
    currency: str = "USD",
    shop: Shop | None = None,
    detail: Literal["full", "core"] = "full",
) -> Program:
    """Simulate a shop that texts its customers, and return its tables and the truth.

    A campaign changes nothing but its own window: the extra orders that it causes do not touch
    the later orders, dropout or amounts of the customer, and nobody orders less afterwards. Only
    its opt-outs last: later campaigns assign those still opted in. The same generator state gives
    the same tables, and the tables of ``detail="core"`` are the same in both details.

    Parameters
    ----------
    n_customers
        Customers, at least 1, those included who are acquired while the programme runs.
    n_campaigns
        Campaigns, at least 1.
    rng
        Source of all randomness.
    start
        Time with a zone at which the first campaign assigns its customers.
    window_days, spacing_days
        Length of the outcome window and days from one campaign to the next, days; windows may not
        overlap. The programme ends ``spacing_days`` after the last campaign's start.
    holdout_share
        Probability of the holdout arm, in (0, 1), drawn for each customer on its own.
    conversion_effects
        Per campaign, the mean probability of an extra order for an assigned customer who gets the
        text, in [0, 1]; customers differ, frequent and active ones respond more. Default: cycles
        through profitable, zero and loss-making campaigns.
    spend_effects
        Per campaign, the relative change of the list amount of orders after the text, above -1.
    discounts
        Per campaign, the coupon's share of list price, in [0, 1]. Default: a cycle, but 0 for a
        campaign whose two effects are 0, so that such a campaign truly has none.
    margin_rate
        Share of list price kept as margin, in [0, 1].
    currency
        ISO 4217 code.
    shop
        Buyers, prices and habits; `Shop()` if left out.
    detail
        ``"full"`` makes every table; ``"core"`` only campaigns, customers, assignments, messages,
        subscriptions, coupons, orders and costs, which is several times faster.

    Raises
    ------
    ParameterError
        If a parameter lies outside its range or a list has the wrong length.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, section 3.
    Fader and Hardie (2013), The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> program = simulate_program(500, 2, np.random.default_rng(1), detail="core")
    >>> float(program.truth.loc["camp-02", "margin_lift"])  # the second one has no effect
    0.0
    """
    _check(n_customers, n_campaigns, rng, window_days, spacing_days, holdout_share, margin_rate)
    require(detail in ("full", "core"), "detail", detail, "be 'full' or 'core'")
    plans = make_plans(
        n_campaigns, window_days, spacing_days, conversion_effects, spend_effects, discounts
    )
    begin = _start(start)
    shop = Shop() if shop is None else shop
    horizon = n_campaigns * spacing_days * DAY

    customers = draw_customers(n_customers, plans, horizon, shop, rng)
    orders = draw_base_orders(customers, horizon, shop, rng)
    audience = draw_audience(customers, shop, rng)
    runs = [
        run_campaign(plan, customers, orders, audience, holdout_share, shop, rng) for plan in plans
    ]
    texts = [draw_texts(run, shop, rng) for run in runs]
    sales = book_sales(orders, runs, margin_rate, shop, rng)

    ids = customer_ids(n_customers)
    tables = {
        "campaigns": campaigns_frame(plans, begin, margin_rate, currency),
        "customers": customers_frame(customers, plans, begin, ids),
        "assignments": assignments_frame(runs, begin, ids),
        "messages": messages_frame(runs, texts, begin, ids),
        "subscriptions": subscriptions_frame(customers, audience, plans, horizon, begin, ids),
        "coupons": coupons_frame(runs, begin, ids),
        "orders": orders_frame(sales, runs, begin, ids),
        "costs": costs_frame(runs, texts),
    }
    spent = [text.cost for text in texts]
    return Program(tables, truth_frame(runs, spent, customers, orders, margin_rate, shop))


def _check(
    n_customers: int,
    n_campaigns: int,
    rng: np.random.Generator,
    window_days: int,
    spacing_days: int,
    holdout_share: float,
    margin_rate: float,
) -> None:
    require(isinstance(rng, np.random.Generator), "rng", rng, "be a numpy.random.Generator")
    for name, value in (
        ("n_customers", n_customers),
        ("n_campaigns", n_campaigns),
        ("window_days", window_days),
    ):
        require(isinstance(value, int) and value >= 1, name, value, "be a whole number from 1 up")
    rule = f"be a whole number from window_days ({window_days}) up, so that no windows overlap"
    kept = isinstance(spacing_days, int) and spacing_days >= window_days
    require(kept, "spacing_days", spacing_days, rule)
    require(0 < holdout_share < 1, "holdout_share", holdout_share, "lie inside (0, 1)")
    require(0 <= margin_rate <= 1, "margin_rate", margin_rate, "lie in [0, 1]")


def _start(start: str | pd.Timestamp) -> pd.Timestamp:
    rule = "be a time with a zone, such as '2025-01-06T10:00Z'"
    try:
        begin = pd.Timestamp(start)
    except ValueError as error:
        raise ParameterError(
            f"start = {start!r} breaks the rule that start must {rule}."
        ) from error
    require(not pd.isna(begin) and begin.tzinfo is not None, "start", start, rule)
    return begin.floor("s")
