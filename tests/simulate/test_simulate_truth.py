"""The truth is what the difference of arm means estimates, and adds up with the tables."""

import numpy as np
import pandas as pd
import pytest

from smsroi_models.simulate import Program, Shop, simulate_program

STANDARD_ERRORS = 4.0
OUTCOMES = ["revenue", "margin", "conversion"]
MARGIN_RATE = 0.55


def arm_differences(program: Program) -> pd.DataFrame:
    """Difference of arm means of each campaign, one row each, straight from the tables."""
    orders = program.tables["orders"]
    price = orders["revenue"] + orders["discount"]
    cost = orders["cost_of_goods"].fillna((1 - MARGIN_RATE) * price)
    booked = orders.assign(margin=orders["revenue"] - cost, conversion=1.0)
    assignments = program.tables["assignments"]
    booked = booked[booked["ordered_at"] >= assignments["assigned_at"].min()]
    both = assignments.merge(booked, on="customer_id")
    since = both["ordered_at"] - both["assigned_at"]
    inside = both[(since >= pd.Timedelta(0)) & (since < pd.Timedelta(days=14))]
    key = ["campaign_id", "customer_id"]
    sums = inside.groupby(key).agg({"revenue": "sum", "margin": "sum", "conversion": "max"})
    rows = assignments.set_index(key)[["arm"]].join(sums).fillna(0.0)
    means = rows.groupby(["arm", "campaign_id"])[OUTCOMES].mean()
    return means.loc["treatment"] - means.loc["holdout"]


@pytest.mark.parametrize(
    "shop",
    [
        # Undelivered texts, and shared codes that leak to those who did not get one.
        Shop(alpha=5.0, q=12.0, v=105.0, delivery_share=0.7, coupon_leak_share=0.4),
        # Refunds, half the costs of goods unknown, and opt-outs before the second campaign.
        Shop(
            alpha=5.0,
            q=12.0,
            v=105.0,
            refund_share=0.4,
            missing_cost_share=0.5,
            text_opt_out_share=0.1,
        ),
    ],
    ids=["leaks", "refunds"],
)
def test_arm_differences_average_to_the_truth(shop: Shop) -> None:
    rng = np.random.default_rng(77)
    errors, truths = [], []
    for _ in range(150):
        program = simulate_program(
            2_000,
            2,
            rng,
            holdout_share=0.5,
            conversion_effects=[0.10, 0.04],
            spend_effects=[0.3, -0.5],
            discounts=[0.3, 0.6],
            margin_rate=MARGIN_RATE,
            shop=shop,
            detail="core",
        )
        truth = program.truth[[f"{name}_lift" for name in OUTCOMES]].set_axis(OUTCOMES, axis=1)
        errors.append((arm_differences(program) - truth).to_numpy())
        truths.append(truth.to_numpy())
    standard_error = np.std(errors, axis=0, ddof=1) / np.sqrt(len(errors))
    assert (np.abs(np.mean(errors, axis=0)) < STANDARD_ERRORS * standard_error).all()
    # Sharp enough to see an effect that is off by a fifth.
    assert (np.abs(np.mean(truths, axis=0)) > 5 * STANDARD_ERRORS * standard_error).all()


def test_a_campaign_without_effect_earns_nothing_and_costs_what_it_costs() -> None:
    truth = simulate_program(
        500, 1, np.random.default_rng(1), conversion_effects=[0], spend_effects=[0]
    ).truth.iloc[0]
    assert truth[["revenue_lift", "margin_lift", "conversion_lift"]].tolist() == [0.0, 0.0, 0.0]
    assert truth["profit"] == -truth["cost"]
    assert truth["roi"] == -1.0


def test_a_coupon_alone_costs_margin_but_converts_nobody() -> None:
    program = simulate_program(
        20_000,
        1,
        np.random.default_rng(2),
        conversion_effects=[0],
        spend_effects=[0],
        discounts=[0.5],
        detail="core",
    )
    truth = program.truth.iloc[0]
    assert truth["conversion_lift"] == 0
    assert truth["margin_lift"] < 0
    assert truth["revenue_lift"] < 0


def test_the_default_programme_has_gains_losses_and_nothing() -> None:
    profit = simulate_program(20_000, 6, np.random.default_rng(4), detail="core").truth
    assert (profit["margin_lift"] == 0).any()
    assert (profit["roi"] > 1).any()
    assert (profit["margin_lift"] < 0).any()


def test_the_truth_adds_up_with_the_tables() -> None:
    program = simulate_program(
        3_000, 3, np.random.default_rng(5), shop=Shop(price_per_segment=0.02)
    )
    truth = program.truth
    sizes = program.tables["assignments"].groupby(["arm", "campaign_id"]).size()
    assert truth["n_treatment"].tolist() == sizes["treatment"].tolist()
    assert truth["n_holdout"].tolist() == sizes["holdout"].tolist()
    messages = program.tables["messages"]
    texts = (messages["segments"] * messages["price"]).groupby(messages["campaign_id"]).sum()
    others = program.tables["costs"].groupby("campaign_id")["amount"].sum()
    np.testing.assert_allclose(truth["cost"], (texts + others).loc[truth.index], rtol=1e-12)
    profit = truth["margin_lift"] * truth["n_treatment"] - truth["cost"]
    np.testing.assert_allclose(truth["profit"], profit, rtol=1e-12)
    np.testing.assert_allclose(truth["roi"], profit / truth["cost"], rtol=1e-12)
    revenue = truth["revenue_lift"] * truth["n_treatment"]
    np.testing.assert_allclose(truth["incremental_revenue"], revenue, rtol=1e-12)


def test_a_null_price_counts_nothing_in_the_cost() -> None:
    shop = Shop(missing_price_share=1.0, creative_cost=70.0, platform_cost=30.0)
    program = simulate_program(500, 1, np.random.default_rng(6), shop=shop, detail="core")
    assert program.tables["messages"]["price"].isna().all()
    assert program.truth["cost"].tolist() == [100.0]


def test_roi_is_not_a_number_where_nothing_was_spent() -> None:
    shop = Shop(price_per_segment=0.0, creative_cost=0.0, platform_cost=0.0)
    program = simulate_program(500, 1, np.random.default_rng(6), shop=shop, detail="core")
    assert program.truth["roi"].isna().all()


def test_effects_stay_inside_their_windows() -> None:
    def outside(effect: float) -> pd.DataFrame:
        program = simulate_program(
            2_000,
            3,
            np.random.default_rng(8),
            conversion_effects=[effect] * 3,
            spend_effects=[effect] * 3,
            discounts=[effect] * 3,
            detail="core",
        )
        orders = program.tables["orders"]
        starts = program.tables["campaigns"]["starts_at"]
        window = pd.Timedelta(days=14)
        inside = np.logical_or.reduce(
            [orders["ordered_at"].between(at, at + window, inclusive="left") for at in starts]
        )
        return orders.loc[~inside, ["customer_id", "ordered_at"]].reset_index(drop=True)

    pd.testing.assert_frame_equal(outside(0.0), outside(0.5))


@pytest.mark.parametrize("holdout_share", [0.1, 0.5])
def test_the_holdout_has_its_share(holdout_share: float) -> None:
    truth = simulate_program(
        10_000, 1, np.random.default_rng(9), holdout_share=holdout_share, detail="core"
    ).truth.iloc[0]
    size = truth["n_holdout"] + truth["n_treatment"]
    standard_error = np.sqrt(holdout_share * (1 - holdout_share) / size)
    assert abs(truth["n_holdout"] / size - holdout_share) < STANDARD_ERRORS * standard_error
