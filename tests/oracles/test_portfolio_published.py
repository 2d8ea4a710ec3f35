"""Trend, best campaign and pairs told apart, against published figures and other software.

BCG vaccine trials: Colditz et al. (1994), JAMA 271(9); counts and latitudes as in Viechtbauer
(2010), Journal of Statistical Software 36(3), table 1. Published there (sections 3.3 and 3.4), by
restricted maximum likelihood: mean log risk ratio -0.7145 (SE 0.1798), tau^2 0.3132; on absolute
latitude, slope -0.0291 (SE 0.0072), tau^2 0.0764. Here tau is integrated, not estimated: medians
agree to a fifth of a standard error, and intervals are wider, by less than half.
"""

from itertools import combinations

import numpy as np
import pytest
from scipy import special, stats
from statsmodels.stats.multitest import multipletests

from smsroi_models.attribution.best_of import probability_best
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.letters import told_apart
from smsroi_models.attribution.pooled_factors import parts_of_tau, pooled_factors
from smsroi_models.attribution.trend import trend
from smsroi_models.errors import NotEstimableError

# Vaccinated with and without tuberculosis, the others with and without, latitude.
TRIALS = [
    (4, 119, 11, 128, 44),
    (6, 300, 29, 274, 55),
    (3, 228, 11, 209, 42),
    (62, 13536, 248, 12619, 52),
    (33, 5036, 47, 5761, 13),
    (180, 1361, 372, 1079, 44),
    (8, 2537, 10, 619, 19),
    (505, 87886, 499, 87892, 13),
    (29, 7470, 45, 7232, 27),
    (17, 1699, 65, 1600, 42),
    (186, 50448, 141, 27197, 18),
    (5, 2493, 3, 2338, 33),
    (27, 16886, 29, 17825, 33),
]


def _estimate(value: float, error: float) -> Estimate:
    return Estimate(value, error, value - 2 * error, value + 2 * error)


def _trials() -> tuple[list[Estimate], list[float]]:
    figures, latitudes = [], []
    for a, b, c, d, latitude in TRIALS:
        ratio = np.log(a / (a + b)) - np.log(c / (c + d))
        error = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
        figures.append(_estimate(float(ratio), float(error)))
        latitudes.append(float(latitude))
    return figures, latitudes


def test_the_mean_of_the_vaccine_trials() -> None:
    figures, _ = _trials()
    found = pooled_factors({str(i): figure for i, figure in enumerate(figures)})
    assert found.mean.estimate == pytest.approx(-0.7145, abs=0.2 * 0.1798)
    assert 0.1798 < found.mean.standard_error < 1.5 * 0.1798
    assert found.between_deviation == pytest.approx(0.3132**0.5, rel=0.2)


def test_the_slope_of_the_vaccine_trials_on_latitude() -> None:
    figures, latitudes = _trials()
    span = 55 - 13
    found = trend(figures, latitudes)
    assert found.estimate == pytest.approx(span * -0.0291, abs=0.2 * span * 0.0072)
    assert span * 0.0072 < found.standard_error < 1.5 * span * 0.0072
    assert found.ci_upper < 0


def test_a_trend_needs_four_campaigns_at_two_times() -> None:
    figures, latitudes = _trials()
    with pytest.raises(NotEstimableError, match="at least 4"):
        trend(figures[:3], latitudes[:3])
    with pytest.raises(NotEstimableError, match="same time"):
        trend(figures, [1.0] * len(figures))


def test_two_campaigns_are_compared_as_they_were_measured() -> None:
    found = probability_best({"a": _estimate(1.0, 3.0), "b": _estimate(-1.0, 4.0)})
    assert found["a"] == pytest.approx(special.ndtr(2 / 5), abs=0.002)
    assert sum(found.values()) == pytest.approx(1.0)
    assert probability_best({"a": _estimate(1.0, 3.0)}) == {"a": 1.0}
    assert probability_best({}) == {}


@pytest.mark.parametrize("errors", [[1.0, 1.0, 1.0, 1.0, 1.0], [0.1, 1.0, 2.0, 0.5, 0.05]])
def test_the_best_is_that_of_draws_from_the_model(errors) -> None:
    """40,000 draws of tau, mean and truths: a share has an error of at most 0.0025."""
    value, error = np.array([2.0, 1.5, 1.8, -0.5, 1.2]), np.array(errors)
    rng, draws = np.random.default_rng(3), 40_000
    tau, likely, _ = parts_of_tau(value, error**2)
    drawn = rng.choice(tau, draws, p=likely)[:, None]
    weight = 1 / (error**2 + drawn**2)
    whole = weight.sum(axis=1)
    mean = rng.normal((weight @ value[:, None])[:, 0] / whole, whole**-0.5)[:, None]
    pull = error**2 * weight
    truth = rng.normal(pull * mean + (1 - pull) * value, np.sqrt(1 - pull) * error)
    shares = np.bincount(truth.argmax(axis=1), minlength=5) / draws
    found = probability_best({str(i): _estimate(v, errors[i]) for i, v in enumerate(value)})
    assert list(found.values()) == pytest.approx(list(shares), abs=4 * 0.0025 + 0.01)


def test_pairs_are_those_of_welch_and_holm() -> None:
    rng = np.random.default_rng(5)
    sizes, shifts = (12, 20, 9, 30), (0.0, 1.2, 2.4, 0.3)
    samples = {
        str(i): rng.normal(shift, 1 + 0.2 * i, n)
        for i, (n, shift) in enumerate(zip(sizes, shifts, strict=True))
    }
    pairs = list(combinations(samples, 2))
    chances = [stats.ttest_ind(samples[a], samples[b], equal_var=False).pvalue for a, b in pairs]
    rejected = multipletests(chances, 0.05, "holm")[0]
    expected = {frozenset(pair) for pair, told in zip(pairs, rejected, strict=True) if told}
    figures = {
        name: (_estimate(x.mean(), x.std(ddof=1) / len(x) ** 0.5), len(x) - 1.0)
        for name, x in samples.items()
    }
    assert told_apart(figures, 0.95) == expected
    assert 0 < len(expected) < len(pairs)
