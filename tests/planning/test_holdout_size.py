"""What a plan reads from a store, what it makes of it, and what it refuses."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smsroi_models as smsroi
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError, ParameterError, StoreError
from smsroi_models.planning.design import Design
from smsroi_models.planning.history import (
    audience,
    collect_spending,
    fixed_costs,
    read_audience_size,
    read_terms,
    spending,
    text_prices,
)
from smsroi_models.planning.holdout import Stakes, holdout_option, recommended
from smsroi_models.planning.plan_checks import expectation
from smsroi_models.planning.prior import Prior, past_lifts, pooled_prior
from smsroi_models.planning.proposal import propose_campaign
from smsroi_models.planning.proposed import Proposal
from smsroi_models.planning.value import (
    cost_of_holding_out,
    gain_of_choosing,
    profit_maximising_test_size,
    value_of_knowing,
)
from smsroi_models.store.connect import Store
from smsroi_models.store.tables import TABLES

NOW = datetime(2025, 6, 1, tzinfo=UTC)
SPREAD = Design(100, 100, 100.0, 100.0)
EXPECTED = Prior(0.3, 0.4)


def _stakes(margin: Prior | None = EXPECTED, n: int = 40_000) -> Stakes:
    return Stakes(n, cost_per_text=0.02, fixed_cost=400.0, future_campaigns=3, margin=margin)


# Value and cost


@given(st.floats(-10, 10), st.floats(1e-3, 10), st.floats(1e-3, 10), st.floats(0.1, 10))
def test_value_keeps_its_bounds_and_does_not_mind_the_currency(
    mean: float, deviation: float, error: float, scale: float
) -> None:
    value = value_of_knowing(Prior(mean, deviation), error, 1_000)
    perfect = 1_000 * gain_of_choosing(mean, deviation)
    assert 0 <= value <= perfect * (1 + 1e-9)
    rougher = value_of_knowing(Prior(mean, deviation), 2 * error, 1_000)
    assert rougher <= value * (1 + 1e-9)
    scaled = value_of_knowing(Prior(scale * mean, scale * deviation), scale * error, 1_000)
    assert scaled == pytest.approx(scale * value, rel=1e-6, abs=1e-12)
    assert value_of_knowing(Prior(-mean, deviation), error, 1_000) == value


def test_a_known_profit_leaves_nothing_to_learn() -> None:
    with pytest.raises(NotEstimableError, match="nothing to learn"):
        value_of_knowing(Prior(0.3, 0.0), 0.1, 1_000)
    with pytest.raises(NotEstimableError, match="nothing to learn"):
        profit_maximising_test_size(1_000, 1.0, 0.0)
    option = holdout_option(0.2, SPREAD, 0.05, _stakes(Prior(0.3, 0.0)))
    assert option.value is None and option.net_value is None
    assert option.cost is not None and option.cost.standard_error == 0


def test_holding_out_saves_where_texts_lose_money() -> None:
    cost = cost_of_holding_out(500, Prior(-0.2, 0.1))
    assert cost.estimate == -100.0
    assert (cost.ci_lower, cost.ci_upper) == pytest.approx((-198.0, -2.0), abs=0.01)


def test_fixed_costs_are_spent_whoever_is_held_out() -> None:
    """Margin 0.30 less the text's 0.02; and, for going on at all, less 400 / 40,000."""
    option = holdout_option(0.1, SPREAD, 0.05, _stakes())
    assert option.cost is not None and option.value is not None
    assert option.cost.estimate == pytest.approx(4_000 * 0.28)
    expected = value_of_knowing(Prior(0.27, 0.4), option.standard_error, 120_000)
    assert option.value == pytest.approx(expected)
    assert option.buyers_held_out == 200.0
    assert option.detectable.roi is not None
    assert option.detectable.roi == pytest.approx(option.detectable.profit / (720 + 400))


# The share


def _options(stakes: Stakes, conversion: float = 0.05, shares: tuple[float, ...] = ()) -> list:
    return [holdout_option(s, SPREAD, conversion, stakes) for s in shares or (0.02, 0.1, 0.2, 0.5)]


def test_the_share_maximises_value_less_cost() -> None:
    options = _options(_stakes(), shares=tuple(np.arange(0.06, 0.5, 0.01)))
    best, basis = recommended(options)
    assert basis == "value"
    assert best.net_value == max(option.net_value for option in options)


def test_shares_with_too_few_buyers_are_passed_over_where_any_has_enough() -> None:
    stakes = _stakes(n=400_000)
    options = _options(stakes, conversion=0.005)  # 40, 200, 400 and 1,000 buyers
    assert max(options, key=lambda o: o.net_value).holdout_share == 0.02
    assert recommended(options)[0].holdout_share == 0.1
    nowhere = _options(stakes, conversion=1e-5)
    assert recommended(nowhere)[0].holdout_share == 0.02


def test_without_an_expectation_the_smallest_that_shows_a_doubling_is_taken() -> None:
    rich = replace(_stakes(None), cost_per_text=0.5)
    best, basis = recommended(_options(rich))
    assert basis == "power"
    assert best.detectable.roi is not None and best.detectable.roi <= 1.0
    assert best.holdout_share == 0.1
    poor = recommended(_options(_stakes(None)))[0]
    assert poor.holdout_share == 0.5 and poor.detectable.roi > 1.0


def test_no_option_at_all_is_refused() -> None:
    with pytest.raises(NotEstimableError, match="too small"):
        recommended([])


def test_stakes_and_priors_out_of_range_are_refused() -> None:
    with pytest.raises(ParameterError, match="cost_per_text is -1"):
        replace(_stakes(), cost_per_text=-1.0)
    with pytest.raises(ParameterError, match="future_campaigns -1"):
        replace(_stakes(), future_campaigns=-1)
    with pytest.raises(ParameterError, match="prior's mean"):
        Prior(math.nan, 1.0)
    with pytest.raises(ParameterError, match="standard deviation is -1"):
        Prior(0.0, -1.0)


def test_pooling_refuses_what_it_cannot_pool() -> None:
    with pytest.raises(NotEstimableError, match="at least 3"):
        pooled_prior([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(DataError, match="leave it out"):
        pooled_prior([1.0, 2.0, 3.0], [1.0, 0.0, 1.0])
    with pytest.raises(DataError, match="one of each"):
        pooled_prior([1.0, 2.0, 3.0], [1.0, 1.0])


def test_campaigns_without_a_sound_holdout_teach_nothing() -> None:
    rng = np.random.default_rng(2)
    columns = ("margin", "pre_revenue", "pre_orders")
    rows = rng.gamma(1.0, 1.0, (400, 3))
    arm, shifted = (Moments.from_rows(r, columns) for r in (rows, rows + np.array([0.0, 0.0, 2.0])))
    idle = Moments.from_rows(np.column_stack([np.zeros(400), rows[:, 1:]]), columns)
    arms = {
        "sound": (arm, arm),
        "no holdout": (arm, None),
        "different before": (arm, shifted),
        "nobody bought": (arm, idle),
    }
    assert [lift.campaign_id for lift in past_lifts(arms)] == ["sound"]


# What is read from the store

# customer: acquired, segment, then (event, days before NOW)
PEOPLE = {
    "in": (-200, "a", [("opt_in", 200)]),
    "twice": (-200, "b", [("opt_in", 200), ("opt_out", 100), ("opt_in", 50)]),
    "gone": (-200, "a", [("opt_in", 200), ("opt_out", 1)]),
    "goes later": (-200, "a", [("opt_in", 200), ("opt_out", -1)]),
    "never": (-200, "a", []),
    "new": (-3, "a", [("opt_in", 3)]),
    "not yet": (5, "a", [("opt_in", -5)]),
    "same moment": (-200, "b", [("opt_in", 9), ("opt_out", 9)]),
}
ORDERS = [
    ("in", 7, 10.0, 4.0),  # exactly a window ago: in it
    ("in", 1, 20.0, None),  # costs 40 % of its list price
    ("in", 7 + 1 / 86_400, 30.0, 0.0),  # a second earlier: pre-period
    ("in", 37, 5.0, 0.0),  # the pre-period's first instant
    ("in", 0, 99.0, 0.0),  # exactly now: after the window
    ("twice", 38, 99.0, 0.0),  # before the pre-period
    ("goes later", 2, 6.0, 6.0),
    ("new", 2, 999.0, 0.0),  # not a customer for the whole window
    ("gone", 2, 999.0, 0.0),
]


def _frames() -> dict[str, pd.DataFrame]:
    def ago(days: float) -> datetime:
        return NOW - timedelta(seconds=round(days * 86_400))

    campaigns = [("OLD", 300, 0.5), ("LATE", 90, 0.6), ("NEXT", -30, 0.9)]
    messages = [
        ("OLD", "sent", 1, 9.0),
        ("LATE", "delivered", 2, 0.01),
        ("LATE", "failed", 1, 0.0),
        ("LATE", "queued", 1, 9.0),
        ("LATE", "delivered", 1, None),
    ]
    subscriptions = [
        {"customer_id": who, "occurred_at": ago(days), "event": event}
        for who, (_, _, events) in PEOPLE.items()
        for event, days in events
    ]
    rows = {
        "campaigns": [
            {
                "campaign_id": name,
                "name": name,
                "starts_at": ago(days),
                "window_days": 7,
                "margin_rate": rate,
                "currency": "EUR",
            }
            for name, days, rate in campaigns
        ],
        "customers": [
            {"customer_id": who, "acquired_at": ago(-days), "segment": segment}
            for who, (days, segment, _) in PEOPLE.items()
        ],
        "assignments": [
            {"campaign_id": "OLD", "customer_id": who, "arm": arm, "assigned_at": ago(299)}
            for who, arm in (("in", "treatment"), ("twice", "holdout"))
        ],
        "messages": [
            {
                "message_id": f"m{i}",
                "campaign_id": campaign,
                "customer_id": "in",
                "sent_at": ago(80),
                "status": status,
                "segments": segments,
                "price": price,
            }
            for i, (campaign, status, segments, price) in enumerate(messages)
        ],
        "orders": [
            {
                "order_id": f"o{i}",
                "customer_id": who,
                "ordered_at": ago(days),
                "revenue": revenue,
                "discount": 0.0,
                "cost_of_goods": cost,
            }
            for i, (who, days, revenue, cost) in enumerate(ORDERS)
        ],
        "subscriptions": subscriptions,
        "costs": [
            {"campaign_id": "OLD", "cost_type": "platform", "amount": 70.0},
            {"campaign_id": "OLD", "cost_type": "agency", "amount": 30.0},
        ],
    }
    return {name: pd.DataFrame(found) for name, found in rows.items()}


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = smsroi.write_store(_frames(), tmp_path_factory.mktemp("corner") / "store")
    with smsroi.open_store(path) as store:
        yield store


def _names(table: ibis.Table) -> list[str]:
    return sorted(table.to_pyarrow()["customer_id"].to_pylist())


def test_the_audience_is_who_may_be_texted_now(corner: Store) -> None:
    assert _names(audience(corner, NOW)) == ["goes later", "in", "new", "twice"]
    assert _names(audience(corner, NOW, "b")) == ["twice"]
    assert read_audience_size(corner, NOW) == 4
    everybody = {"customers": corner["customers"]}
    assert len(_names(audience(everybody, NOW))) == len(PEOPLE) - 1  # all but who is not yet


def test_an_empty_audience_names_the_segments(corner: Store) -> None:
    with pytest.raises(DataError, match=r"\['a', 'b'\]"):
        read_audience_size(corner, NOW, "c")
    with pytest.raises(DataError, match="nobody can be texted"):
        read_audience_size(corner, NOW - timedelta(days=1_000))


def test_spending_is_the_last_windows_of_who_was_there_for_all_of_it(corner: Store) -> None:
    people = audience(corner, NOW)
    rows = spending(corner, people, NOW, 7, 30, 0.6).to_pandas().set_index("customer_id")
    assert sorted(rows.index) == ["goes later", "in", "twice"]
    assert rows.loc["in", "margin"] == pytest.approx(10 - 4 + 20 - 0.4 * 20)
    assert rows.loc["in", "pre_revenue"] == 35.0
    assert rows.loc["goes later", "margin"] == 0.0
    assert rows.loc["twice", ["margin", "orders", "pre_orders"]].tolist() == [0, 0, 0]
    moments = collect_spending(corner, people, NOW, 7, 30, 0.6)
    assert moments.n == 3
    assert moments.mean_of("converted") == pytest.approx(2 / 3)


def test_nobody_measured_is_refused(corner: Store) -> None:
    with pytest.raises(NotEstimableError, match="choose a shorter window"):
        collect_spending(corner, audience(corner, NOW), NOW, 365, 30, 0.6)


def test_terms_are_the_latest_campaigns(corner: Store) -> None:
    terms = read_terms(corner, NOW)
    assert (terms.currency, terms.margin_rate) == ("EUR", 0.6)
    # Two segments at 0.01 and one that failed; the queued one did not go out.
    assert terms.cost_per_text == pytest.approx(0.01)
    assert terms.cost_per_text_of == "LATE"
    assert (terms.fixed_cost, terms.fixed_cost_of) == (100.0, "OLD")
    with pytest.raises(NotEstimableError, match="no campaign"):
        read_terms(corner, NOW - timedelta(days=400))


SCHEMAS = {name: ibis.table(table.schema(), name=name) for name, table in TABLES.items()}
BEGUN = SCHEMAS["campaigns"].select("campaign_id", "starts_at")
QUERIES = {
    "audience": audience(SCHEMAS, NOW, "a"),
    "spending": spending(SCHEMAS, audience(SCHEMAS, NOW), NOW, 7, 30, 0.6),
    "text_prices": text_prices(SCHEMAS, BEGUN),
    "fixed_costs": fixed_costs(SCHEMAS, BEGUN),
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "snowflake"])
@pytest.mark.parametrize("query", QUERIES)
def test_query_compiles(query: str, dialect: str) -> None:
    assert ibis.to_sql(QUERIES[query], dialect=dialect).lstrip().startswith(("SELECT", "WITH"))


# The proposal


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    program = smsroi.simulate_program(20_000, 4, np.random.default_rng(8), detail="core")
    path = smsroi.write_store(program.tables, tmp_path_factory.mktemp("planned") / "shop")
    with smsroi.open_store(path) as store:
        yield store


@pytest.fixture(scope="module")
def proposal(shop: Store) -> Proposal:
    return propose_campaign(shop, window_days=14)


def _check(proposal: Proposal, name: str) -> str:
    return {check.name: check.status for check in proposal.checks}[name]


def test_it_proposes_from_the_store_alone(proposal: Proposal) -> None:
    assert proposal.basis == "value"
    assert proposal.chosen is proposal.recommended
    assert len(proposal.past) == 4
    assert proposal.stakes.margin == pooled_prior(
        [lift.margin_lift for lift in proposal.past],
        [lift.standard_error for lift in proposal.past],
    )
    assert proposal.cost_per_text_of == "camp-04"
    assert proposal.chosen.n_holdout + proposal.chosen.n_treatment == proposal.stakes.n_customers
    assert proposal.spending.covariates == ("pre_revenue", "pre_orders")
    ranks = {"failed": 0, "informational": 1, "passed": 2}
    assert [ranks[c.status] for c in proposal.checks] == sorted(
        ranks[c.status] for c in proposal.checks
    )


def test_what_is_given_is_taken(shop: Store, proposal: Proposal) -> None:
    found = propose_campaign(
        shop,
        window_days=14,
        holdout_share=0.3,
        cost_per_text=0.5,
        fixed_cost=0.0,
        profit_per_text=0.1,
        profit_deviation=0.2,
        segment="regular",
    )
    assert found.basis == "given" and found.chosen.holdout_share == 0.3
    assert found.stakes.n_customers < proposal.stakes.n_customers
    assert (found.cost_per_text_of, found.fixed_cost_of) == ("", "")
    assert found.stakes.profit_per_text is not None
    assert found.stakes.profit_per_text.mean == pytest.approx(0.1)
    assert found.stakes.profit_per_text.standard_deviation == 0.2


def test_the_chosen_curve_passes_through_the_detectable_return(proposal: Proposal) -> None:
    curve = proposal.curves[0]
    middle = len(curve.roi) // 2
    assert curve.holdout_share == proposal.chosen.holdout_share
    assert curve.roi[middle] == pytest.approx(proposal.chosen.detectable.roi)
    assert curve.chance[middle] == pytest.approx(0.8, abs=1e-6)
    assert curve.chance[0] == pytest.approx(0.025, abs=1e-9)


def test_a_young_store_is_told_what_it_lacks(tmp_path) -> None:
    program = smsroi.simulate_program(4_000, 1, np.random.default_rng(1), detail="core")
    tables = {k: v for k, v in program.tables.items() if k not in ("subscriptions", "costs")}
    with smsroi.open_store(smsroi.write_store(tables, tmp_path / "young")) as store:
        found = propose_campaign(store, window_days=14)
    assert found.basis == "power" and found.chosen.value is None and found.chosen.cost is None
    assert _check(found, "Expected profit") == "informational"
    assert _check(found, "Audience") == "failed"
    assert _check(found, "Costs booked") == "failed"
    assert _check(found, "Enough buyers") == "failed"
    assert _check(found, "Returns that can be seen") == "failed"


def test_an_expected_loss_is_said(shop: Store) -> None:
    found = propose_campaign(shop, window_days=14, profit_per_text=-0.5, profit_deviation=0.1)
    assert _check(found, "Expected profit") == "informational"
    assert found.chosen.cost is not None and found.chosen.cost.estimate < 0


def test_certainty_leaves_nothing_to_learn(shop: Store) -> None:
    found = propose_campaign(shop, window_days=14, profit_per_text=0.5, profit_deviation=0.0)
    assert _check(found, "Expected profit") == "failed"
    assert found.basis == "power" and found.chosen.value is None


def test_orders_that_begin_too_late_are_told(shop: Store) -> None:
    found = propose_campaign(shop, window_days=14, pre_days=3_000)
    assert _check(found, "Orders reach back") == "failed"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"window_days": 0}, "window_days is 0"),
        ({"holdout_share": 1.0}, "holdout_share is 1"),
        ({"confidence_level": 95}, "confidence_level"),
        ({"pre_days": -1}, "pre_days"),
        ({"power": 0.01}, "power is"),
        ({"profit_per_text": 1.0}, "both, or neither"),
        ({"cost_per_text": 0.0, "fixed_cost": 0.0}, "both 0"),
        ({"cost_per_text": -0.1}, "cost_per_text is -0.1"),
        ({"as_of": "soon"}, "as_of"),
    ],
)
def test_parameters_out_of_range_are_named(shop: Store, options: dict, word: str) -> None:
    with pytest.raises(ParameterError, match=word):
        propose_campaign(shop, **{"window_days": 14, **options})


def test_without_any_price_the_cost_must_be_given(corner: Store, tmp_path) -> None:
    frames = _frames()
    frames["messages"]["price"] = None
    with (
        smsroi.open_store(smsroi.write_store(frames, tmp_path / "unpriced")) as store,
        pytest.raises(ParameterError, match="what a text"),
    ):
        propose_campaign(store, window_days=7, as_of=NOW)


def test_a_store_without_customers_or_no_store_is_refused(shop: Store, tmp_path) -> None:
    tables = {name: shop[name].to_pandas() for name in ("campaigns", "assignments", "orders")}
    with (
        smsroi.open_store(smsroi.write_store(tables, tmp_path / "bare")) as store,
        pytest.raises(StoreError, match="no customers"),
    ):
        propose_campaign(store, window_days=14)
    with pytest.raises(DataError, match="not a store"):
        propose_campaign({}, window_days=14)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("margin", "reason"), [(0.03, "do not earn the fixed costs"), (0.01, "saves money")]
)
def test_an_expected_loss_says_whether_a_text_less_would_save_money(
    margin: float, reason: str
) -> None:
    # A text costs 0.02, and 400 of fixed costs are 0.04 for each of 10,000 customers.
    [found] = expectation(_stakes(Prior(margin, 0.01), 10_000), 0)
    assert reason in found.text
