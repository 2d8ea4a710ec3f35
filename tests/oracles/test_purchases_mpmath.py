"""Expected purchases of the living against the hypergeometric formula in 40 digits.

Values: (a + b - 1) / (a - 1) [1 - (1 - y)^s 2F1(s, b; a + b - 1; y)], y = z / (1 + z) (Fader,
Hardie and Lee 2005, eq. 10), evaluated by mpmath 1.3.0 with 40 digits; it is no dependency of the
project. Tolerance 1e-10: what the docstring promises.
"""

import numpy as np
import pytest

from smsroi_models.clv.purchases_while_alive import purchases_while_alive

CASES = {
    (0.25, 1.5, 0.8, 2.4): 0.31349110838989795,
    (26.25, 1.5, 0.8, 28.4): 26.917434154002372,
    (300.0, 20.0, 3.0, 150.0): 75.954036543697726,
    (0.01, 500.0, 0.3, 0.05): 0.23782117537225408,
    (0.25, 1.0, 0.3, 0.4): 0.20614398759519601,
    (30.0, 0.1, 200.0, 3000.0): 2.7278697753787806,
    (2.0, 1e-06, 0.01, 8.0): 1.9999999962546821e-6,
    (300.0, 500.0, 1.0000001, 3000.0): 11791.14713411456,
    (5.0, 4.0, 0.001, 0.7): 19.934417885853356,
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_the_hypergeometric_formula(case: tuple[float, float, float, float]) -> None:
    found = purchases_while_alive(*(np.array([value]) for value in case))
    assert found[0] == pytest.approx(CASES[case], rel=1e-10)


def test_together_as_one_by_one() -> None:
    """Rows that need different numbers of nodes are put into blocks and come back in their
    places."""
    columns = np.array(list(CASES)).T
    found = purchases_while_alive(*(np.ascontiguousarray(column) for column in columns))
    assert found == pytest.approx(list(CASES.values()), rel=1e-10)
