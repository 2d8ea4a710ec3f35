import numpy as np
import pytest

from smsroi_models.attribution.estimates import campaign_lifts, usable_covariates
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments

NAMES = ("converted", "margin", "pre_revenue", "pre_orders")


def _arm(seed: int, n: int = 80) -> np.ndarray:
    rng = np.random.default_rng(seed)
    orders = rng.poisson(1.0, n).astype(float)
    converted = (rng.random(n) < 0.3).astype(float)
    return np.column_stack([converted, converted * rng.gamma(2, 20, n), orders * 30.0, orders])


def _moments(rows: np.ndarray) -> Moments:
    return Moments.from_rows(rows, NAMES)


def test_a_covariate_must_add_variation_in_both_arms() -> None:
    varied = _arm(1)
    varied[:, 2] += np.random.default_rng(2).normal(0, 5, len(varied))
    twin = _arm(3)  # here pre_revenue is 30 times pre_orders
    candidates = ("pre_revenue", "pre_orders")
    assert usable_covariates(_moments(varied), _moments(varied), candidates) == candidates
    assert usable_covariates(_moments(varied), _moments(twin), candidates) == ("pre_revenue",)
    assert usable_covariates(_moments(twin), _moments(varied), candidates) == ("pre_revenue",)
    still = varied.copy()
    still[:, 2] = 0.0
    assert usable_covariates(_moments(varied), _moments(still), candidates) == ("pre_orders",)
    assert usable_covariates(_moments(varied), _moments(varied), ()) == ()


def test_an_arm_too_small_to_adjust_gets_no_covariates() -> None:
    few = _moments(_arm(1)[:3])
    assert usable_covariates(few, _moments(_arm(2)), ("pre_revenue",)) == ()


def test_the_choice_of_covariates_never_looks_at_the_outcome() -> None:
    """Whatever the outcome is, the covariates chosen are the same: no search for significance."""
    treated, held = _arm(4), _arm(5)
    before = usable_covariates(_moments(treated), _moments(held), NAMES[2:])
    treated[:, :2], held[:, :2] = treated[:, 2:], 0.0
    assert usable_covariates(_moments(treated), _moments(held), NAMES[2:]) == before


def test_each_outcome_gets_both_estimators() -> None:
    treated, held = _moments(_arm(6)), _moments(_arm(7))
    lifts, reasons = campaign_lifts(treated, held, ["converted", "margin"], ["pre_orders"], 0.9)
    assert reasons == {}
    share = compare(treated, held, "converted", proportion=True, confidence_level=0.9)
    assert lifts["converted"].unadjusted == share
    money = compare(treated, held, "margin", covariates=["pre_orders"], confidence_level=0.9)
    assert lifts["margin"].adjusted == money
    assert lifts["margin"].headline == money


def test_without_covariates_the_difference_in_means_is_the_headline() -> None:
    treated, held = _moments(_arm(6)), _moments(_arm(7))
    lifts, _ = campaign_lifts(treated, held, ["margin"], [], 0.95)
    assert lifts["margin"].adjusted is None
    assert lifts["margin"].headline == lifts["margin"].unadjusted


def test_an_outcome_that_cannot_be_estimated_comes_with_its_reason() -> None:
    nobody = _arm(8)
    nobody[:, :2] = 0.0
    lifts, reasons = campaign_lifts(
        _moments(_arm(6)), _moments(nobody), ["converted", "pre_orders"], [], 0.95
    )
    assert list(lifts) == ["pre_orders"]
    assert "converted is 0 for every one of the 80 customers of the holdout" in reasons["converted"]


@pytest.mark.parametrize("level", [0.8, 0.99])
def test_the_confidence_level_reaches_every_interval(level: float) -> None:
    lifts, _ = campaign_lifts(
        _moments(_arm(6)), _moments(_arm(7)), ["margin"], ["pre_orders"], level
    )
    assert lifts["margin"].unadjusted.confidence_level == level
    assert lifts["margin"].headline.confidence_level == level
