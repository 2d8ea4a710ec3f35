"""Incremental / tracked over campaigns, and what it lends to one that held nobody out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import OLS

import smsroi_models as smsroi
from smsroi_models.attribution.borrowed_records import BorrowedByTouch
from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.factor_records import OLD_DAYS, Ages, ages_of
from smsroi_models.borrowed import borrowed_by_touch
from smsroi_models.errors import DataError, NotEstimableError, NotReadyError, ParameterError
from smsroi_models.factors import read_factors
from smsroi_models.report import borrowed_page
from smsroi_models.store.connect import Store

BARE, LATE_HOLDOUT, LAST = "camp-02", "camp-03", "camp-06"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """Six campaigns and their programme; one held nobody out, and one its holdout days later."""
    program = smsroi.simulate_program(
        5_000,
        6,
        np.random.default_rng(12),
        start="2024-01-08T10:00Z",
        spacing_days=20,
        global_holdout_share=0.1,
        conversion_effects=[0.05, 0.05, 0.05, 0.04, 0.06, 0.05],
    )
    found = dict(program.tables)
    assigned = found["assignments"].copy()
    bare = (assigned.campaign_id == BARE) & (assigned.arm == "holdout")
    late = (assigned.campaign_id == LATE_HOLDOUT) & (assigned.arm == "holdout")
    assigned.loc[late, "assigned_at"] += pd.Timedelta(days=3)
    found["assignments"] = assigned[~bare].reset_index(drop=True)
    # The assignments no longer are those of the recorded plans.
    found.pop("plans", None)
    return found


@pytest.fixture(scope="module")
def path(tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return smsroi.write_store(tables, tmp_path_factory.mktemp("factors") / "shop")


@pytest.fixture(scope="module")
def store(path) -> Iterator[Store]:
    with smsroi.open_store(path, threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def factors(store) -> smsroi.IncrementalityFactors:
    return smsroi.incrementality_factors(store)


@pytest.fixture(scope="module")
def borrowed(store) -> smsroi.Borrowed:
    return smsroi.borrowed_roi(store, BARE, touch="delivered")


def test_evidence_is_every_campaign_with_a_sound_holdout_and_the_others_say_why(factors) -> None:
    assert factors.left_out == {
        BARE: "nobody was held out",
        LATE_HOLDOUT: "failed: Same clock",
        "GLOBAL-2024": "a programme: its holdout is of all campaigns together",
    }
    for touch in factors.touches:
        read = {each.campaign_id for each in touch.evidence} | set(touch.left_out)
        assert read == {"camp-01", "camp-04", "camp-05", "camp-06"}
    assert all("not clearly above zero" in why for why in factors.of("event").left_out.values())


def test_a_campaigns_own_factor_is_that_of_its_report(factors, store) -> None:
    """On links of one's own nobody held out can click: the texted alone are all."""
    own = next(e for e in factors.of("click").evidence if e.campaign_id == "camp-04")
    claim = smsroi.rule_comparison(store, "camp-04").of("click")
    assert own.revenue.tracked.estimate == pytest.approx(claim.revenue)
    assert own.revenue.factor.to_dict() == pytest.approx(claim.factor.to_dict())


def test_what_the_held_out_redeemed_is_not_in_the_factor(factors, store) -> None:
    comparison = smsroi.rule_comparison(store, "camp-01")
    leaked = comparison.of("coupon")
    own = next(e for e in factors.of("coupon").evidence if e.campaign_id == "camp-01")
    assert leaked.held_out_orders > 0
    assert own.revenue.tracked.estimate < leaked.revenue


def test_a_campaigns_factor_is_that_of_statsmodels_and_pandas(factors, tables) -> None:
    """From the rows: Lin's regression for what was caused, a sum for what was tracked.

    To rounding; the error within 5 per cent, as HC2 is exact for means alone.
    """
    own = next(e for e in factors.of("delivered").evidence if e.campaign_id == "camp-05").revenue
    people = tables["assignments"].query("campaign_id == 'camp-05'").set_index("customer_id")
    orders = tables["orders"].merge(people, on="customer_id")
    age = (orders.ordered_at - orders.assigned_at) / pd.Timedelta(days=1)
    texts = tables["messages"].query("campaign_id == 'camp-05'")
    sent = texts[texts.status.isin(["delivered", "read"])].groupby("customer_id").sent_at.min()
    inside, before = orders[(age >= 0) & (age < 14)], orders[(age >= -90) & (age < 0)]
    after_text = inside[inside.ordered_at >= inside.customer_id.map(sent)]
    texted = after_text[after_text.arm == "treatment"]

    def by_customer(rows: pd.DataFrame, how: str) -> pd.Series:
        return rows.groupby("customer_id").revenue.agg(how).reindex(people.index).fillna(0.0)

    past = np.column_stack([by_customer(before, how) for how in ("sum", "count")])
    past -= past.mean(axis=0)
    treated = (people.arm == "treatment").to_numpy(float)
    design = np.column_stack([np.ones(len(past)), treated, past, past * treated[:, None]])
    fitted = OLS(by_customer(inside, "sum").to_numpy(), design).fit(cov_type="HC2")
    caused, tracked = treated.sum() * fitted.params[1], texted.revenue.sum()
    assert own.incremental.estimate == pytest.approx(caused)
    assert own.tracked.estimate == pytest.approx(tracked)
    assert own.factor.estimate == pytest.approx(caused / tracked)
    error = treated.sum() * fitted.bse[1]
    assert own.incremental.standard_error == pytest.approx(error, rel=0.05)


def test_only_windows_that_are_over_are_evidence(store, tables) -> None:
    last = tables["assignments"].query("campaign_id == @LAST").assigned_at.max()
    ends = last.to_pydatetime() + timedelta(days=14)

    def left_out(moment: datetime) -> dict[str, str]:
        # None is read: what is left out before anything is known of a campaign's orders.
        return read_factors(store, moment, ["delivered"], 0.95, 90, fewest=99).left_out

    assert left_out(ends - timedelta(microseconds=1))[LAST] == "its windows are not over"
    assert LAST not in left_out(ends)


def test_the_frame_has_a_row_for_each_campaign_and_touch(factors) -> None:
    frame = factors.to_frame()
    assert len(frame) == sum(len(touch.evidence) for touch in factors.touches)
    assert not frame.duplicated(["touch", "campaign_id"]).any()
    rows = frame[frame.touch == "delivered"]
    assert rows.weight.sum() == pytest.approx(1)
    ratio = rows.incremental_revenue / rows.tracked_revenue
    assert ratio.to_numpy() == pytest.approx(rows.factor.to_numpy())
    assert (rows.prediction_lower < rows.pooled_factor_lower).all()
    assert (rows.age_days > 0).all()


def test_the_borrowed_figure_is_tracked_revenue_times_the_factor(borrowed, tables) -> None:
    texts = tables["messages"].query("campaign_id == @BARE and status in ('delivered', 'read')")
    assigned = tables["assignments"].query("campaign_id == @BARE").set_index("customer_id")
    orders = tables["orders"].merge(texts[["customer_id", "sent_at"]], on="customer_id")
    begins = orders.customer_id.map(assigned.assigned_at)
    inside = (orders.ordered_at >= orders.sent_at) & (
        orders.ordered_at < begins + pd.Timedelta(days=14)
    )
    per_customer = orders[inside].groupby("customer_id").revenue.sum()
    assert borrowed.tracked_orders == inside.sum()
    assert borrowed.tracked_revenue.estimate == pytest.approx(per_customer.sum())
    # The error of a sum over everybody assigned, of whom most ordered nothing.
    everybody = per_customer.reindex(assigned.index).fillna(0.0)
    error = everybody.std() * len(everybody) ** 0.5
    assert borrowed.tracked_revenue.standard_error == pytest.approx(error)
    product = borrowed.factor.estimate * per_customer.sum()
    # Medians of a product's mixture and of its factor's are the same to a per cent.
    assert borrowed.incremental_revenue.estimate == pytest.approx(product, rel=0.01)


def test_the_money_follows_from_margin_and_cost(borrowed, tables) -> None:
    texts = tables["messages"].query("campaign_id == @BARE")
    costs = tables["costs"].query("campaign_id == @BARE").amount.sum()
    assert borrowed.cost == pytest.approx(costs + (texts.segments * texts.price).sum())
    for name in ("estimate", "ci_lower", "ci_upper"):
        margin = getattr(borrowed.incremental_margin, name)
        assert getattr(borrowed.profit, name) == pytest.approx(margin - borrowed.cost)
        assert getattr(borrowed.roi, name) == pytest.approx(margin / borrowed.cost - 1)
    assert borrowed.evidence == "borrowed"
    assert borrowed.campaigns == ("camp-01", "camp-04", "camp-05", "camp-06")


def test_ages_are_counted_to_the_campaign_that_borrows(borrowed, factors, tables) -> None:
    starts = tables["campaigns"].set_index("campaign_id").starts_at[BARE]
    ends = {e.campaign_id: e.ends_at for e in factors.of("delivered").evidence}
    days = {name: (starts - end) / pd.Timedelta(days=1) for name, end in ends.items()}
    assert days["camp-01"] > 0 > days["camp-04"]  # the others came later
    assert borrowed.ages.oldest_days == pytest.approx(max(days.values()))
    assert borrowed.ages.newest_days == pytest.approx(min(days.values(), key=abs))
    weights = factors.of("delivered").revenue.weights
    weighted = sum(weights[name] * abs(age) for name, age in days.items())
    assert borrowed.ages.weighted_days == pytest.approx(weighted)
    assert not borrowed.ages.too_old


def test_evidence_is_old_past_a_year_by_its_weight() -> None:
    day = {"a": float(OLD_DAYS), "b": float(OLD_DAYS)}
    assert not ages_of(day, {"a": 0.5, "b": 0.5}).too_old
    assert ages_of(day | {"a": OLD_DAYS + 1.0}, {"a": 0.5, "b": 0.5}).too_old
    said = borrowed_page.age(Ages(400.0, -380.0, 390.0))
    assert "more than 365 days" in said and "380 days after this campaign began" in said
    assert "more than" not in borrowed_page.age(Ages(40.0, 20.0, 30.0))


def test_fewer_than_three_campaigns_are_refused(store) -> None:
    """On this day only camp-01, and the borrower itself, are over."""
    ends = datetime(2024, 1, 8, 10, tzinfo=UTC) + timedelta(days=20 + 14 + 2)
    with pytest.raises(NotEstimableError, match="at least 3"):
        smsroi.borrowed_roi(store, BARE, ends)


def test_campaigns_with_the_same_holdout_are_not_pooled(tables, factors, tmp_path: Path) -> None:
    """Everybody who was held out of one campaign is held out of each, from the same list."""
    assert factors.of("coupon").revenue is not None and factors.of("coupon").not_pooled == ""
    assigned = tables["assignments"]
    anew = [name for name in assigned.campaign_id.unique() if name.startswith("camp-")]
    first = assigned[assigned.campaign_id == anew[0]].drop(columns="assigned_at")
    starts = assigned.groupby("campaign_id").assigned_at.min()
    again = [
        first.assign(campaign_id=name, assigned_at=starts[name])
        for name in anew
        if name not in (BARE, LATE_HOLDOUT)
    ]
    others = assigned[~assigned.campaign_id.isin([each.campaign_id.iloc[0] for each in again])]
    kept = ("campaigns", "customers", "orders", "links", "clicks", "coupons")
    shop = {name: tables[name] for name in kept if name in tables}
    shop["assignments"] = pd.concat([others, *again], ignore_index=True)
    path = smsroi.write_store(shop, tmp_path / "again")
    with smsroi.open_store(path, threads=1) as opened:
        found = smsroi.incrementality_factors(opened, pre_days=0)
        coupon = found.of("coupon")  # whose links were whose has changed; codes were typed by all
        assert len(coupon.evidence) == 4 and coupon.revenue is None and coupon.margin is None
        assert "held out of several" in coupon.not_pooled
        assert len(found.to_frame()) == sum(len(each.evidence) for each in found.touches)
        with pytest.raises(NotEstimableError, match="Draw each holdout anew"):
            smsroi.borrowed_roi(opened, BARE, touch="coupon", pre_days=0)


@pytest.mark.parametrize(
    ("campaign", "options", "error", "message"),
    [
        ("camp-04", {}, DataError, "analyze_campaign"),
        (BARE, {"as_of": "2024-02-01"}, NotReadyError, "last window ends"),
        (BARE, {"touch": "clicks"}, ParameterError, "choose among"),
        (BARE, {"confidence_level": 1.0}, ParameterError, "between 0 and 1"),
        ("camp-99", {}, DataError, "no campaign"),
    ],
)
def test_what_is_refused_by_name(store, campaign, options, error, message) -> None:
    with pytest.raises(error, match=message):
        smsroi.borrowed_roi(store, campaign, **options)


def test_an_unknown_touch_is_refused(store) -> None:
    with pytest.raises(ParameterError, match="click_declared"):
        smsroi.incrementality_factors(store, touches=["clicks"])


def test_a_touch_without_revenue_is_refused_and_the_others_stand(store, factors, borrowed) -> None:
    """Nobody of the borrower used a code: coupons say nothing of it, delivered texts do."""
    tables = {name: store[name] for name in ("campaigns", "assignments", "messages", "coupons")}
    orders = store["orders"]
    tables["orders"] = orders.mutate(coupon_code=orders.coupon_code.nullif(orders.coupon_code))
    found = borrowed_by_touch(
        tables, read_campaign(store, BARE), 3_000, factors.as_of, factors, "coupon"
    )
    assert "no revenue of this campaign was tracked" in found.refused["coupon"]
    assert found.leading is None and found.clicks == {}
    assert found.found["delivered"].tracked_orders == borrowed.tracked_orders
    assert found.found["delivered"].cost < borrowed.cost  # texts alone: no table of costs


def test_the_page_says_borrowed_and_where_nothing_can_be(borrowed) -> None:
    empty = BorrowedByTouch("click", {}, {"click": "2 campaigns have a factor"}, {"a": "b"}, {})
    said = borrowed_page.refusal(empty)
    assert said.startswith("No evidence can be borrowed: 2 campaigns") and "a: b" in said
    assert empty.leading is None
    with_delivered = {"delivered": borrowed, "coupon": borrowed, "click_declared": borrowed}
    found = BorrowedByTouch("delivered", with_delivered, {}, {}, {"click_declared": 12})
    shown = SimpleNamespace(
        borrowed=found,
        campaign=SimpleNamespace(currency="USD"),
        assigned=4_000,
        series=SimpleNamespace(counted=3_000),
        incremental_margin=Estimate(3e9, 1.0, 3e9, 3e9),
        confidence_level=0.95,
    )
    page = borrowed_page.borrowed_tables(shown).text
    assert "Borrowed evidence" in page and "does not rest on it" in page
    assert "lie apart" in page  # a million a customer by the forecast
    assert "Prediction intervals at 95" in page and "3,000 of them" in page
    assert page.count("<table") == 3
    nothing = SimpleNamespace(borrowed=None)
    assert "no touches" in borrowed_page.borrowed_tables(nothing).text
    named = replace(empty, touch="delivered", found={"delivered": borrowed})
    assert named.leading is borrowed
