"""What a text causes where a customer had so many texts before: probabilities, not log hazards.

The customers at campaigns are all taken as texted, then all as not, each with the same number of
texts a week before, and the fitted probabilities averaged (standardisation, or the g-formula:
Robins 1986; for a single decision point). Their difference is what the text causes; its gradient
carries the covariance of the coefficients over (delta method).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smsroi_models.audience.hazard import Hazard, design
from smsroi_models.audience.terms import COLUMNS

Floats = NDArray[np.float64]
MONTH_WEEKS = 30 / 7


@dataclass(frozen=True, slots=True, eq=False)
class Caused:
    """Probabilities of an event within the days followed, and how they move with coefficients.

    Attributes
    ----------
    texted, caused : ndarray of shape (n_doses,)
        Probability where texted, and that less the probability where not.
    texted_gradient, caused_gradient : ndarray of shape (n_doses, n_terms)
    """

    texted: Floats
    caused: Floats
    texted_gradient: Floats
    caused_gradient: Floats


def caused_at(model: Hazard, cells: Mapping[str, Floats], weekly: Floats) -> Caused:
    """Return what a text causes at each weekly frequency, over all customers at campaigns.

    Parameters
    ----------
    model : Hazard
    cells : mapping of str to ndarray of shape (n_cells,)
        From `collect_cells`.
    weekly : ndarray of shape (n_doses,)
        Texts a week; a week of them lies in the 7 days before, 30/7 weeks of them in the 30.
    """
    found = [_standardised(model, cells, cells["n"], f, f * MONTH_WEEKS) for f in weekly]
    return Caused(*(np.array(part) for part in zip(*found, strict=True)))


def caused_as_sent(model: Hazard, cells: Mapping[str, Floats]) -> Caused:
    """Return what the texts sent caused on average, each at the frequency that it met; one dose."""
    sent = cells["n"] * (cells["treated"] == 1)
    found = _standardised(model, cells, sent, cells["texts_7"], cells["texts_30"])
    return Caused(*(np.array([part]) for part in found))


def frequencies_seen(model: Hazard, cells: Mapping[str, Floats]) -> tuple[float, float]:
    """Return the lowest and the highest texts a week that a hundredth of the rows still had.

    Of the texts of 30 days; where the model tells the last 7 days apart, of these as well.
    """
    low, high = (value / MONTH_WEEKS for value in _range(cells["texts_30"], cells["n"]))
    if any("extra_7" in term for term in model.terms):
        week = _range(cells["texts_7"], cells["n"])
        low, high = max(low, week[0]), min(high, week[1])
    return low, high


def _range(values: Floats, n: Floats, share: float = 0.01) -> tuple[float, float]:
    order = np.argsort(values)
    below = np.cumsum(n[order]) / n.sum()
    above = np.cumsum(n[order][::-1])[::-1] / n.sum()
    return float(values[order][below >= share][0]), float(values[order][above >= share][-1])


def _standardised(
    model: Hazard, cells: Mapping[str, Floats], weight: Floats, week: Floats, month: Floats
) -> tuple[float, float, Floats, Floats]:
    base = {name: cells[name] for name in COLUMNS}
    ones = np.ones(len(weight))
    base |= {
        "extra_7": week * ones - cells["expected_7"],
        "extra_30": month * ones - cells["expected_30"],
    }
    share = weight / weight.sum()
    means, gradients = [], []
    for treated in (1.0, 0.0):
        x = design(base | {"treated": treated * ones}, model.terms)
        rate = np.exp(np.minimum(x @ model.coefficients, 30.0))
        means.append(float(share @ -np.expm1(-rate)))
        gradients.append((share * rate * np.exp(-rate)) @ x)
    return means[0], means[0] - means[1], gradients[0], gradients[0] - gradients[1]
