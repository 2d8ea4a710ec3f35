"""The value of knowing against Feit and Berman (2019), Test & Roll, Marketing Science 38(6).

Their test draws two arms of n from N customers and gives the rest the arm with the higher posterior
mean (arXiv 1811.00457, tables 1 to 3). Where both arms have the same prior N(mu, sigma^2), the
difference of the means has prior deviation sigma sqrt(2) and is measured with standard error
s sqrt(2 / n): choosing adds E[max(0, posterior mean of the difference)], which is our value of
knowing. Printed figures are rounded to the last digit shown.
"""

import math

import pytest
from scipy import integrate, optimize, stats

from smsroi_models.planning.prior import Prior
from smsroi_models.planning.value import (
    gain_of_choosing,
    profit_maximising_test_size,
    value_of_knowing,
)

WEBSITE = (100_000, 0.68, 0.03, math.sqrt(0.68 * 0.32))
DISPLAY = (1_000_000, 10.36044, 4.39646, 103.77)  # mu and sigma as in their replication code


def _roll(
    n: float, population: int, mean: float, prior_deviation: float, deviation: float
) -> float:
    rest = population - 2 * n
    prior = Prior(0.0, math.sqrt(2) * prior_deviation)
    return rest * mean + value_of_knowing(prior, deviation * math.sqrt(2 / n), rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(("example", "size"), [(WEBSITE, 2_284), (DISPLAY, 11_391)])
def test_the_closed_form_size(example: tuple[int, float, float, float], size: int) -> None:
    """Equation 10, tables 1 and 2. The display example's s is printed to five digits: one in n."""
    population, _, prior_deviation, deviation = example
    found = profit_maximising_test_size(population, deviation, prior_deviation)
    assert found == pytest.approx(size, abs=1)


@pytest.mark.parametrize("example", [WEBSITE, DISPLAY])
def test_our_value_of_knowing_is_largest_at_their_size(
    example: tuple[int, float, float, float],
) -> None:
    population, mean, prior_deviation, deviation = example
    best = optimize.minimize_scalar(
        lambda n: -(_roll(n, *example) + 2 * n * mean),
        bounds=(10, population / 2),
        method="bounded",
    )
    found = profit_maximising_test_size(population, deviation, prior_deviation)
    # Flat at its top: a relative error e in profit leaves sqrt(e) in the size.
    assert best.x == pytest.approx(found, rel=1e-3)


@pytest.mark.parametrize(
    ("example", "n", "test", "roll", "overall", "unit"),
    [
        (WEBSITE, 2_284, 3_106, 66_430, 69_536, 1.0),
        (WEBSITE, 18_468, 25_116, 43_944, 69_060, 1.0),
        (WEBSITE, 13_487, 18_342, 50_883, 69_225, 1.0),
        (DISPLAY, 11_391, 236, 12_491, 12_727, 1e3),
        (DISPLAY, 452_673, 9_380, 1_215, 10_595, 1e3),
    ],
)
def test_the_printed_profits(
    example: tuple[int, float, float, float],
    n: int,
    test: int,
    roll: int,
    overall: int,
    unit: float,
) -> None:
    """Tables 1 and 2. For 1,215 table 2 prints 1,125, which does not add up to its 10,595."""
    rolled, tested = _roll(n, *example) / unit, 2 * n * example[1] / unit
    assert tested == pytest.approx(test, abs=1)
    assert rolled == pytest.approx(roll, abs=1)
    assert tested + rolled == pytest.approx(overall, abs=1)


@pytest.mark.parametrize(
    ("n_held", "n_mailed", "overall"),
    [(588, 1_884, 3_463_250), (7_822, 15_996, 3_287_412)],
)
def test_the_catalogue_with_unequal_arms(n_held: int, n_mailed: int, overall: int) -> None:
    """Section 5.3, the amounts of the text; table 3 prints others beside them.

    Their arms have priors of their own, so that v^2 is the sum of two preposterior variances, and
    E[max] = max(mu) + the gain of choosing. After 0.80 for the catalogue, mu is 29.26 and 19.39.
    """
    arms = ((19.39, 20.97, 87.69, n_held), (30.06 - 0.80, 13.48, 179.36, n_mailed))
    spread = math.sqrt(sum(sigma**4 / (sigma**2 + s**2 / n) for _, sigma, s, n in arms))
    held, mailed = arms[0][0], arms[1][0]
    rest = 100_000 - n_held - n_mailed
    roll = rest * (mailed + gain_of_choosing(mailed - held, spread))
    # Sizes are printed whole: at 588 and 1,884 half a customer moves the profit by under 10.
    assert roll + n_held * held + n_mailed * mailed == pytest.approx(overall, abs=20)


@pytest.mark.parametrize("mean", [-2.0, -0.3, 0.0, 0.3, 2.0])
@pytest.mark.parametrize("deviation", [0.2, 1.0, 3.0])
def test_gain_of_choosing_is_the_integral(mean: float, deviation: float) -> None:
    density = stats.norm(mean, deviation)
    positive, _ = integrate.quad(lambda x: x * density.pdf(x), 0, mean + 12 * deviation + 1)
    assert gain_of_choosing(mean, deviation) == pytest.approx(positive - max(0, mean), abs=1e-7)
