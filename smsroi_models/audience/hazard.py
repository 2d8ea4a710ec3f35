"""The hazard of what follows a campaign, by the texts that a customer had before it.

A binomial regression with complementary log-log link, the discrete-time form of proportional
hazards (Prentice and Gloeckler 1978), on customers at campaigns (`audience.terms`):

    log(-log(1 - P(event))) = controls + a texted + b extra + c texted x extra + d texted x expected

``extra`` is the number of recent texts less what was to be expected of the campaigns that assigned
the customer: the part that the draws decided, so that b and c rest on randomisation (centring by
the known probability: Boruvka et al. 2018, section 4). Rows come as combinations with counts; the
covariance lets the rows of a customer go along (Liang and Zeger 1986), from sums of the engine.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from smsroi_models.audience.terms import (
    COLUMNS,
    CONTROLS,
    RECENT,
    RECENT_WEEK,
    TEXTED,
    TEXTED_THEN,
    Fitted,
    ScoreProducts,
    Term,
    name_of,
)
from smsroi_models.errors import ConvergenceError, DataError, NotEstimableError

Floats = NDArray[np.float64]
Columns = Mapping[str, Floats]

FEWEST_EVENTS = 10
# Share of a column's spread that the others leave unexplained, below which it tells nothing.
_OWN_SPREAD = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Hazard:
    """A fitted hazard.

    Attributes
    ----------
    outcome : str
    terms : tuple of Term
    coefficients : ndarray of shape (n_terms,)
        Complementary log-log scale: the exponential is a ratio of hazards.
    inverse_information : ndarray of shape (n_terms, n_terms)
        Covariance, were every row a customer of its own.
    left_out : tuple of str
        Terms that the data cannot tell from the others.
    rows, events : int
    """

    outcome: str
    terms: tuple[Term, ...]
    coefficients: Floats
    inverse_information: Floats
    left_out: tuple[str, ...]
    rows: int
    events: int

    @property
    def fitted(self) -> Fitted:
        """What the engine needs to sum scores."""
        return Fitted(self.outcome, self.terms, self.coefficients)


def fit_hazard(cells: Columns, outcome: str) -> Hazard:
    """Fit the hazard of an outcome on combinations of columns with their counts.

    Parameters
    ----------
    cells : mapping of str to ndarray of shape (n_cells,)
        From `collect_cells`: `COLUMNS`, ``n`` and the outcome's events.
    outcome : str

    Raises
    ------
    DataError
        If a column is missing or not finite, or there are more events than rows.
    NotEstimableError
        If everybody got the recent texts that were to be expected, an arm has fewer than 10 events,
        or no fit exists because the events are separated.
    ConvergenceError
        If the fit does not converge.

    References
    ----------
    Prentice and Gloeckler (1978), Biometrics 34(1), eq. 2. Boruvka, Almirall, Witkiewitz and Murphy
    (2018), Journal of the American Statistical Association 113(523).
    """
    _check(cells, outcome)
    _require_events(cells, outcome)
    terms, left_out = _told_apart(cells, outcome)
    n, events = cells["n"], cells[outcome]
    coefficients, inverse = _fit(design(cells, terms), events, n, outcome)
    return Hazard(outcome, terms, coefficients, inverse, left_out, int(n.sum()), int(events.sum()))


def clustered_covariance(models: Sequence[Hazard], scores: ScoreProducts) -> Floats:
    """Return the covariance of all coefficients, the rows of a customer going along.

    As statsmodels' ``cov_type="cluster"``: the factor G / (G - 1) x (N - 1) / (N - K), K being the
    terms of each model. Models of the same customers have covariances with each other.

    Parameters
    ----------
    models : sequence of Hazard
        In the order in which ``scores`` were collected.
    scores : ScoreProducts

    Raises
    ------
    NotEstimableError
        With fewer than 10 customers.

    References
    ----------
    Liang and Zeger (1986), Biometrika 73(1).
    """
    if scores.customers < FEWEST_EVENTS:
        raise NotEstimableError(f"{scores.customers} customers are too few for a standard error")
    bread = linalg.block_diag(*(model.inverse_information for model in models))
    g, n = scores.customers, scores.rows
    sizes = np.concatenate(
        [np.full(len(m.terms), np.sqrt((n - 1) / (n - len(m.terms)))) for m in models]
    )
    covariance: Floats = bread @ scores.products @ bread * np.outer(sizes, sizes) * (g / (g - 1))
    return (covariance + covariance.T) / 2


def design(columns: Columns, terms: Sequence[Term]) -> Floats:
    """Return the terms' values, an array of shape (n_cells, n_terms)."""
    known = dict(columns)
    known.setdefault("extra_7", columns["texts_7"] - columns["expected_7"])
    known.setdefault("extra_30", columns["texts_30"] - columns["expected_30"])
    ones = np.ones(len(columns["treated"]))
    return np.column_stack(
        [reduce(np.multiply, (known[name] for name in term), ones) for term in terms]
    )


def _check(cells: Columns, outcome: str) -> None:
    for name in (*COLUMNS, "n", outcome):
        if name not in cells:
            raise DataError(f"no column {name!r}: the combinations need {[*COLUMNS, 'n', outcome]}")
        if not np.isfinite(cells[name]).all():
            raise DataError(f"{name} is NaN or infinite in a combination: leave it out")
    if (cells[outcome] > cells["n"]).any() or (cells[outcome] < 0).any():
        raise DataError(f"{outcome} counts more events than rows, or fewer than none")


def _require_events(cells: Columns, outcome: str) -> None:
    for treated, who in ((1.0, "texted"), (0.0, "held out")):
        events = float(cells[outcome][cells["treated"] == treated].sum())
        if events < FEWEST_EVENTS:
            raise NotEstimableError(
                f"{events:.0f} events ({outcome.replace('_', ' ')}) among those {who} are too few: "
                f"at least {FEWEST_EVENTS} are needed to tell what a text adds; wait for more "
                "campaigns"
            )


def _told_apart(cells: Columns, outcome: str) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    """Return the terms that the data tell apart, and the names of those left out."""
    spread = cells["texts_30"] - cells["expected_30"]
    if np.allclose(spread, 0.0):
        raise NotEstimableError(
            "every customer had just the texts in the 30 days before that their campaigns sent to "
            "everybody: nothing varies that tells what more texts do; hold some customers out of "
            "each campaign, drawn anew"
        )
    n, events = cells["n"], cells[outcome]
    kept: list[Term] = []
    left_out: list[str] = []
    candidates = (*CONTROLS, TEXTED, *RECENT, *RECENT_WEEK, TEXTED_THEN)
    columns = design(cells, candidates) * np.sqrt(n)[:, None]
    basis: list[Floats] = []
    for i, term in enumerate(candidates):
        rest = columns[:, i] - sum((b * (b @ columns[:, i]) for b in basis), np.zeros(len(n)))
        size = float(np.linalg.norm(columns[:, i]))
        if size == 0 or np.linalg.norm(rest) < _OWN_SPREAD * size or _empty(cells, term, events):
            left_out.append(name_of(term))
        else:
            kept.append(term)
            basis.append(rest / np.linalg.norm(rest))
    if not {TEXTED, *RECENT} <= set(kept):
        raise NotEstimableError(
            "the texts of the 30 days before cannot be told from what else differed: too few "
            "campaigns that overlap within a month"
        )
    return tuple(kept), tuple(left_out)


def _empty(cells: Columns, term: Term, events: Floats) -> bool:
    """Whether a control splits off rows without any event: its coefficient has no maximum."""
    if len(term) != 1 or term not in CONTROLS:
        return False
    values = cells[term[0]]
    if not np.isin(values, (0.0, 1.0)).all():
        return False
    return not (events[values == 0].sum() and events[values == 1].sum())


def _fit(x: Floats, events: Floats, n: Floats, outcome: str) -> tuple[Floats, Floats]:
    # Imported here: it takes a while, and most of the package does without it.
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    # Scaled, because texts and shares of very different sizes would leave few digits.
    scale = np.sqrt((n @ x**2) / n.sum())
    model = sm.GLM(np.column_stack([events, n - events]), x / scale, family=family)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = model.fit(maxiter=100, tol=1e-12)
        except (ConvergenceWarning, PerfectSeparationWarning, np.linalg.LinAlgError) as error:
            raise ConvergenceError(_no_maximum(outcome)) from error
    errors = np.sqrt(np.diag(result.normalized_cov_params))
    if not result.converged or not np.isfinite(errors).all():
        raise ConvergenceError(_no_maximum(outcome))
    inverse = np.linalg.inv(-model.hessian(result.params, observed=True))
    return np.asarray(result.params) / scale, inverse / np.outer(scale, scale)


def _no_maximum(outcome: str) -> str:
    return (
        f"the hazard of {outcome} has no fit: its events are separated by what is known of the "
        "customers, or too few; wait for more campaigns"
    )
