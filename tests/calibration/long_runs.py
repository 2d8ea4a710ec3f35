"""Simulated campaigns followed for a year: what was read after 91 days, and what came true.

A text of the simulator changes orders in its window alone, so that the year after it is truly worth
nothing; opt-outs cost nothing here, because no campaign follows. ``lasting`` makes it worth
something: each order that a texted customer places after the window is placed a second time with
that probability, which is an effect that goes on as long as the customers do. What is read ends 91
days after the window; the truth is worked out on the whole year.
"""

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from smsroi_models.attribution.campaigns import Campaign, read_campaign, read_readiness
from smsroi_models.attribution.effects import Estimate
from smsroi_models.beside import follow_up
from smsroi_models.clv.long_term_records import LongTerm
from smsroi_models.clv.prospects import WEEKS_A_YEAR
from smsroi_models.long_term import DISCOUNT_RATE, read_long_term
from smsroi_models.predicted_arms import YEAR_WEEKS
from smsroi_models.roi import Roi
from smsroi_models.simulate import Program, Shop, simulate_program
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store

WINDOW, SEEN, YEAR = 14, 91, 364
SPACING = WINDOW + SEEN + YEAR + 1
# More of them are recruited by the campaign than usual, so that their future can be read.
SHOP = Shop(recruited_share=0.2, campaign_recruited_share=1.0)


@dataclass(frozen=True)
class Run:
    """What was read 91 days after the window, and the truths that it is about.

    ``after`` and ``total`` are the expected margin, given the orders that everybody would have
    placed anyway; ``recruits`` is what the recruits did bring.
    """

    found: LongTerm
    after: float
    total: float
    recruits: float


def run(
    n_customers: int, rng: np.random.Generator, *, effect: float = 0.02, lasting: float = 0.0
) -> Run:
    """Simulate one campaign, read it after 91 days, and work out what the year truly brought."""
    program = simulate_program(
        n_customers,
        1,
        rng,
        window_days=WINDOW,
        spacing_days=SPACING,
        conversion_effects=[effect],
        spend_effects=[0.0],
        discounts=[0.1],
        shop=SHOP,
        detail="core",
    )
    ends = _assigned(program) + timedelta(days=WINDOW)
    as_of = datetime.combine((ends + timedelta(days=SEEN)).date(), datetime.min.time(), UTC)
    after = lasting * _discounted(program, ends, program.tables["assignments"]["customer_id"])
    tables = _placed_again(program, ends, lasting, rng) if lasting else program.tables
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(write_store(tables, f"{folder}/store"), threads=1) as store,
    ):
        found = _read(store, as_of)
    people = tables["customers"]
    recruited = people.loc[people["acquired_campaign_id"].notna(), "customer_id"]
    n_treatment, n = (_arm_sizes(program)[name] for name in ("treatment", "all"))
    after *= n_treatment / n
    return Run(
        found=found,
        after=after,
        total=after + float(program.truth["incremental_margin"].iloc[0]),
        recruits=_discounted(program, as_of, recruited),
    )


def covers(figure: Estimate, truth: float) -> bool:
    return figure.ci_lower <= truth <= figure.ci_upper


def _assigned(program: Program) -> datetime:
    moment: datetime = program.tables["campaigns"]["starts_at"].iloc[0].to_pydatetime()
    return moment


def _arm_sizes(program: Program) -> dict[str, int]:
    arms = program.tables["assignments"]["arm"]
    return {"treatment": int((arms == "treatment").sum()), "all": len(arms)}


def _margin(program: Program) -> pd.Series:
    orders = program.tables["orders"]
    rate = program.tables["campaigns"]["margin_rate"].iloc[0]
    goods = orders["cost_of_goods"].fillna((1 - rate) * (orders["revenue"] + orders["discount"]))
    return orders["revenue"] - goods


def _discounted(program: Program, since: datetime, customers: pd.Series) -> float:
    """Return the margin of customers in the year since a moment, discounted to it."""
    orders = program.tables["orders"]
    weeks = (orders["ordered_at"] - since) / pd.Timedelta(days=7)
    inside = (weeks >= 0) & (weeks < YEAR_WEEKS[-1]) & orders["customer_id"].isin(customers)
    worth = _margin(program) * (1 + DISCOUNT_RATE) ** (-weeks / WEEKS_A_YEAR)
    return float(worth[inside].sum())


def _placed_again(
    program: Program, since: datetime, share: float, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    arms, orders = program.tables["assignments"], program.tables["orders"]
    texted = arms.loc[arms["arm"] == "treatment", "customer_id"]
    may = (orders["ordered_at"] >= since) & orders["customer_id"].isin(texted)
    more = orders[may & (rng.random(len(orders)) < share)].copy()
    more["order_id"] += "-again"
    # On another day, as a second visit is.
    more["ordered_at"] += pd.Timedelta(days=1)
    return program.tables | {"orders": pd.concat([orders, more], ignore_index=True)}


def _read(store: Store, as_of: datetime) -> LongTerm:
    campaign: Campaign = read_campaign(store, "camp-01")
    readiness = read_readiness(store, campaign, as_of)
    later = follow_up(store, campaign, readiness, as_of, pre_days=90, confidence_level=0.95)
    assert later.in_window is not None and later.incremental_window is not None
    margin = later.incremental_window
    roi = Roi(
        n_treatment=later.in_window.n_treatment,
        incremental_revenue=margin,
        incremental_margin=margin,
        cost=None,
        ledger=(),
        profit=None,
        roi=None,
        break_even_lift=None,
        probability_of_profit=None,
        degrees_of_freedom=later.in_window.degrees_of_freedom,
        confidence_level=0.95,
    )
    return read_long_term(store, campaign, readiness, as_of, later, roi, pre_days=90)
