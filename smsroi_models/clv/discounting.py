"""What a purchase made later is worth today.

With ``rate`` per unit of time, a purchase at time s counts (1 + rate)^-s. The expected discounted
number of purchases in (0, h] is the integral of that factor over the growth of Y, the expected
purchases by s. By parts it needs Y alone, which models give without a derivative (v = 1 / (1 +
rate), d = log(1 + rate)):

    D = v^h Y(h) + d integral of v^s Y(s) ds over (0, h)

Pairs of purchases, which a variance is made of, are counted the same way by the growth of another Y
against f(s) = v^s times the integral of v^u du over (0, s). So every quantity here is a weighted
sum of Y at some times. In the cube root of s the integrands are smooth even where a customer's
history is short beside h, and Gauss-Legendre nodes reach ten digits, or eight at the extremes.
"""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np

from smsroi_models.clv.purchase_history import Floats
from smsroi_models.errors import ParameterError

NODES = 24
# In later periods the integrand has long become smooth.
NODES_A_PERIOD = 6
MOST_PERIODS = 1_200


@dataclass(frozen=True, slots=True)
class Discounting:
    """How purchases up to a horizon are discounted.

    Attributes
    ----------
    horizon : float
        Above 0, in the unit of the models' times; fractions count in full.
    rate : float
        Per unit of time, at least 0 and effective: what is due one unit later is worth 1 / (1 +
        rate).
    period : float or None
        Purchases count as made at the end of their period of this length, the last one at the
        horizon; None for the moment of each purchase.

    Raises
    ------
    ParameterError
        If one of them is out of its range, or there are more than `MOST_PERIODS` periods.
    """

    horizon: float
    rate: float
    period: float | None = None

    def __post_init__(self) -> None:
        above = "above 0, in the time unit of the data"
        self._keep("horizon", "horizon", above)
        self._keep("rate", "discount_rate_per_unit", "at least 0, such as 0.002")
        if self.period is not None:
            self._keep("period", "period", above)
            if self.horizon / self.period > MOST_PERIODS:
                raise ParameterError(
                    f"period is {self.period:g}: {self.horizon / self.period:.0f} periods within "
                    f"the horizon are more than {MOST_PERIODS}; leave it out to discount to the "
                    "moment"
                )

    def _keep(self, field: str, name: str, rule: str) -> None:
        value = getattr(self, field)
        kept = finite_number(value) and (value > 0 or (value == 0 and field == "rate"))
        if not kept:
            raise ParameterError(f"{name} is {value!r}: it must be a finite number {rule}")
        object.__setattr__(self, field, float(value))

    def purchases(self) -> tuple[Floats, Floats]:
        """Return the sums that count purchases: each as one, by its factor, and by its square.

        Returns
        -------
        times : ndarray of shape (n_times,)
        weights : ndarray of shape (n_times, 3)
            Of Y at the times; one column for each of the three sums.

        Examples
        --------
        At 100 % a unit, end-of-period: one purchase in each of two units is worth 1/2 + 1/4, and
        its squared factors sum to 1/4 + 1/16.

        >>> times, weights = Discounting(2.0, 1.0, period=1.0).purchases()
        >>> times @ weights  # Y(s) = s
        array([2.    , 0.75  , 0.3125])
        """
        if self.rate == 0:
            return np.array([self.horizon]), np.ones((1, 3))
        if self.period is not None:
            times = self._ends()
            columns = [self._by_period(times, power) for power in (1, 2)]
        else:
            times, inner = _nodes(0.0, self.horizon, NODES, 3)
            columns = [self._at_any_time(times, inner, power) for power in (1, 2)]
            times = np.append(times, self.horizon)
        plain = np.zeros(len(times))
        plain[-1] = 1.0
        return times, np.column_stack([plain, *columns])

    def _by_period(self, ends: Floats, power: int) -> Floats:
        factors = (1 + self.rate) ** (-power * ends)
        found: Floats = factors - np.append(factors[1:], 0.0)
        return found

    def _at_any_time(self, times: Floats, inner: Floats, power: int) -> Floats:
        growth = power * math.log1p(self.rate)
        weights = growth * np.exp(-growth * times) * inner
        return np.append(weights, math.exp(-growth * self.horizon))

    def pairs(self) -> tuple[Floats, Floats]:
        """Return the sums that count pairs of purchases: undiscounted and discounted.

        Returns
        -------
        times : ndarray of shape (n_times,)
        weights : ndarray of shape (n_times, 2)
            Of the expected purchases after a purchase now; twice the sum, times the rate of
            purchase now, is the mean number of ordered pairs.

        Examples
        --------
        Independent purchases at rate 1 make h^2 ordered pairs on average:

        >>> times, weights = Discounting(3.0, 0.0).pairs()
        >>> float(round(2 * times @ weights[:, 0], 9))
        9.0
        """
        if self.period is None or self.rate == 0:
            return self._pairs_at_any_time()
        return self._pairs_by_period()

    def _pairs_at_any_time(self) -> tuple[Floats, Floats]:
        h = self.horizon
        times, inner = _nodes(0.0, h, NODES, 3)
        plain = np.append(-inner, h)
        discounted = plain
        if self.rate > 0:
            v = 1 / (1 + self.rate)
            # f(s) = v^s (1 - v^s) / d and its derivative
            end = -(v**h) * np.expm1(-math.log1p(self.rate) * h) / math.log1p(self.rate)
            discounted = np.append(-(2 * v ** (2 * times) - v**times) * inner, end)
        return np.append(times, h), np.column_stack([plain, discounted])

    def _pairs_by_period(self) -> tuple[Floats, Floats]:
        ends = self._ends()
        begins = np.append(0.0, ends[:-1])
        factors = (1 + self.rate) ** -ends
        times, plain, discounted = [], [], []
        gathered = 0.0
        for begin, end, factor in zip(begins, ends, factors, strict=True):
            at, inner = (
                _nodes(begin, end, NODES_A_PERIOD, 1) if begin else _nodes(0.0, end, NODES, 3)
            )
            after = gathered + factor * (end - begin)
            times.append(np.concatenate([at, [begin, end]]))
            plain.append(np.concatenate([-inner, [-begin, end]]))
            discounted.append(
                np.concatenate([-(factor**2) * inner, factor * np.array([-gathered, after])])
            )
            gathered = after
        weights = np.column_stack([np.concatenate(plain), np.concatenate(discounted)])
        return np.concatenate(times), weights

    def _ends(self) -> Floats:
        """Return the periods' ends; the last is the horizon, whole or not."""
        assert self.period is not None
        # What rounding leaves of a whole number of periods is no period.
        whole = math.ceil(self.horizon / self.period - 1e-9)
        ends: Floats = self.period * np.arange(1.0, whole + 1)
        ends[-1] = self.horizon
        return ends


def _nodes(begin: float, end: float, count: int, power: int) -> tuple[Floats, Floats]:
    """Return Gauss-Legendre nodes and weights of an integral over (begin, end)."""
    at, weights = np.polynomial.legendre.leggauss(count)
    u = (at + 1) / 2
    length = end - begin
    nodes: Floats = begin + length * u**power
    scaled: Floats = weights / 2 * length * power * u ** (power - 1)
    return nodes, scaled


def finite_number(value: object) -> bool:
    """Tell whether a parameter is a finite number, Python's or NumPy's; True and False are none.

    Examples
    --------
    >>> [finite_number(value) for value in (52, np.float32(0.1), np.int64(3))]
    [True, True, True]
    >>> [finite_number(value) for value in (True, np.True_, "52", float("inf"), None)]
    [False, False, False, False, False]
    """
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
