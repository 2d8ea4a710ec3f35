"""The checks that a report prints: when each passes, fails or informs."""

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy import stats

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import FEW_BUYERS, Check, chance_of_difference
from smsroi_models.attribution.gates import campaign_checks
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.spending import Texts
from smsroi_models.store.checks import Finding

ENDS = datetime(2025, 3, 24, 10, tzinfo=UTC)
ALL_READY = Readiness(
    assigned={"treatment": 800, "holdout": 200},
    ready={"treatment": 800, "holdout": 200},
    first_ready_at=ENDS,
    last_ready_at=ENDS,
    counted_until=ENDS,
)
PRICED = Texts(
    sent=9800,
    delivered=9500,
    in_time=9800,
    segments=9800,
    priced=9800,
    unpriced=0,
    held_out_texted=0,
    amount=98.0,
)
CAMPAIGN = Campaign("SPRING", "Spring", ENDS - timedelta(days=7), 7, 0.6, "USD", None)
MEASURED = ("converted", "orders", "margin", "margin_cubed", "pre_orders", "assigned_day")


def _arm(
    n: int, buyers: int, margin: float = 20.0, pre: float = 0.25, day: float = 20_000.0
) -> Moments:
    """An arm whose first ``buyers`` customers order once; ``pre`` of all had ordered before."""
    bought = (np.arange(n) < buyers).astype(float)
    spent = margin * bought
    before = (np.arange(n) % 100 < 100 * pre).astype(float)
    return Moments.from_rows(
        np.column_stack([bought, bought, spent, spent**3, before, np.full(n, day)]), MEASURED
    )


SOUND = (_arm(10_000, 1_000), _arm(2_000, 150))


def _checks(
    readiness: Readiness = ALL_READY,
    last_order_at: datetime = ENDS,
    orders_per_day: float | None = None,
    arms: tuple[Moments, Moments] = SOUND,
    texts: Texts | None = PRICED,
    other_costs: bool = True,
    findings: tuple[Finding, ...] = (),
) -> dict[str, Check]:
    if orders_per_day is not None:
        window = sum(arm.n * arm.mean_of("orders") for arm in arms) / orders_per_day
        campaign = dataclasses.replace(CAMPAIGN, window_days=window)
    else:
        campaign = CAMPAIGN
    found = campaign_checks(
        campaign,
        readiness,
        ENDS + timedelta(days=3),
        last_order_at,
        arms,
        texts,
        other_costs,
        findings,
        0.95,
    )
    return {check.name: check for check in found}


def test_a_sound_campaign_passes_every_check() -> None:
    assert {check.status for check in _checks().values()} == {"passed"}


def test_waiting_customers_are_counted_and_the_day_to_read_again_named() -> None:
    waiting = dataclasses.replace(
        ALL_READY,
        ready={"treatment": 600, "holdout": 150},
        last_ready_at=ENDS + timedelta(days=9),
    )
    check = _checks(waiting)["Outcome windows"]
    assert check.status == "informational"
    assert "250 of 1,000 assigned customers are left out" in check.text
    assert check.remedy == "Read again after 2025-04-02."


@pytest.mark.parametrize(
    ("orders_per_day", "silent_days", "status"),
    [
        (30.0, 0.2, "passed"),  # exp(-6) = 0.0025: a silence of 6 expected orders can happen
        (30.0, 0.3, "failed"),  # exp(-9) = 0.0001
        (0.5, 10.0, "passed"),  # a small shop is often silent
        (0.5, 20.0, "failed"),
        (30.0, -5.0, "passed"),  # orders go on after the last window
    ],
)
def test_a_silence_before_the_end_fails_if_it_is_rarer_than_one_in_a_thousand(
    orders_per_day: float, silent_days: float, status: str
) -> None:
    last = ENDS - timedelta(days=silent_days)
    check = _checks(last_order_at=last, orders_per_day=orders_per_day)["Orders reach to the end"]
    assert check.status == status


@pytest.mark.parametrize("arm", ["held-out", "texted"])
def test_few_buyers_in_either_arm_fail(arm: str) -> None:
    few = FEW_BUYERS - 1
    texted, held = (1_000, few) if arm == "held-out" else (few, 1_000)
    check = _checks(arms=(_arm(10_000, texted), _arm(2_000, held)))["Enough buyers"]
    assert check.status == "failed"
    assert f"Only {few} {arm} customers bought" in check.text
    assert check.remedy


def test_a_few_large_orders_fail_however_many_bought() -> None:
    """One order a hundred times the others in the small arm: it alone sets mean and skewness."""
    held = _arm(2_000, 150).merge(_arm(1, 1, margin=2_000.0))
    check = _checks(arms=(SOUND[0], held))["Enough buyers"]
    assert check.status == "failed"
    assert "A few large orders carry much of the result" in check.text
    assert "look better than it was" in check.text


def test_arms_that_differed_before_fail() -> None:
    check = _checks(arms=(SOUND[0], _arm(2_000, 150, pre=0.20)))["Arms alike before"]
    assert check.status == "failed"
    assert "0.250 orders a customer, the held-out 0.200" in check.text
    assert check.invalidates
    none_held = _checks(arms=(SOUND[0], _arm(2_000, 150, pre=0.0)))["Arms alike before"]
    assert (none_held.status, none_held.invalidates) == ("failed", True)  # 500 orders expected
    nothing = (_arm(10_000, 1_000, pre=0.0), _arm(2_000, 150, pre=0.0))
    assert _checks(arms=nothing)["Arms alike before"].status == "informational"


def test_the_chance_of_a_difference_is_that_of_drawing_the_arms_again() -> None:
    """Against scipy's permutation test; 20,000 draws know a share of 0.1 to 4 x 0.0021."""
    rng = np.random.default_rng(12)
    texted, held = rng.poisson(0.9, 80).astype(float), rng.poisson(0.6, 30).astype(float)
    arms = [Moments.from_rows(rows[:, None], ["pre_orders"]) for rows in (texted, held)]
    drawn = stats.permutation_test(
        (texted, held), lambda a, b: a.mean() - b.mean(), n_resamples=20_000, rng=rng
    )
    error = np.sqrt(drawn.pvalue * (1 - drawn.pvalue) / 20_000)
    # Orders are whole numbers: the permutation test's steps are up to one draw of a difference.
    step = (np.abs(drawn.null_distribution) == np.abs(drawn.statistic)).mean()
    assert chance_of_difference(*arms, "pre_orders") == pytest.approx(
        drawn.pvalue, abs=4 * error + step + 0.01
    )


def test_an_arm_in_which_everybody_ordered_once_is_no_special_case() -> None:
    """Nothing varies in the texted arm; the held-out are a mixture. Never drawn from one list."""
    check = _checks(arms=(_arm(10_000, 1_000, pre=1.0), _arm(2_000, 150)))["Arms alike before"]
    assert (check.status, check.invalidates) == ("failed", True)


@pytest.mark.parametrize(("days", "status"), [(0.0, "passed"), (0.4, "passed"), (2.0, "failed")])
def test_arms_assigned_at_other_times_fail(days: float, status: str) -> None:
    check = _checks(arms=(SOUND[0], _arm(2_000, 150, day=20_000.0 + days)))["Same clock"]
    assert (check.status, check.invalidates) == (status, status == "failed")


@pytest.mark.parametrize(
    ("texted", "status", "invalidates"),
    [
        (0, "passed", False),
        (20, "passed", False),
        (21, "failed", False),
        (1_001, "failed", True),
    ],
)
def test_more_than_one_in_a_hundred_held_out_customers_texted_fail(
    texted: int, status: str, invalidates: bool
) -> None:
    texts = dataclasses.replace(PRICED, held_out_texted=texted)
    check = _checks(texts=texts)["Holdout left alone"]
    assert (check.status, check.invalidates) == (status, invalidates)


@pytest.mark.parametrize(
    ("texts", "other_costs", "status"),
    [
        (PRICED, True, "passed"),
        (PRICED, False, "failed"),
        (None, True, "failed"),
        (dataclasses.replace(PRICED, priced=0, unpriced=9800, amount=0.0), True, "failed"),
        (dataclasses.replace(PRICED, amount=0.0), True, "failed"),
        (Texts(0, 0, 0, 0, 0, 0, 0, 0.0), True, "failed"),
        (None, False, "failed"),
    ],
)
def test_costs_that_are_not_booked_fail(
    texts: Texts | None, other_costs: bool, status: str
) -> None:
    check = _checks(texts=texts, other_costs=other_costs)["Costs booked"]
    assert check.status == status


@pytest.mark.parametrize(
    ("sent", "in_time", "delivered", "status", "invalidates"),
    [
        (9_800, 9_800, 9_500, "passed", False),
        (5_000, 5_000, 2_500, "passed", False),
        (4_999, 4_999, 4_999, "failed", False),
        (9_800, 9_800, 0, "failed", True),
        (9_800, 0, 9_800, "failed", True),  # sent when the windows were over
        (0, 0, 0, "failed", False),  # the table has no row of this campaign
    ],
)
def test_a_campaign_that_hardly_anybody_got_fails(
    sent: int, in_time: int, delivered: int, status: str, invalidates: bool
) -> None:
    texts = dataclasses.replace(PRICED, sent=sent, in_time=in_time, delivered=delivered)
    check = _checks(texts=texts)["Texts delivered"]
    assert (check.status, check.invalidates) == (status, invalidates)


def test_texts_without_a_price_are_told() -> None:
    some = dataclasses.replace(PRICED, priced=9750, unpriced=50)
    check = _checks(texts=some)["Prices of texts"]
    assert check.status == "informational"
    assert "50 of 9,800 texts have no price: they count at the mean price" in check.text
    assert "Prices of texts" not in _checks(texts=None)


def test_the_stores_warnings_are_passed_on_and_failures_come_first() -> None:
    finding = Finding(
        table="orders",
        rule="order of times",
        severity="warning",
        count=3,
        example="o1",
        remedy="Correct acquired_at.",
        message="3 orders lie before their customer was acquired.",
    )
    found = _checks(findings=(finding,), other_costs=False)
    assert next(iter(found.values())).status == "failed"
    table = found["Table orders"]
    assert (table.status, table.text, table.remedy) == (
        "informational",
        "3 orders lie before their customer was acquired.",
        "Correct acquired_at.",
    )
