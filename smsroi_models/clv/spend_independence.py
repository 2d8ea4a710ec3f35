"""Whether customers' mean spend goes along with how often they buy, which Gamma-Gamma forbids.

The model multiplies expected purchases by expected spend. Where frequent buyers spend more, that
product is too small for new customers; for known ones less so, since their own spend counts.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from smsroi_models.attribution.checks import Check
from smsroi_models.clv.discounting import finite_number
from smsroi_models.clv.spend_rows import repeat_buyers
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record

# A difference in spend that no decision on a campaign turns on, and one that may turn it: a tenth
# of CDNOW's size, whose correlation of 0.11 is the literature's example of one to live with, passes
# neither and is told.
NEGLIGIBLE_DIFFERENCE = 0.05
LARGEST_DIFFERENCE = 0.2


@dataclass(frozen=True, slots=True)
class SpendCorrelation(Record):
    """How mean spend goes along with frequency, over repeat buyers.

    Attributes
    ----------
    correlation : float
        Pearson's, in [-1, 1].
    ci_lower, ci_upper : float
        By Fisher's transformation. Under independence it covers as often as it says, or a little
        more; of a strong correlation it is a rough idea only, because spend is skewed.
    p_value : float
        Two-sided, that there is none.
    spend_ratio : float
        Mean spend of a purchase over mean spend of a customer, above 0: by how much the product of
        the means misses the mean of the products. 1 where they are independent.
    n_customers : float
    confidence_level : float
    """

    correlation: float
    ci_lower: float
    ci_upper: float
    p_value: float
    spend_ratio: float
    n_customers: float
    confidence_level: float


def spend_correlation(
    frequency: ArrayLike,
    monetary_value: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    confidence_level: float = 0.95,
) -> SpendCorrelation:
    """Return the correlation of mean spend with frequency, over repeat buyers with spend.

    Not of logarithms or ranks: the more purchases, the less a mean scatters, which moves the mean
    of its logarithm but not of itself.

    Parameters
    ----------
    frequency, monetary_value, weights
        As `fit_gamma_gamma`.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        As `fit_gamma_gamma`.
    NotEstimableError
        If there are fewer than four repeat buyers with spend, or one of the two does not vary.
    ParameterError
        If the confidence level lies outside (0, 1).

    References
    ----------
    Fisher (1921), Metron 1. Fader and Hardie (2013), section 2, on the assumption.

    Examples
    --------
    Means of 10 and 30 at one purchase and at three, as often in either: no correlation.

    >>> found = spend_correlation([1, 1, 3, 3], [10, 30, 10, 30])
    >>> found.correlation, found.spend_ratio, found.p_value
    (0.0, 1.0, 1.0)
    """
    if not (finite_number(confidence_level) and 0 < confidence_level < 1):
        raise ParameterError(f"confidence_level is {confidence_level!r}: it lies between 0 and 1")
    rows, _, _ = repeat_buyers(frequency, monetary_value, weights)
    x, m, w = rows.frequency, rows.monetary_value, rows.weights
    n = float(w.sum())
    if n < 4:
        raise NotEstimableError(
            f"{n:g} customers bought twice for money: a correlation needs 4; use a longer time"
        )
    mean_x, mean_m = w @ x / n, w @ m / n
    squares = w @ (x - mean_x) ** 2, w @ (m - mean_m) ** 2
    # Less than rounding leaves of a constant is one.
    if squares[0] <= 1e-24 * n * mean_x**2 or squares[1] <= 1e-24 * n * mean_m**2:
        name = "frequency" if squares[0] <= 1e-24 * n * mean_x**2 else "monetary_value"
        raise NotEstimableError(f"{name} is the same for all repeat buyers: nothing goes along")
    correlation = float(w @ ((x - mean_x) * (m - mean_m)) / math.sqrt(squares[0] * squares[1]))
    correlation = min(max(correlation, -1.0), 1.0)
    with np.errstate(divide="ignore"):  # a perfect correlation has an infinite transform
        middle = float(np.arctanh(correlation))
    reach = stats.norm.isf((1 - confidence_level) / 2) / math.sqrt(n - 3)
    return SpendCorrelation(
        correlation=correlation,
        ci_lower=math.tanh(middle - reach),
        ci_upper=math.tanh(middle + reach),
        p_value=float(2 * stats.norm.sf(abs(middle) * math.sqrt(n - 3))),
        spend_ratio=float((w @ (x * m)) / (w @ x) / mean_m),
        n_customers=n,
        confidence_level=confidence_level,
    )


def spend_independence(found: SpendCorrelation) -> Check:
    """Check that expected purchases and expected spend may be multiplied.

    Fails where frequent buyers' spend differs by more than `LARGEST_DIFFERENCE` and chance does not
    explain it; informs from `NEGLIGIBLE_DIFFERENCE` on.

    Examples
    --------
    >>> spend_independence(spend_correlation([1, 3] * 50, [10, 30] * 50)).status
    'failed'
    """
    name = "Spend does not go along with frequency"
    difference = found.spend_ratio - 1
    seen = (
        f"The mean purchase is worth {abs(difference):.0%} {'more' if difference > 0 else 'less'} "
        f"than the mean customer's (correlation {found.correlation:.2f}, interval "
        f"{found.ci_lower:.2f} to {found.ci_upper:.2f})"
    )
    by_chance = found.ci_lower <= 0 <= found.ci_upper
    if by_chance or abs(difference) <= NEGLIGIBLE_DIFFERENCE:
        return Check(name, "passed", f"{seen}.")
    wrong = "little" if difference > 0 else "much"
    return Check(
        name,
        "failed" if abs(difference) > LARGEST_DIFFERENCE else "informational",
        f"{seen}: frequent buyers spend otherwise than the rest, and the value of new customers "
        f"comes out too {wrong}, that of known ones less so.",
        "Fit groups of customers that buy alike (by segment, say) on their own.",
    )
