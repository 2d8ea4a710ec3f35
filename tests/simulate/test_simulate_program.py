"""Requests that are refused, and the same tables from the same seed."""

import time

import numpy as np
import pandas as pd
import pytest

from smsroi_models.errors import ParameterError
from smsroi_models.simulate import Shop, simulate_program

CORE = {
    "campaigns",
    "plans",
    "customers",
    "assignments",
    "messages",
    "subscriptions",
    "coupons",
    "orders",
    "costs",
}


def test_the_same_seed_gives_the_same_tables_and_another_seed_others() -> None:
    first, again, other = (
        simulate_program(800, 3, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    for name, frame in first.tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[name])
    pd.testing.assert_frame_equal(first.truth, again.truth)
    assert not first.tables["orders"].equals(other.tables["orders"])


def test_core_tables_are_the_same_in_both_details() -> None:
    full = simulate_program(800, 3, np.random.default_rng(3), detail="full")
    core = simulate_program(800, 3, np.random.default_rng(3), detail="core")
    assert set(core.tables) == CORE
    for name in CORE:
        pd.testing.assert_frame_equal(core.tables[name], full.tables[name])
    pd.testing.assert_frame_equal(core.truth, full.truth)


def test_campaigns_are_where_the_parameters_put_them() -> None:
    program = simulate_program(
        300,
        2,
        np.random.default_rng(4),
        start="2026-03-01T09:30+02:00",
        window_days=7,
        spacing_days=10,
        margin_rate=0.45,
        currency="EUR",
        locale="de-DE",
        detail="core",
    )
    campaigns = program.tables["campaigns"]
    assert campaigns["starts_at"].tolist() == [
        pd.Timestamp("2026-03-01T07:30Z"),
        pd.Timestamp("2026-03-11T07:30Z"),
    ]
    assert campaigns["window_days"].tolist() == [7, 7]
    assert campaigns["margin_rate"].tolist() == [0.45, 0.45]
    assert campaigns["currency"].tolist() == ["EUR", "EUR"]
    assert campaigns["locale"].tolist() == ["de-DE", "de-DE"]
    assert program.tables["orders"]["ordered_at"].max() < pd.Timestamp("2026-03-21T07:30Z")


def test_many_campaigns_have_names_of_their_own() -> None:
    campaigns = simulate_program(50, 14, np.random.default_rng(5)).tables["campaigns"]
    assert campaigns["name"].is_unique


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"n_customers": 0}, "n_customers = 0 .* whole number from 1"),
        ({"n_customers": 10.5}, "n_customers = 10.5"),
        ({"n_customers": True}, "n_customers = True"),
        ({"n_campaigns": 0}, "n_campaigns = 0"),
        ({"n_campaigns": 1000}, "n_campaigns = 1000 .* to 999"),
        ({"rng": 42}, r"rng = 42 .* numpy\.random\.Generator"),
        ({"start": "2025-01-06"}, "start = '2025-01-06' .* zone"),
        ({"start": "soon"}, "start = 'soon' .* zone"),
        ({"start": None}, "start = None .* zone"),
        ({"window_days": 0}, "window_days = 0"),
        ({"window_days": 31}, "spacing_days = 30 .* from 31"),
        ({"holdout_share": 0.0}, r"holdout_share = 0.0 .* \(0, 1\)"),
        ({"holdout_share": 1.0}, "holdout_share = 1.0"),
        ({"holdout_share": float("nan")}, "holdout_share = nan"),
        ({"holdout_share": "0.2"}, "holdout_share = '0.2' .* number"),
        ({"conversion_effects": [0.1]}, r"conversion_effects = \[0.1\] .* per campaign \(2"),
        ({"conversion_effects": 0.1}, "conversion_effects = 0.1"),
        ({"conversion_effects": ["a", "b"]}, "conversion_effects = .* number"),
        ({"conversion_effects": [0.1, 1.5]}, r"conversion_effects = 1.5 .* \[0, 1\]"),
        ({"spend_effects": [0.1, 0.1, 0.1]}, "spend_effects = "),
        ({"spend_effects": [0.1, -1.0]}, "spend_effects = -1.0 .* above -1"),
        ({"spend_effects": [0.1, float("inf")]}, "spend_effects = inf"),
        ({"discounts": [0.1, float("nan")]}, "discounts = nan"),
        ({"margin_rate": 1.2}, "margin_rate = 1.2"),
        ({"currency": "dollars"}, "currency = 'dollars' .* ISO 4217"),
        ({"shop": "corner shop"}, "shop = 'corner shop' .* Shop"),
        ({"detail": "some"}, "detail = 'some' .* 'full' or 'core'"),
    ],
)
def test_a_parameter_out_of_range_is_refused(parameters: dict, named: str) -> None:
    asked = {"n_customers": 100, "n_campaigns": 2, "rng": np.random.default_rng(1), **parameters}
    with pytest.raises(ParameterError, match=f"{named}.* Pass "):
        simulate_program(**asked)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"r": 0.0}, "r = 0.0 .* positive"),
        ({"alpha": float("inf")}, "alpha = inf"),
        ({"q": 1.0}, "q = 1.0 .* exceed 1"),
        ({"delivery_share": 1.1}, r"delivery_share = 1.1 .* \[0, 1\]"),
        ({"refund_share": float("nan")}, "refund_share = nan"),
        ({"creative_cost": -1.0}, "creative_cost = -1.0 .* not negative"),
        ({"base_opt_out_share": 1.0}, "base_opt_out_share = 1.0 .* below 1"),
    ],
)
def test_a_shop_out_of_range_is_refused(parameters: dict, named: str) -> None:
    with pytest.raises(ParameterError, match=f"{named}.* Pass "):
        Shop(**parameters)


def test_replications_are_quick() -> None:
    rng = np.random.default_rng(6)
    simulate_program(2_000, 1, rng, detail="core")
    began = time.process_time()
    for _ in range(10):
        simulate_program(2_000, 1, rng, detail="core")
    assert (time.process_time() - began) / 10 < 0.1


def test_a_locale_that_is_none_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"locale is 'German': .* BCP 47, for example en-US"):
        simulate_program(100, 1, np.random.default_rng(1), locale="German")
