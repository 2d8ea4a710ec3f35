"""Fatigue: what is refused, what is read off, and the record of a simulated programme."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import frequent_texts as drawn
import numpy as np
import pytest

import smsroi_models as smsroi
from smsroi_models.audience.fatigue import Money, frequency_curve, paying_frequency
from smsroi_models.audience.fatigue_records import Fatigue
from smsroi_models.audience.frequency_effects import caused_at, frequencies_seen
from smsroi_models.audience.hazard import clustered_covariance, fit_hazard
from smsroi_models.audience.terms import ScoreProducts
from smsroi_models.errors import ConvergenceError, DataError, NotEstimableError, ParameterError
from smsroi_models.simulate import Shop
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store
from smsroi_models.subscription_worth import read_subscription_value
from smsroi_models.texting_frequency import analyze_fatigue

Cells = dict[str, np.ndarray]
HABITS = drawn.Habits(leaving=(-5.0, 1.0, 0.2))


@pytest.fixture(scope="module")
def cells() -> Cells:
    return drawn.cells_of(drawn.drawn_rows(1_500, 9, HABITS, np.random.default_rng(3)))


def test_everybody_with_the_same_texts_is_refused(cells: Cells) -> None:
    same = cells | {"texts_30": cells["expected_30"], "texts_7": cells["expected_7"]}
    with pytest.raises(NotEstimableError, match="nothing varies that tells what more texts do"):
        fit_hazard(same, "opted_out")


def test_too_few_events_are_refused(cells: Cells) -> None:
    none = cells | {"opted_out": np.zeros_like(cells["n"])}
    with pytest.raises(NotEstimableError, match=r"0 events \(opted out\) among those texted"):
        fit_hazard(none, "opted_out")
    only_texted = cells | {"opted_out": cells["opted_out"] * cells["treated"]}
    with pytest.raises(NotEstimableError, match="among those held out"):
        fit_hazard(only_texted, "opted_out")


def test_separated_events_are_refused(cells: Cells) -> None:
    """Whoever had more texts than expected left, nobody else: no coefficient is large enough."""
    above = cells["texts_30"] > cells["expected_30"]
    separated = cells | {"opted_out": np.where(above, cells["n"], 0.0)}
    with pytest.raises(ConvergenceError, match="no fit: its events are separated"):
        fit_hazard(separated, "opted_out")


def test_a_control_without_events_is_left_out(cells: Cells) -> None:
    coupon = (np.arange(len(cells["n"])) % 3 == 0).astype(float)
    found = fit_hazard(
        cells | {"coupon": coupon, "opted_out": cells["opted_out"] * coupon}, "opted_out"
    )
    assert "coupon" in found.left_out
    assert ("coupon",) not in found.terms


def test_columns_that_are_no_columns_are_refused(cells: Cells) -> None:
    with pytest.raises(DataError, match="no column 'coupon'"):
        fit_hazard({n: v for n, v in cells.items() if n != "coupon"}, "opted_out")
    with pytest.raises(DataError, match="more events than rows"):
        fit_hazard(cells | {"opted_out": cells["n"] + 1}, "opted_out")
    with pytest.raises(DataError, match="n is NaN or infinite"):
        fit_hazard(cells | {"n": cells["n"] * np.nan}, "opted_out")


def test_few_customers_have_no_error(cells: Cells) -> None:
    model = fit_hazard(cells, "bought")
    k = len(model.terms)
    with pytest.raises(NotEstimableError, match="9 customers"):
        clustered_covariance([model], ScoreProducts(9, 90, np.eye(k)))


def test_what_a_text_causes_is_a_difference_of_means(cells: Cells) -> None:
    """By hand: the same coefficients, every row taken as texted and then as not."""
    model = fit_hazard(cells, "opted_out")
    found = caused_at(model, cells, np.array([0.7]))
    total = []
    for treated in (1.0, 0.0):
        known = cells | {
            "treated": np.full_like(cells["n"], treated),
            "extra_7": 0.7 - cells["expected_7"],
            "extra_30": 3.0 - cells["expected_30"],  # 30/7 weeks of 0.7
        }
        eta = sum(
            coefficient * np.prod([np.ones_like(cells["n"]), *(known[c] for c in term)], axis=0)
            for term, coefficient in zip(model.terms, model.coefficients, strict=True)
        )
        total.append(np.average(1 - np.exp(-np.exp(eta)), weights=cells["n"]))
    assert found.texted[0] == pytest.approx(total[0])
    assert found.caused[0] == pytest.approx(total[0] - total[1])


def test_gradients_are_those_of_small_steps(cells: Cells) -> None:
    model, weekly = fit_hazard(cells, "opted_out"), np.array([0.2, 0.8])
    here = caused_at(model, cells, weekly)
    for i in range(len(model.terms)):
        step = np.zeros(len(model.terms))
        step[i] = 1e-5
        up, down = (
            caused_at(replace(model, coefficients=model.coefficients + s), cells, weekly)
            for s in (step, -step)
        )
        slope = (up.caused - down.caused) / 2e-5
        np.testing.assert_allclose(here.caused_gradient[:, i], slope, rtol=1e-4, atol=1e-9)


def test_frequencies_seen_leave_out_a_handful(cells: Cells) -> None:
    model = fit_hazard(cells, "opted_out")
    low, high = frequencies_seen(model, cells)
    assert low == 0
    # Four weekly draws lie within 30 days, and one within seven.
    assert high == pytest.approx(4 * 7 / 30)
    few = {name: np.append(values, values[-1]) for name, values in cells.items()}
    few["texts_30"][-1], few["n"][-1] = 20.0, 1.0
    assert frequencies_seen(model, few)[1] == high


def _money(values: list[float], error: float = 0.1) -> Money:
    weekly = np.arange(1.0, len(values) + 1)
    n = len(values)
    return Money(weekly, np.array(values), np.full(n, error), np.full(n, np.inf))


def test_a_frequency_that_was_not_seen_is_not_told() -> None:
    found = paying_frequency(_money([3.0, 2.0, 1.0]))
    assert (found.status, found.weekly) == ("not reached", None)
    assert (found.ci_lower, found.ci_upper, found.highest_seen) == (None, None, 3.0)
    # Where the last figures are not clear of zero, the lower end is told all the same.
    near = paying_frequency(_money([3.0, 2.0, 0.1]))
    assert near.status == "not reached"
    assert near.ci_lower == pytest.approx(2 + (2 - 0.196) / 1.9, abs=1e-3)
    assert near.ci_upper is None


def test_texts_that_never_paid() -> None:
    found = paying_frequency(_money([-1.0, -2.0]))
    assert (found.status, found.weekly, found.ci_lower) == ("never paid", None, None)
    assert found.ci_upper == 1.0


def test_one_frequency_alone_is_refused(cells: Cells) -> None:
    models = fit_hazard(cells, "opted_out"), fit_hazard(cells, "bought")
    k = sum(len(model.terms) for model in models)
    with pytest.raises(DataError, match="need"):
        frequency_curve(models, np.eye(3), cells, None, 20.0)
    same = cells | {"texts_30": np.full_like(cells["n"], 2.0)}
    with pytest.raises(NotEstimableError, match="nothing can be said of others"):
        frequency_curve(models, np.eye(k), same, None, 20.0)


SHOP = Shop(
    base_opt_out_share=0.02,
    opt_out_growth=0.0,
    recent_opt_out_growth_30=0.4,
    recent_response_loss_share=0.15,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    tables = smsroi.simulate_program(
        4_000,
        14,
        np.random.default_rng(8),
        window_days=7,
        spacing_days=7,
        holdout_share=0.3,
        conversion_effects=[0.04] * 14,
        spend_effects=[0.0] * 14,
        shop=SHOP,
        detail="core",
    ).tables
    path = write_store(tables, tmp_path_factory.mktemp("tired") / "store")
    with open_store(path, threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(store: Store) -> Fatigue:
    return analyze_fatigue(store)


def test_the_simulated_shop_tires(found: Fatigue) -> None:
    opting_out, buying = (
        next(r.ratio for r in found.recent if (r.outcome, r.days) == (name, 30))
        for name in ("opted_out", "bought")
    )
    assert opting_out.ci_lower > 1
    assert buying.ci_lower < 1
    first, last = found.curve[0], found.curve[-1]
    assert last.opting_out.estimate > first.opting_out.estimate
    assert last.opt_outs_caused.estimate > first.opt_outs_caused.estimate
    assert found.paying is not None
    assert found.paying.highest_seen == last.weekly <= 30 / 7
    # At rest a text takes nothing from those that follow.
    assert first.weekly == 0
    assert first.next_text == first.profit
    assert found.no_value == ""
    assert found.rows >= found.customers > 1_000


def test_the_margin_can_be_given(store: Store, found: Fatigue) -> None:
    given = analyze_fatigue(store, margin_per_text=5.0)
    assert given.value is not None
    assert given.value.per_text.margin.standard_error == 0
    assert given.curve[3].opt_outs_caused == found.curve[3].opt_outs_caused


@pytest.mark.parametrize("days", [0, 31, 7.5, True])
def test_days_followed_are_checked(store: Store, days: object) -> None:
    with pytest.raises(ParameterError, match="follow_days"):
        analyze_fatigue(store, follow_days=days)  # type: ignore[arg-type]


def test_too_early_and_a_missing_table_are_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotEstimableError, match="no campaign with a holdout is 7 days past"):
        analyze_fatigue(store, "2025-01-08")
    frames = {name: store[name].to_pandas() for name in ("campaigns", "assignments", "orders")}
    with (
        open_store(write_store(frames, tmp_path / "bare")) as bare,
        pytest.raises(NotEstimableError, match="no subscriptions and no customers"),
    ):
        analyze_fatigue(bare)


def test_without_a_value_the_curve_has_no_money(
    store: Store, found: Fatigue, tmp_path: Path
) -> None:
    names = ("campaigns", "customers", "assignments", "subscriptions", "orders")
    frames = {name: store[name].to_pandas() for name in names}
    with open_store(write_store(frames, tmp_path / "unpriced"), threads=1) as unpriced:
        told = analyze_fatigue(unpriced)
    assert told.value is None
    assert told.paying is None
    assert told.no_value == "the store has no messages"
    assert all(point.profit is None and point.next_text is None for point in told.curve)
    assert told.opt_outs == found.opt_outs


def test_few_campaigns_do_not_tell_what_a_text_earns(store: Store) -> None:
    with pytest.raises(NotEstimableError, match="2 other campaigns with a holdout"):
        read_subscription_value(store, datetime(2025, 1, 27, 12, tzinfo=UTC), without="camp-01")
