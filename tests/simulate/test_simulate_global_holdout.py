"""A share kept out of every campaign: who is, what they see, and the programme's truth."""

import numpy as np
import pandas as pd
import pytest

from smsroi_models.errors import ParameterError
from smsroi_models.simulate import Program, Shop, simulate_program

SHARE = 0.15


@pytest.fixture(scope="module")
def kept_out() -> Program:
    return simulate_program(
        8_000, 3, np.random.default_rng(71), global_holdout_share=SHARE, detail="full"
    )


def _arms(program: Program) -> pd.DataFrame:
    assigned = program.tables["assignments"]
    return assigned[assigned["campaign_id"] == "GLOBAL-2025"].set_index("customer_id")


def test_without_a_share_there_is_no_programme() -> None:
    program = simulate_program(300, 2, np.random.default_rng(1), global_holdout_share=0.0)
    assert program.programme is None
    assert set(program.tables["campaigns"]["campaign_id"]) == {"camp-01", "camp-02"}


def test_the_shop_before_its_texts_is_the_same_with_and_without_a_share() -> None:
    without = simulate_program(300, 2, np.random.default_rng(1), detail="core")
    with_share = simulate_program(
        300, 2, np.random.default_rng(1), global_holdout_share=0.3, detail="core"
    )
    pd.testing.assert_frame_equal(without.tables["customers"], with_share.tables["customers"])


def test_no_campaign_touches_those_kept_out(kept_out: Program) -> None:
    held = _arms(kept_out).query("arm == 'holdout'").index
    assert len(held) > 500
    for name in ("assignments", "messages", "links", "coupons", "calls", "invitations"):
        table = kept_out.tables[name]
        if "campaign_id" in table:
            table = table[table["campaign_id"] != "GLOBAL-2025"]
        assert not table["customer_id"].isin(held).any(), name
    used = kept_out.tables["orders"].query("customer_id in @held")["coupon_code"]
    assert used.isna().all()


def test_everybody_who_could_be_texted_belongs_to_the_programme(kept_out: Program) -> None:
    tables = kept_out.tables
    arms = _arms(kept_out)
    campaigns = tables["assignments"][tables["assignments"]["campaign_id"] != "GLOBAL-2025"]
    treated = arms.query("arm == 'treatment'").index
    assert campaigns["customer_id"].isin(treated).all()
    opted_in = tables["subscriptions"].query("event == 'opt_in'")["customer_id"]
    assert arms.index.isin(opted_in).all()


def test_later_customers_are_assigned_as_they_are_acquired(kept_out: Program) -> None:
    arms = _arms(kept_out)
    acquired = kept_out.tables["customers"].set_index("customer_id")["acquired_at"]
    start = kept_out.tables["campaigns"]["starts_at"].iloc[0]
    expected = acquired.reindex(arms.index).clip(lower=start)
    pd.testing.assert_series_equal(arms["assigned_at"], expected, check_names=False)
    assert (arms["assigned_at"] > start).sum() > 300


def test_the_share_is_the_one_asked_for(kept_out: Program) -> None:
    held = (_arms(kept_out)["arm"] == "holdout").mean()
    # Independent draws: five standard errors.
    assert abs(held - SHARE) < 5 * np.sqrt(SHARE * (1 - SHARE) / len(_arms(kept_out)))


def test_the_programmes_row_spans_all_campaigns_and_its_truth_adds_up(kept_out: Program) -> None:
    row = kept_out.tables["campaigns"].iloc[-1]
    truth = kept_out.programme.loc["GLOBAL-2025"]
    arms = _arms(kept_out)["arm"].value_counts()
    assert (row["campaign_id"], row["window_days"]) == ("GLOBAL-2025", 90)
    assert (truth["n_treatment"], truth["n_holdout"]) == (arms["treatment"], arms["holdout"])
    assert truth["cost"] == pytest.approx(kept_out.truth["cost"].sum(), rel=1e-12)
    assert truth["profit"] == truth["incremental_margin"] - truth["cost"]
    assert truth["roi"] == truth["profit"] / truth["cost"]
    assert truth["incremental_margin"] == pytest.approx(
        truth["margin_lift"] * truth["n_treatment"], rel=1e-12
    )


def test_one_campaign_that_texts_everybody_without_leaks_is_the_programme() -> None:
    """Hardly anybody held out of the one campaign, no coupon, nobody new: two truths, one effect.

    The campaign's counts its treatment arm; the programme's also those who opted out before it,
    of whom there are none at its start.
    """
    shop = Shop(recruited_share=0.0)
    program = simulate_program(
        5_000,
        1,
        np.random.default_rng(72),
        holdout_share=1e-9,
        global_holdout_share=0.2,
        conversion_effects=[0.05],
        spend_effects=[0.1],
        discounts=[0.0],
        shop=shop,
        detail="core",
    )
    campaign, programme = program.truth.loc["camp-01"], program.programme.loc["GLOBAL-2025"]
    for name in ("n_treatment", "incremental_revenue", "incremental_margin", "cost", "profit"):
        assert programme[name] == pytest.approx(campaign[name], rel=1e-9), name


def test_a_leaked_coupon_costs_the_programme_what_it_gives_away() -> None:
    """Nobody is texted successfully: held-out and undelivered customers use the shared code."""
    shop = Shop(delivery_share=0.0, coupon_leak_share=1.0, missing_cost_share=0.0, refund_share=0.0)
    program = simulate_program(
        4_000,
        1,
        np.random.default_rng(73),
        global_holdout_share=0.2,
        conversion_effects=[0.5],
        discounts=[0.3],
        shop=shop,
        detail="core",
    )
    orders = program.tables["orders"]
    given = orders.loc[orders["coupon_code"] == "TEXT01", "discount"].sum()
    assert given > 0
    lost = program.programme.loc["GLOBAL-2025", "incremental_margin"]
    assert lost == pytest.approx(-given, rel=1e-3)  # discounts are booked in whole cents


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan"), "some"])
def test_a_share_out_of_range_is_refused(share: object) -> None:
    with pytest.raises(ParameterError, match="global_holdout_share"):
        simulate_program(100, 1, np.random.default_rng(1), global_holdout_share=share)
