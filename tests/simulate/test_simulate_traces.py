"""What customers leave behind: opt-outs, clicks, coupons, calls, ratings, events."""

import numpy as np
import pandas as pd
import pytest

from smsroi_models.errors import ParameterError
from smsroi_models.simulate import Program, Shop, simulate_program

STANDARD_ERRORS = 4.0


def assert_share(hits: pd.Series, share: float) -> None:
    standard_error = np.sqrt(share * (1 - share) / len(hits))
    assert abs(hits.mean() - share) < STANDARD_ERRORS * standard_error


def delivered(program: Program) -> pd.DataFrame:
    return program.tables["messages"].query("status in ('delivered', 'read')")


def test_opt_outs_grow_with_the_texts_received() -> None:
    shop = Shop(text_opt_out_share=0.05, opt_out_growth=0.5, base_opt_out_share=0.0)
    program = simulate_program(
        12_000, 4, np.random.default_rng(1), holdout_share=0.4, shop=shop, detail="core"
    )
    texts = delivered(program).sort_values("sent_at")
    left = program.tables["subscriptions"].query("event == 'opt_out'")
    cause = left.set_index("customer_id")["campaign_id"]
    gone = texts["customer_id"].map(cause) == texts["campaign_id"]
    earlier = texts.groupby("customer_id").cumcount()
    for count in range(4):
        assert_share(gone[earlier == count], 0.05 * (1 + 0.5 * count))


def test_customers_opt_out_of_their_own_accord_in_both_arms() -> None:
    shop = Shop(text_opt_out_share=0.0, base_opt_out_share=0.1)
    program = simulate_program(12_000, 1, np.random.default_rng(2), shop=shop, detail="core")
    left = program.tables["subscriptions"].query("event == 'opt_out'")["customer_id"]
    for _, arm in program.tables["assignments"].groupby("arm"):
        # The programme goes on for 30 days after the assignment, the hazard's unit.
        assert_share(arm["customer_id"].isin(left), 0.1)


def test_texts_are_delivered_and_billed_as_the_shop_says() -> None:
    shop = Shop(delivery_share=0.9, long_text_share=0.2)
    program = simulate_program(12_000, 1, np.random.default_rng(3), shop=shop, detail="core")
    messages = program.tables["messages"]
    assert_share(messages["status"].isin(["delivered", "read"]), 0.9)
    assert_share(messages["segments"] == 2, 0.2)
    assert set(messages["status"]) == {"delivered", "read", "undelivered", "failed"}
    assert (messages.loc[messages["status"] == "failed", "price"] == 0).all()
    assert (messages.loc[messages["status"] != "failed", "price"] == 0.0105).all()


def test_scanners_click_within_seconds(program: Program) -> None:
    texts = delivered(program).query("campaign_id == 'camp-02'")  # links of the recipients' own
    links = program.tables["links"].query("campaign_id == 'camp-02'")
    clicks = program.tables["clicks"].merge(links, on="link_id").merge(texts, on="customer_id")
    hasty = (clicks["clicked_at"] - clicks["sent_at"]) < pd.Timedelta(seconds=10)
    assert_share(texts["customer_id"].isin(clicks.loc[hasty, "customer_id"]), 0.03)
    scanner = clicks["user_agent"].str.contains("Scanner|Bot|requests", na=False)
    assert scanner[hasty].any()
    assert not scanner[hasty].all()  # some come under the name of a browser
    assert not scanner[~hasty].any()
    assert program.tables["clicks"]["bot_reason"].isna().all()


def test_links_are_personal_or_one_for_all(program: Program) -> None:
    links = program.tables["links"]
    assert links.query("campaign_id == 'camp-01'")["customer_id"].isna().tolist() == [True]
    treated = program.tables["assignments"].query("campaign_id == 'camp-02' and arm == 'treatment'")
    personal = links.query("campaign_id == 'camp-02'")
    assert sorted(personal["customer_id"]) == sorted(treated["customer_id"])


def test_nobody_clicks_a_link_of_their_own_before_the_text(program: Program) -> None:
    links = program.tables["links"].dropna(subset="customer_id")
    texts = program.tables["messages"]
    clicks = (
        program.tables["clicks"]
        .merge(links, on="link_id")
        .merge(texts, on=["campaign_id", "customer_id"], validate="many_to_one")
    )
    assert len(clicks) > 0
    assert (clicks["clicked_at"] > clicks["sent_at"]).all()


@pytest.fixture(scope="module")
def leaky_program() -> Program:
    shop = Shop(coupon_leak_share=0.5, refund_share=0.0, alpha=5.0)
    return simulate_program(6_000, 2, np.random.default_rng(4), discounts=[0.2, 0.3], shop=shop)


def coupon_orders(program: Program) -> pd.DataFrame:
    return program.tables["orders"].merge(
        program.tables["coupons"],
        left_on="coupon_code",
        right_on="code",
        suffixes=("", "_coupon"),
        validate="many_to_one",
    )


def test_every_code_used_is_a_coupon(leaky_program: Program) -> None:
    used = leaky_program.tables["orders"]["coupon_code"].notna().sum()
    assert used == len(coupon_orders(leaky_program)) > 0


def test_shared_codes_leak_to_the_holdout_and_personal_ones_do_not(leaky_program: Program) -> None:
    used = coupon_orders(leaky_program).merge(
        leaky_program.tables["assignments"], on=["campaign_id", "customer_id"]
    )
    leaked = used[used["arm"] == "holdout"]
    assert set(leaked["kind"]) == {"shared"}
    owned = used[used["kind"] == "unique"]
    assert (owned["customer_id"] == owned["customer_id_coupon"]).all()


def test_coupons_take_their_share_off_inside_the_window(leaky_program: Program) -> None:
    used = coupon_orders(leaky_program)
    price = used["revenue"] + used["discount"]  # no refunds in this shop
    np.testing.assert_allclose(used["discount"], used["discount_coupon"] * price, atol=0.006)
    assert (used["ordered_at"] < used["expires_at"]).all()
    plain = leaky_program.tables["orders"].query("coupon_code.isna()")
    assert (plain["discount"] == 0).all()


def test_refunds_take_back_all_or_a_part() -> None:
    shop = Shop(refund_share=0.3, full_refund_share=0.5, missing_cost_share=0.2)
    program = simulate_program(
        5_000, 1, np.random.default_rng(5), discounts=[0.0], margin_rate=0.6, shop=shop
    )
    orders = program.tables["orders"]
    assert_share(orders["revenue"] == 0, 0.15)
    assert_share(orders["cost_of_goods"].isna(), 0.2)
    # A unit of list amount costs 0.4, within a tenth; revenue keeps so much of it.
    assert shop.kept_share == pytest.approx(1 - 0.3 * 0.75)
    known = orders.dropna(subset="cost_of_goods")
    kept = known["revenue"] - known["cost_of_goods"] / 0.4 * shop.kept_share
    assert abs(kept.mean()) < STANDARD_ERRORS * kept.std() / np.sqrt(len(kept))


def test_the_satisfied_answer_more_often() -> None:
    def scores(share: float) -> pd.Series:
        shop = Shop(invitation_share=1.0, response_share=share)
        program = simulate_program(4_000, 1, np.random.default_rng(6), shop=shop)
        assert len(program.tables["invitations"]) == len(program.tables["assignments"])
        return program.tables["responses"]["score"]

    everybody, willing = scores(1.0), scores(0.2)
    standard_error = np.hypot(everybody.sem(), willing.sem())
    assert willing.mean() - everybody.mean() > STANDARD_ERRORS * standard_error


def test_both_arms_are_invited_alike(program: Program) -> None:
    invited = program.tables["invitations"].merge(program.tables["surveys"], on="survey_id")
    key = ["campaign_id", "customer_id"]
    asked = program.tables["assignments"].set_index(key).index.isin(invited.set_index(key).index)
    for arm in ("treatment", "holdout"):
        assert_share(pd.Series(asked[program.tables["assignments"]["arm"] == arm]), 0.1)


def test_purchase_events_repeat_orders_and_forms_stand_alone(program: Program) -> None:
    events = program.tables["events"]
    purchases = events[events["event_type"] == "purchase"].merge(
        program.tables["orders"], on="order_id", suffixes=("", "_order"), validate="one_to_one"
    )
    assert len(purchases) == events["order_id"].notna().sum() > 0
    known = purchases.dropna(subset="customer_id")
    assert (known["customer_id"] == known["customer_id_order"]).all()
    assert (purchases["source"] == "web").all()
    assert (purchases["value"] >= purchases["revenue"] - 0.006).all()  # before refunds
    assert purchases["link_id"].notna().any()
    forms = events[events["event_type"] == "form_fill"]
    assert forms["order_id"].isna().all()
    assert forms["customer_id"].isna().any()


def test_each_opt_out_after_a_text_is_a_reply_to_stop(program: Program) -> None:
    left = program.tables["subscriptions"].query("event == 'opt_out' and source == 'reply'")
    stops = program.tables["replies"].query("intent == 'stop'")
    assert sorted(left["customer_id"]) == sorted(stops["customer_id"])
    assert set(program.tables["replies"]["intent"]) == {
        "stop",
        "start",
        "near_stop",
        "help",
        "other",
    }


def test_calls_that_became_orders_carry_their_value() -> None:
    program = simulate_program(20_000, 2, np.random.default_rng(7))
    calls = program.tables["calls"]
    assert (calls["value"].notna() == (calls["outcome"] == "order")).all()
    assert (calls["value"] > 0).any()
    assert (calls.loc[~calls["answered"], "outcome"] == "missed").all()
    reached = calls.dropna(subset="customer_id").merge(program.tables["numbers"], on="number_id")
    key = ["campaign_id", "customer_id"]
    both = reached.merge(delivered(program), on=key)
    assert len(both) == len(reached)
    assert (both["started_at"] > both["sent_at"]).all()


def test_more_surveys_and_an_effect_leave_every_other_row_as_it_was() -> None:
    plain = simulate_program(2_000, 2, np.random.default_rng(7))
    more = simulate_program(
        2_000,
        2,
        np.random.default_rng(7),
        shop=Shop(text_rating_effect=1.5),
        more_surveys=["csat", "ces", "intent"],
    )
    for name, frame in plain.tables.items():
        rows = more.tables[name].iloc[: len(frame)]
        kept = frame.columns.drop(["score", "comment"]) if name == "responses" else frame.columns
        pd.testing.assert_frame_equal(rows[kept], frame[kept])
    assert (more.tables["surveys"]["metric"].value_counts() == 2).all()
    assert plain.opinions is not None and more.opinions is not None
    assert (plain.opinions["difference"] == 0).all() and (more.opinions["difference"] > 20).all()


def test_more_surveys_are_known_ones_in_full_detail() -> None:
    for options in ({"more_surveys": ["joy"]}, {"more_surveys": "csat"}):
        with pytest.raises(ParameterError, match="more_surveys"):
            simulate_program(100, 1, np.random.default_rng(1), **options)
    with pytest.raises(ParameterError, match="more_surveys"):
        simulate_program(100, 1, np.random.default_rng(1), detail="core", more_surveys=["csat"])
    with pytest.raises(ParameterError, match="text_rating_effect"):
        Shop(text_rating_effect=float("nan"))


def test_the_truth_of_a_survey_is_what_everybody_would_answer() -> None:
    """All asked and all answering: the arms' scores are the truth but for chance and delivery."""
    shop = Shop(
        invitation_share=1.0, response_share=1.0, text_rating_effect=0.7, delivery_share=0.8
    )
    program = simulate_program(6_000, 1, np.random.default_rng(8), shop=shop, holdout_share=0.5)
    answers = program.tables["responses"].merge(program.tables["assignments"], on="customer_id")
    sign = np.where(answers["score"] >= 9, 1, np.where(answers["score"] <= 6, -1, 0))
    truth = program.opinions.loc["camp-01"]
    for arm in ("treatment", "holdout"):
        mine = sign[answers["arm"] == arm]
        slack = STANDARD_ERRORS * 100 * mine.std() / np.sqrt(len(mine))
        assert 100 * mine.mean() == pytest.approx(truth[f"score_{arm}"], abs=slack)


def test_who_means_to_buy_buys_more_often() -> None:
    shop = Shop(invitation_share=1.0, response_share=0.9)
    program = simulate_program(
        6_000, 1, np.random.default_rng(9), shop=shop, more_surveys=["intent"]
    )
    answers = program.tables["responses"]
    answers = answers[answers["survey_id"] == "s000-intent"]
    after = answers.merge(program.tables["orders"], on="customer_id")
    bought = set(after.loc[after["ordered_at"] >= after["responded_at"], "customer_id"])
    did = answers["customer_id"].isin(bought)
    will, will_not = did[answers["score"] >= 4].mean(), did[answers["score"] <= 2].mean()
    assert will > 2 * will_not
