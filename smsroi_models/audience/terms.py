"""What a hazard of customers at a campaign is made of: the seam between the engine and the fit.

A term is a product of columns, so that one definition serves NumPy arrays and the engine alike. The
columns of a row, which is a customer at a campaign:

- ``treated``: 1 where assigned to be texted, else 0;
- ``extra_7, extra_30``: texts assigned in the 7 and 30 days before, less those to be expected of
  the same campaigns, ``expected_7, expected_30``, which is the sum of their treated shares;
- ``since_30, since_90, since_365``: 1 where the opt-in is at least so many days old;
- ``coupon, long``: 1 where the campaign has a coupon, and where its text takes two segments or
  more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Term = tuple[str, ...]

CONTROLS: tuple[Term, ...] = (
    (),
    ("since_30",),
    ("since_90",),
    ("since_365",),
    ("coupon",),
    ("long",),
    ("expected_30",),
    ("expected_7",),
)
TEXTED: Term = ("treated",)
RECENT: tuple[Term, ...] = (("extra_30",), ("treated", "extra_30"))
# Told apart from the other texts of the month only where campaigns follow each other in a week.
RECENT_WEEK: tuple[Term, ...] = (("extra_7",), ("treated", "extra_7"))
TEXTED_THEN: Term = ("treated", "expected_30")
COLUMNS = (
    "treated",
    "texts_7",
    "texts_30",
    "expected_7",
    "expected_30",
    "since_30",
    "since_90",
    "since_365",
    "coupon",
    "long",
)
OUTCOMES = ("opted_out", "bought")


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted hazard as the engine needs it to sum the scores of customers.

    Attributes
    ----------
    outcome : str
        Among `OUTCOMES`.
    terms : tuple of Term
    coefficients : ndarray of shape (n_terms,)
        On the complementary log-log scale.
    """

    outcome: str
    terms: tuple[Term, ...]
    coefficients: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreProducts:
    """The scores of customers, summed within each, multiplied and summed again.

    Attributes
    ----------
    customers : int
    rows : int
    products : ndarray of shape (n_terms, n_terms)
        Terms of all models one after the other.
    """

    customers: int
    rows: int
    products: NDArray[np.float64]


def name_of(term: Sequence[str]) -> str:
    """Return a term's name.

    >>> name_of(("treated", "extra_30")), name_of(())
    ('treated x extra_30', 'constant')
    """
    return " x ".join(term) or "constant"
