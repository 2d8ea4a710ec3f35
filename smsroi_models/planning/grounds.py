"""What a plan is asked for, held against the store, before anything is measured.

Whatever can be refused for its parameters is refused here, by a few small queries: the command
asks before it renders a page, so that a refused plan leaves nothing behind.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from smsroi_models.attribution.campaigns import read_last_order_at
from smsroi_models.attribution.design_checks import POWER
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.planning.design import check_share
from smsroi_models.planning.history import (
    LatestTerms,
    read_audience_size,
    read_terms,
    require_measurable,
)
from smsroi_models.planning.power import check_power
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.checks import Finding
from smsroi_models.store.connect import Store


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a plan starts from.

    Attributes
    ----------
    moment : datetime
        UTC; what the store says up to then.
    terms : LatestTerms
    n_customers : int
        Of the audience.
    cost_per_text, fixed_cost : float
        As given, or else of the latest campaigns; store currency.
    findings : tuple of Finding
        The store's warnings.
    """

    moment: datetime
    terms: LatestTerms
    n_customers: int
    cost_per_text: float
    fixed_cost: float
    findings: tuple[Finding, ...]


def read_grounds(
    store: Store,
    *,
    window_days: int,
    holdout_share: float | None = None,
    segment: str | None = None,
    as_of: datetime | date | str | None = None,
    cost_per_text: float | None = None,
    fixed_cost: float | None = None,
    pre_days: int = 90,
    confidence_level: float = 0.95,
    power: float = POWER,
) -> Grounds:
    """Return what a plan starts from; parameters and errors as of `propose_campaign`."""
    _check(window_days, holdout_share, confidence_level, pre_days)
    check_power(power, confidence_level)
    findings = require_sound(store, "a plan", ["customers"])
    moment = horizon(read_last_order_at(store)) if as_of is None else _past(parse_as_of(as_of))
    terms = read_terms(store, moment)
    n_customers = read_audience_size(store, moment, segment)
    costs = _cost_per_text(cost_per_text, terms), _fixed_cost(fixed_cost, terms)
    if costs == (0, 0):
        raise ParameterError(
            "cost_per_text and fixed_cost are both 0: a return on no cost has no meaning; give "
            "what the campaign will cost"
        )
    require_measurable(store, moment, segment, window_days)
    _check_arms(n_customers, holdout_share, 3 + (len(PRE_PERIOD_COLUMNS) if pre_days else 0))
    return Grounds(moment, terms, n_customers, *costs, tuple(findings))


def _check(
    window_days: int, holdout_share: float | None, confidence_level: float, pre_days: int
) -> None:
    check_parameters(confidence_level, pre_days)
    if not (isinstance(window_days, int) and 1 <= window_days <= 3650):
        raise ParameterError(f"window_days is {window_days!r}: it must lie between 1 and 3650 days")
    if holdout_share is not None:
        check_share("holdout_share", holdout_share)


def _past(moment: datetime) -> datetime:
    if moment > datetime.now(UTC):
        raise ParameterError(
            f"as_of is {moment:%Y-%m-%d}, which is still to come: name a moment in the past"
        )
    return moment


def _check_arms(n_customers: int, holdout_share: float | None, least: int) -> None:
    """Refuse a share that leaves an arm next to nobody, and an audience where every one does."""
    n_holdout = round((holdout_share or 0.5) * n_customers)
    if min(n_holdout, n_customers - n_holdout) >= least:
        return
    if holdout_share is None:
        raise NotEstimableError(
            f"the audience of {n_customers:,} customers is too small for any test: each arm needs "
            f"at least {least}; plan a larger one"
        )
    raise NotEstimableError(
        f"holdout_share is {holdout_share:g}: of {n_customers:,} customers it holds out "
        f"{n_holdout:,} and leaves {n_customers - n_holdout:,}, and each arm needs at least "
        f"{least}; take another share, or a larger audience"
    )


def _cost_per_text(given: float | None, terms: LatestTerms) -> float:
    cost = given if given is not None else terms.cost_per_text
    if cost is None:
        raise ParameterError(
            "cost_per_text is not given, and no text in the store has a price: say what a text "
            "to one customer costs"
        )
    return cost


def _fixed_cost(given: float | None, terms: LatestTerms) -> float:
    return given if given is not None else terms.fixed_cost or 0.0
