"""How likely each campaign is to be the best of those compared, after allowing for luck.

Campaigns' truths are as in `pooled_factors`: given tau and the mean mu they are independent,

    theta_i | mu, tau ~ N(B_i mu + (1 - B_i) y_i,  (1 - B_i) s_i^2)
    B_i = s_i^2 / (s_i^2 + tau^2)

with mu | tau ~ N(m, 1 / sum w_i). The probability that i is the largest is the integral of its
density times the others' distribution functions, taken over mu (Gauss and Hermite) and tau.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.pooled_factors import FEWEST, parts_of_tau

Floats = NDArray[np.float64]
# With twice as many the probabilities move by less than 0.005.
_MEANS, _POINTS, _REACH = 5, 81, 6.0
# Values of tau are taken together in so many groups, about equally likely: the time is theirs times
# the square of the campaigns. Against all 200 values the probabilities move by less than 0.005.
_GROUPS = 24


def probability_best(figures: Mapping[str, Estimate]) -> dict[str, float]:
    """Return each campaign's probability of having the largest true figure; they sum to 1.

    Two campaigns cannot say how much campaigns differ: they are compared as they were measured.
    One campaign is the best of one.

    Parameters
    ----------
    figures : mapping of str to Estimate
        By campaign, with standard errors above 0; independent of each other.

    Examples
    --------
    Two figures with the same error, two standard errors of their difference apart:

    >>> error = 2.0 ** -0.5
    >>> found = probability_best({"a": Estimate(2.0, error, 0, 0), "b": Estimate(0.0, error, 0, 0)})
    >>> round(found["a"], 4)  # Phi(2)
    0.9772
    """
    value = np.array([figure.estimate for figure in figures.values()])
    error = np.array([figure.standard_error for figure in figures.values()])
    total = np.zeros(len(value))
    if len(value) < FEWEST:
        total += _largest(value, error) if len(value) else 0.0
    else:
        for weight, centre, spread in _given_the_mean(value, error**2):
            total += weight * _largest(centre, spread)
    whole = total.sum()
    return {name: float(part / whole) for name, part in zip(figures, total, strict=True)}


def _given_the_mean(value: Floats, variance: Floats) -> list[tuple[float, Floats, Floats]]:
    """Return weight, centres and deviations of the truths for each tau and mean of campaigns."""
    nodes, shares = special.roots_hermitenorm(_MEANS)
    parts = []
    for t, chance in _grouped(*parts_of_tau(value, variance)[:2]):
        weight = 1 / (variance + t**2)
        pull, centre = variance * weight, float(weight @ value / weight.sum())
        spread = np.sqrt((1 - pull) * variance)
        for node, share in zip(nodes, shares / shares.sum(), strict=True):
            mean = centre + node * weight.sum() ** -0.5
            parts.append((chance * share, pull * mean + (1 - pull) * value, spread))
    return parts


def _grouped(tau: Floats, likely: Floats) -> list[tuple[float, float]]:
    """Return the mean tau of each group of neighbours, and how likely the group is."""
    middle = np.cumsum(likely) - likely / 2
    group = np.minimum((middle * _GROUPS).astype(np.int64), _GROUPS - 1)
    weight = np.bincount(group, likely, _GROUPS)
    # Of the logarithm, since the values are of equal ratio, and the last group's tail is long.
    centre = np.exp(np.bincount(group, likely * np.log(tau), _GROUPS) / np.maximum(weight, 1e-300))
    return [(t, w) for t, w in zip(centre, weight, strict=True) if w > 0]


def _largest(centre: Floats, spread: Floats) -> Floats:
    """Return the probability of being the largest of independent normals, by the trapezium rule."""
    # Each on a grid of its own: one that is known well would fall between points shared by all.
    points = np.linspace(-_REACH, _REACH, _POINTS)
    density = np.exp(-0.5 * points**2)
    at = centre[:, None] + spread[:, None] * points
    below = special.log_ndtr((at[..., None] - centre) / spread)
    themselves = np.arange(len(centre))
    below[themselves, :, themselves] = 0.0
    return np.asarray(np.exp(below.sum(axis=2)) @ (density / density.sum()))
