"""Corrected p-values and Cochran's Q against published figures and other libraries.

- Benjamini-Hochberg: tea-tasting's documented example, printed to three digits (abs 5e-4, and 5e-6
  for the one printed as .00872).
- Holm: pingouin's documented example, exact in the digits printed; Holm and Benjamini-Hochberg:
  stdlib's padjust, printed to three digits.
- Cochran's Q: the 13 trials of BCG vaccine (Colditz and others 1994; the log risk ratios that every
  package of meta-analysis ships), Q(12) = 152.2330, pooled -0.4303, as printed by R's metafor;
  statsmodels' `combine_effects` and SciPy's `false_discovery_control` on any numbers (rel 1e-9: the
  same arithmetic in float64).
"""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from smsroi_models.attribution.multiplicity import adjust, heterogeneity

# Vaccinated with and without tuberculosis, controls with and without.
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13_536, 248, 12_619),
        (33, 5_036, 47, 5_761),
        (180, 1_361, 372, 1_079),
        (8, 2_537, 10, 619),
        (505, 87_886, 499, 87_892),
        (29, 7_470, 45, 7_232),
        (17, 1_699, 65, 1_600),
        (186, 50_448, 141, 27_197),
        (5, 2_493, 3, 2_338),
        (27, 16_886, 29, 17_825),
    ],
    dtype=float,
)


def test_benjamini_hochberg_as_printed() -> None:
    found = adjust([0.118, 0.0211, 0.0213, 0.00218], "fdr_bh")
    assert found[:3] == pytest.approx([0.118, 0.0284, 0.0284], abs=5e-4)
    assert found[3] == pytest.approx(0.00872, abs=5e-6)


def test_holm_as_printed_by_pingouin() -> None:
    found = adjust([0.50, 0.003, 0.32, 0.054, 0.0003], "holm")
    assert found == pytest.approx([0.64, 0.012, 0.64, 0.162, 0.0015], abs=1e-9)


def test_both_as_printed_by_stdlib() -> None:
    p_values = [0.319, 0.201, 0.4, 0.374, 0.113]
    assert adjust(p_values, "holm") == pytest.approx([0.957, 0.804, 0.957, 0.957, 0.565], abs=5e-4)
    assert adjust(p_values, "fdr_bh") == pytest.approx([0.4] * 5, abs=1e-9)
    found = adjust([0.008, 0.03, 0.123, 0.6, 0.2], "fdr_bh")
    assert found == pytest.approx([0.04, 0.075, 0.205, 0.6, 0.25], abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_benjamini_hochberg_is_scipys(seed: int) -> None:
    p_values = np.random.default_rng(seed).random(9) ** 3
    expected = stats.false_discovery_control(p_values)
    assert adjust(list(p_values), "fdr_bh") == pytest.approx(list(expected), rel=1e-9)


def test_cochrans_q_of_the_bcg_trials() -> None:
    ill, well, ill_control, well_control = BCG.T
    risk = ill / (ill + well), ill_control / (ill_control + well_control)
    effect = np.log(risk[0] / risk[1])
    variance = 1 / ill - 1 / (ill + well) + 1 / ill_control - 1 / (ill_control + well_control)
    found = heterogeneity(list(effect), list(np.sqrt(variance)))
    assert found.statistic == pytest.approx(152.2330, abs=5e-5)
    assert found.common_lift == pytest.approx(-0.4303, abs=5e-5)
    assert (found.degrees_of_freedom, found.p_value < 0.0001) == (12, True)


@pytest.mark.parametrize("seed", range(5))
def test_cochrans_q_is_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    effect, error = rng.normal(0.3, 1.0, 6), rng.uniform(0.2, 1.5, 6)
    found = heterogeneity(list(effect), list(error))
    theirs = combine_effects(effect, error**2)
    assert found.statistic == pytest.approx(theirs.q, rel=1e-9)
    assert found.common_lift == pytest.approx(theirs.mean_effect_fe, rel=1e-9)
    assert found.p_value == pytest.approx(theirs.test_homogeneity().pvalue, rel=1e-9)
