"""The checks that a report prints: when each passes, fails or informs."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from smsroi_models.attribution.campaigns import Readiness
from smsroi_models.attribution.checks import FEW_BUYERS, Check, campaign_checks
from smsroi_models.attribution.estimates import OutcomeLift
from smsroi_models.attribution.lift import compare
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
PRICED = Texts(sent=800, delivered=760, segments=800, unpriced=0, amount=8.0)


def _converted(texted_buyers: int, held_out_buyers: int) -> OutcomeLift:
    arms = (
        Moments.from_sums("converted", 10_000, texted_buyers, texted_buyers),
        Moments.from_sums("converted", 2_000, held_out_buyers, held_out_buyers),
    )
    return OutcomeLift(compare(*arms, proportion=True), None)


def _checks(
    readiness: Readiness = ALL_READY,
    last_order_at: datetime = ENDS,
    orders_per_day: float = 30.0,
    texts: Texts | None = PRICED,
    converted: OutcomeLift | None = None,
    findings: tuple[Finding, ...] = (),
) -> dict[str, Check]:
    converted = converted or _converted(1_000, FEW_BUYERS)
    found = campaign_checks(
        readiness,
        ENDS + timedelta(days=3),
        last_order_at,
        orders_per_day,
        texts,
        {"converted": converted},
        findings,
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
    lift = _converted(1_000, few) if arm == "held-out" else _converted(few, 1_000)
    check = _checks(converted=lift)["Enough buyers"]
    assert check.status == "failed"
    assert f"Only {few} {arm} customers bought" in check.text
    assert check.remedy


def test_texts_without_a_price_are_told() -> None:
    some = dataclasses.replace(PRICED, unpriced=50)
    check = _checks(texts=some)["Prices of texts"]
    assert check.status == "informational"
    assert "50 of 800 texts have no price: they count at the mean price" in check.text
    none = dataclasses.replace(PRICED, unpriced=800, amount=0.0)
    assert _checks(texts=none)["Prices of texts"].status == "failed"
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
    found = _checks(findings=(finding,), converted=_converted(1_000, FEW_BUYERS - 1))
    assert next(iter(found.values())).status == "failed"
    table = found["Table orders"]
    assert (table.status, table.text, table.remedy) == (
        "informational",
        "3 orders lie before their customer was acquired.",
        "Correct acquired_at.",
    )
