"""Sample sizes that others printed.

- Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, table 2.4.1: customers per
  arm for 80 % power at two-sided 5 % by standardised effect.
- Feit and Berman (2019), Test & Roll: Profit-Maximizing A/B Tests, Marketing Science 38(6)
  (arXiv 1811.00457), tables 1 and 3: sizes of the standard hypothesis test. Theirs use normal
  quantiles: ours are larger by what Student's t adds at thousands of degrees of freedom, under
  0.1 %, and by rounding up.
"""

import pytest

from smsroi_models.planning.design import Design
from smsroi_models.planning.power import required_design


@pytest.mark.parametrize(("effect", "per_arm"), [(0.2, 393), (0.5, 64), (0.8, 26)])
def test_cohens_sizes(effect: float, per_arm: int) -> None:
    design = required_design(effect, 0.5, Design(9, 9, 1.0, 1.0))
    assert (design.n_treatment + design.n_holdout + 1) // 2 == pytest.approx(per_arm, abs=1)


def test_the_website_example() -> None:
    """A lift of 2 % on a conversion of 68 %: 18,468 in each group (s = 0.466, d = 0.0136)."""
    variance = 0.68 * 0.32
    design = required_design(0.0136, 0.5, Design(9, 9, variance, variance))
    assert design.n_holdout == pytest.approx(18_468, rel=1e-3)
    assert design.n_treatment == pytest.approx(18_468, rel=1e-3)


def test_the_catalogue_example() -> None:
    """A lift of 25 % on sales of 19.39, with unequal spread: 7,822 held out, 15,999 mailed."""
    held, mailed = 87.69, 179.36
    design = required_design(0.25 * 19.39, held / (held + mailed), Design(9, 9, mailed**2, held**2))
    assert design.n_holdout == pytest.approx(7_822, rel=1e-3)
    assert design.n_treatment == pytest.approx(15_999, rel=1e-3)
