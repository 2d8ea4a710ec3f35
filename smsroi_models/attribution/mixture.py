"""A figure whose distribution is a mixture of Student t: one part for each candidate variance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from smsroi_models.attribution.effects import Estimate
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class StudentMixture(Record):
    """Student t distributions of the same degrees of freedom, each with a weight.

    Attributes
    ----------
    weights, centres, scales : ndarray of shape (n_parts,)
        Weights sum to 1; scales are positive; centres and scales in the figure's unit.
    degrees_of_freedom : float
        Above 2, so that a variance exists.
    """

    weights: NDArray[np.float64]
    centres: NDArray[np.float64]
    scales: NDArray[np.float64]
    degrees_of_freedom: float

    @property
    def mean(self) -> float:
        """The mean, in the figure's unit."""
        return float(self.weights @ self.centres)

    @property
    def standard_deviation(self) -> float:
        """The standard deviation, in the figure's unit."""
        df = self.degrees_of_freedom
        within = self.weights @ self.scales**2 * df / (df - 2)
        return float(np.sqrt(within + self.weights @ (self.centres - self.mean) ** 2))

    def cumulative(self, value: float) -> float:
        """Return the probability that the figure is at most ``value``."""
        parts = special.stdtr(self.degrees_of_freedom, (value - self.centres) / self.scales)
        return float(self.weights @ parts)

    def quantile(self, probability: float) -> float:
        """Return the value below which the figure falls so often.

        >>> one = StudentMixture(np.array([1.0]), np.array([5.0]), np.array([2.0]), 10.0)
        >>> round(one.quantile(0.975), 3)  # 5 + 2 x 2.228, any table of Student's t
        9.456
        """
        t = special.stdtrit(self.degrees_of_freedom, probability)
        ends = self.centres + t * self.scales
        low, high = float(ends.min()), float(ends.max())
        if high - low <= 1e-12 * float(self.scales.min()):
            return low
        # A part's own quantile leaves all others on one side: the mixture's lies between them.
        margin = 1e-6 * (high - low)
        return float(
            optimize.brentq(
                lambda value: self.cumulative(value) - probability, low - margin, high + margin
            )
        )

    def moved(self, factor: float, shift: float = 0.0) -> "StudentMixture":
        """Return the distribution of ``factor * figure + shift``; factor is not zero."""
        centres = factor * self.centres + shift
        scales = abs(factor) * self.scales
        return StudentMixture(self.weights, centres, scales, self.degrees_of_freedom)

    def estimate(self, confidence_level: float) -> Estimate:
        """Return mean, standard deviation and the interval with equal tails."""
        tail = (1 - confidence_level) / 2
        ends = self.quantile(tail), self.quantile(1 - tail)
        return Estimate(self.mean, self.standard_deviation, *ends)
