"""Each check of a customer base, on either side of its limit."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv import base_checks, holdout_checks
from smsroi_models.clv.base_model import HoldoutPeriod, HoldoutTrial, best_model, rivals_of
from smsroi_models.clv.customer_base import CustomerBase
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.holdout_calibration import HoldoutCalibration
from smsroi_models.clv.model_choice import ModelChoice, ModelScore
from smsroi_models.clv.validation import HoldoutGroups

ONE = np.ones(1)
GROUPS = HoldoutGroups(ONE, ONE, ONE, ONE, ONE, ONE)


def _period(told: float, error: float, made: float, slope: float = 1.0) -> HoldoutPeriod:
    predicted = Estimate(told, error, told - 2 * error, told + 2 * error)
    calibration = HoldoutCalibration(
        made, told, slope, 0.05, slope - 0.1, slope + 0.1, 0.5, 100.0, 0.95
    )
    trial = HoldoutTrial("bg_nbd", GROUPS, predicted, made, 0.1, calibration)
    days = date(2025, 1, 31), date(2025, 3, 31)
    return HoldoutPeriod(*days, 8.4, 100.0, {"bg_nbd": trial}, {})


def test_a_model_that_could_not_be_tried_says_why() -> None:
    period = replace(_period(1.0, 1.0, 1.0), trials={}, not_fitted={"bg_nbd": "nobody left."})
    found = holdout_checks.foretold_total(period, "bg_nbd")
    assert found.status == "informational"
    assert "up to 2025-01-31 alone" in found.text and "(bg_nbd: nobody left);" in found.text
    assert "long enough" in holdout_checks.foretold_total(None, "bg_nbd").text
    assert holdout_checks.foretold_by_frequency(period, "bg_nbd") == ()


@pytest.mark.parametrize(("strays", "days"), [(0, 71), (10, 71), (11, 1_001)])
def test_a_stray_order_makes_no_history(strays: int, days: int) -> None:
    """Of a thousand customers ten may have bought long before the others."""
    ages, numbers = np.array([1_000, 70, 30]), np.array([strays, 400, 600 - strays])
    zeros = np.zeros(3)
    base = CustomerBase(
        *(zeros, zeros, ages / 7, zeros.astype(np.int64), ages),
        *(numbers.astype(np.float64), zeros, zeros, {}),
    )
    assert base.history_days == days


@pytest.mark.parametrize(("buyers", "status"), [(199, "failed"), (200, "passed")])
def test_enough_repeat_buyers(buyers: int, status: str) -> None:
    assert base_checks.enough_repeat_buyers(buyers, 1_000).status == status


@pytest.mark.parametrize(
    ("weeks", "status"), [(52.0, "passed"), (51.0, "informational"), (25.0, "failed")]
)
def test_history(weeks: float, status: str) -> None:
    found = base_checks.history_long_enough(weeks, 52.0)
    assert found.status == status
    assert bool(found.remedy) == (status == "failed")


@pytest.mark.parametrize(
    ("told", "error", "status"),
    [
        (1_300.0, 200.0, "passed"),  # chance explains it
        (1_045.0, 10.0, "passed"),  # it does not, but no decision turns on it
        (1_200.0, 10.0, "informational"),
        (800.0, 10.0, "informational"),
        (1_300.0, 10.0, "failed"),
        (700.0, 10.0, "failed"),
    ],
)
def test_purchases_foretold(told: float, error: float, status: str) -> None:
    found = holdout_checks.foretold_total(_period(told, error, 1_000.0), "bg_nbd")
    assert found.status == status
    if status != "passed":
        assert ("too many" in found.text) == (told > 1_000)


def test_without_a_trial_nothing_is_claimed() -> None:
    period = _period(1_000.0, 10.0, 1_000.0)
    for given in ((None, "bg_nbd"), (period, "pareto_nbd")):
        assert holdout_checks.foretold_total(*given).status == "informational"
        assert holdout_checks.foretold_by_frequency(*given) == ()


@pytest.mark.parametrize(
    ("slope", "status", "word"),
    [
        (1.05, "passed", ""),
        (0.8, "informational", "exaggerated"),
        (1.2, "informational", "played down"),
        (0.6, "failed", "exaggerated"),
    ],
)
def test_buyers_told_apart(slope: float, status: str, word: str) -> None:
    (found,) = holdout_checks.foretold_by_frequency(
        _period(1_000.0, 10.0, 1_000.0, slope), "bg_nbd"
    )
    assert found.status == status and word in found.text


@pytest.mark.parametrize(
    ("share", "status"), [(0.02, "passed"), (0.05, "informational"), (0.11, "failed")]
)
def test_past_complete(share: float, status: str) -> None:
    assert [c.status for c in base_checks.past_complete(share, 30)] == [status]
    assert base_checks.past_complete(None, 30) == ()


@pytest.mark.parametrize(("share", "status"), [(0.25, "passed"), (0.26, "informational")])
def test_margin_known(share: float, status: str) -> None:
    assert [c.status for c in base_checks.margin_known(share)] == [status]


def test_tail_of_spend() -> None:
    spend = [GammaGamma(6.0, q, 15.0, 0.0, np.eye(3), 0, 1.0, 0.0, 0.0) for q in (2.1, 2.0)]
    assert [len(base_checks.spend_has_spread(model)) for model in spend] == [0, 1]


@pytest.mark.parametrize(
    ("other", "status"), [(114.0, "passed"), (116.0, "informational"), (80.0, "informational")]
)
def test_models_agree(other: float, status: str) -> None:
    values = {"bg_nbd": 100.0, "pareto_nbd": other, "mbg_nbd": 300.0}
    found = base_checks.models_agree(values, ["bg_nbd", "pareto_nbd"], "bg_nbd")
    assert [check.status for check in found] == [status]
    assert base_checks.models_agree(values, ["bg_nbd"], "bg_nbd") == ()


def test_failed_checks_come_first() -> None:
    checks = [Check(s, s, "") for s in ("passed", "informational", "failed")]  # type: ignore[arg-type]
    assert [check.status for check in base_checks.ranked(checks)] == [
        "failed",
        "informational",
        "passed",
    ]


def _score(model: str, aic: float | None, p_value: float | None, reason: str = "") -> ModelScore:
    likelihood = None if aic is None else -aic / 2
    return ModelScore(model, likelihood, aic, aic, 1.0, p_value, reason or None)


def _trials(**shares: float) -> dict[str, HoldoutTrial]:
    flat = Estimate(1.0, 1.0, 0.0, 2.0)
    return {
        name: HoldoutTrial(name, GROUPS, flat, 1.0, share, None) for name, share in shares.items()
    }


def test_likelihood_decides_where_it_can() -> None:
    scores = (_score("mbg_nbd", 10.0, None), _score("bg_nbd", 30.0, 0.01))
    choice = ModelChoice("mbg_nbd", scores, {})
    assert rivals_of(choice) == ["mbg_nbd"]
    assert best_model(choice, _trials(mbg_nbd=0.9, bg_nbd=0.1)) == (
        "mbg_nbd",
        "the likelihood is clearly highest",
    )


def test_the_holdout_decides_between_rivals() -> None:
    scores = (
        _score("mbg_nbd", 10.0, None),
        _score("bg_nbd", 10.5, 0.4),
        _score("pareto_nbd", 30.0, 0.001),
    )
    choice = ModelChoice("mbg_nbd", scores, {})
    assert rivals_of(choice) == ["mbg_nbd", "bg_nbd"]
    best, reason = best_model(choice, _trials(mbg_nbd=0.3, bg_nbd=0.2, pareto_nbd=0.1))
    assert best == "bg_nbd" and "holdout" in reason


def test_a_model_alone() -> None:
    scores = (_score("bg_nbd", 10.0, None), _score("pareto_nbd", None, None, "no maximum"))
    best, reason = best_model(ModelChoice("bg_nbd", scores, {}), {})
    assert (best, reason) == ("bg_nbd", "it alone could be fitted")
