"""Pooling of past campaigns against a published meta-analysis and against statsmodels.

The 13 trials of the BCG vaccine (Colditz et al. 1994) are the standard example of random effects.
metafor's documentation (Viechtbauer 2010, Journal of Statistical Software 36(3), section 3) prints
for the log relative risks by DerSimonian and Laird: tau^2 0.3088, estimate -0.7141, standard error
0.1787.
"""

import math

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from smsroi_models.planning.prior import pooled_prior

# Vaccinated with and without tuberculosis, then not vaccinated with and without.
BCG = [
    (4, 119, 11, 128),
    (6, 300, 29, 274),
    (3, 228, 11, 209),
    (62, 13536, 248, 12619),
    (33, 5036, 47, 5761),
    (180, 1361, 372, 1079),
    (8, 2537, 10, 619),
    (505, 87886, 499, 87892),
    (29, 7470, 45, 7232),
    (17, 1699, 65, 1600),
    (186, 50448, 141, 27197),
    (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]


def _log_relative_risks() -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = np.array(BCG, dtype=float).T
    variance = 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
    return np.log(a / (a + b)) - np.log(c / (c + d)), np.sqrt(variance)


def test_the_bcg_trials() -> None:
    prior = pooled_prior(*_log_relative_risks())
    assert prior.mean == pytest.approx(-0.7141, abs=5e-5)
    assert prior.between_campaigns is not None
    assert prior.between_campaigns**2 == pytest.approx(0.3088, abs=5e-5)
    error = math.sqrt(prior.standard_deviation**2 - prior.between_campaigns**2)
    assert error == pytest.approx(0.1787, abs=5e-5)


def test_statsmodels_pools_the_same() -> None:
    rng = np.random.default_rng(3)
    for k in (3, 5, 20):
        errors = rng.uniform(0.5, 2.0, k)
        effects = rng.normal(1.0, 9.0, k) + errors * rng.normal(size=k)
        peer = combine_effects(effects, errors**2, method_re="dl")
        prior = pooled_prior(effects, errors)
        assert peer.tau2 > 0  # below zero the peer does not cut it off, as the method wants
        assert prior.between_campaigns == pytest.approx(math.sqrt(peer.tau2), rel=1e-10)
        assert prior.mean == pytest.approx(peer.mean_effect_re, rel=1e-10)
        error = math.hypot(math.sqrt(peer.tau2), peer.sd_eff_w_re)
        assert prior.standard_deviation == pytest.approx(error, rel=1e-10)
