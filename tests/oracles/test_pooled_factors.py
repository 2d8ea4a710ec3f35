"""Random effects against DerSimonian and Laird's formulas, written out with NumPy.

Source: DerSimonian and Laird (1986), eqs. 8-9. Tolerance 1e-10: the same arithmetic in another
order. The mean's coverage is tried on campaigns drawn from a normal distribution of factors.
"""

import numpy as np
import pytest

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pooled_factors import pooled_factors
from smsroi_models.errors import NotEstimableError


def _factors(values, errors):
    pairs = zip(values, errors, strict=True)
    return {f"c{i}": Estimate(float(v), float(e), v - e, v + e) for i, (v, e) in enumerate(pairs)}


def test_the_formulas_of_dersimonian_and_laird() -> None:
    values, errors = np.array([0.2, 0.9, 0.5, 1.6, -0.1]), np.array([0.1, 0.2, 0.3, 0.4, 0.15])
    found = pooled_factors(_factors(values, errors))
    w = 1 / errors**2
    fixed = (w * values).sum() / w.sum()
    q = (w * (values - fixed) ** 2).sum()
    tau2 = (q - 4) / (w.sum() - (w**2).sum() / w.sum())
    assert found.between_variance == pytest.approx(tau2, rel=1e-10)
    w = 1 / (errors**2 + tau2)
    mean = (w * values).sum() / w.sum()
    assert found.mean.estimate == pytest.approx(mean, rel=1e-10)
    assert found.mean.standard_error == pytest.approx(w.sum() ** -0.5, rel=1e-10)
    for i, drawn in enumerate(found.drawn.values()):
        pull = errors[i] ** 2 / (errors[i] ** 2 + tau2)
        assert drawn.estimate == pytest.approx(pull * mean + (1 - pull) * values[i], rel=1e-10)
        assert min(mean, values[i]) <= drawn.estimate <= max(mean, values[i])


def test_campaigns_that_agree_are_drawn_to_the_mean() -> None:
    found = pooled_factors(_factors([0.5, 0.52, 0.49], [0.2, 0.1, 0.3]))
    assert found.between_variance == 0
    assert {round(drawn.estimate, 12) for drawn in found.drawn.values()} == {
        round(found.mean.estimate, 12)
    }


def test_drawn_factors_lie_nearer_the_truth_than_the_campaigns_own() -> None:
    """The point of drawing them: the squared error over many programmes is smaller.

    Ten campaigns with spread 0.2 and errors of 0.3: by Efron and Morris the squared error falls to
    about 0.09 x 0.04 / 0.13 = 0.028, from 0.09; half would already be far from chance in 300.
    """
    rng = np.random.default_rng(8)
    own = drawn = 0.0
    for _ in range(300):
        truth = rng.normal(0.5, 0.2, 10)
        seen = truth + rng.normal(0, 0.3, 10)
        found = pooled_factors(_factors(seen, np.full(10, 0.3)))
        shrunk = np.array([each.estimate for each in found.drawn.values()])
        own += ((seen - truth) ** 2).mean() / 300
        drawn += ((shrunk - truth) ** 2).mean() / 300
    assert drawn < own / 2


@pytest.mark.parametrize(
    ("values", "errors", "message"),
    [([0.5, 0.6], [0.1, 0.1], "at least 3"), ([0.5, 0.6, 0.7], [0.1, 0.0, 0.1], "standard error")],
)
def test_too_few_or_exact_factors_are_refused(values, errors, message) -> None:
    with pytest.raises(NotEstimableError, match=message):
        pooled_factors(_factors(values, errors))
