"""What must hold of pooled factors whatever the campaigns are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pooled_factors import PooledFactors, pooled_factors

CAMPAIGNS = st.lists(st.tuples(st.floats(-3, 5), st.floats(0.05, 2)), min_size=3, max_size=10)


def _pooled(rows: list[tuple[float, float]], level: float = 0.95) -> PooledFactors:
    return pooled_factors(
        {f"c{i}": Estimate(y, s, y - s, y + s) for i, (y, s) in enumerate(rows)}, level
    )


def _ends(found: PooledFactors) -> list[float]:
    return [found.prediction.ci_lower, found.prediction.estimate, found.prediction.ci_upper]


@settings(max_examples=25)
@given(CAMPAIGNS, st.floats(-4, 4), st.floats(0.2, 5))
def test_unit_and_origin_move_the_prediction_along(rows, shift, scale) -> None:
    moved = _pooled([(scale * y + shift, scale * s) for y, s in rows])
    expected = [scale * end + shift for end in _ends(_pooled(rows))]
    assert _ends(moved) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@settings(max_examples=25)
@given(CAMPAIGNS)
def test_the_order_of_campaigns_does_not_matter(rows) -> None:
    assert _ends(_pooled(rows[::-1])) == pytest.approx(_ends(_pooled(rows)), rel=1e-9, abs=1e-9)


@settings(max_examples=25)
@given(CAMPAIGNS)
def test_a_prediction_is_wider_than_the_mean_and_a_surer_one_wider_still(rows) -> None:
    found, surer = _pooled(rows), _pooled(rows, 0.99)
    assert found.prediction.ci_lower <= found.mean.ci_lower <= found.mean.estimate
    assert found.mean.estimate <= found.mean.ci_upper <= found.prediction.ci_upper
    assert surer.prediction.ci_lower < found.prediction.ci_lower
    assert surer.prediction.ci_upper > found.prediction.ci_upper
    assert sum(found.weights.values()) == pytest.approx(1)
