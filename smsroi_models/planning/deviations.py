"""What differs between a campaign's plan and its analysis, in plain sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from smsroi_models.attribution.checks import UNBALANCED_P_VALUE
from smsroi_models.attribution.sample_ratio import sample_ratio_p_value
from smsroi_models.decision import DecisionRule
from smsroi_models.errors import ParameterError
from smsroi_models.planning.plan_rules import differs_in_size
from smsroi_models.planning.record import Plan
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Reading(Record):
    """How a campaign was analysed.

    Attributes
    ----------
    window_days, pre_days : int
        Length of the outcome window and of the pre-period, days.
    covariates : tuple of str
        What the headline figures are adjusted for.
    confidence_level : float
        In (0, 1).
    rule : DecisionRule
        What the result was judged by.
    first_assigned_at : datetime
        When the first customer was put in an arm; with its zone.
    n_treatment, n_holdout : int
        Customers of each arm in the table of assignments, also those whose window is not over.
    sha256 : str or None
        Hash of the plan as it was handed round (in a mail, a ticket), before or after the draw;
        None where it was not.
    """

    window_days: int
    pre_days: int
    covariates: tuple[str, ...]
    confidence_level: float
    rule: DecisionRule
    first_assigned_at: datetime
    n_treatment: int
    n_holdout: int
    sha256: str | None = None


def deviations(plan: Plan, facts: Reading) -> tuple[str, ...]:
    """Return a sentence for each thing that was not done as planned; empty where all was.

    A deviation is no fault in itself: it is a choice that may have been made with the outcomes in
    sight, and the reader has to know of it.

    Raises
    ------
    ParameterError
        If ``first_assigned_at`` has no zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> plan = Plan("SPRING", "Spring sale", datetime(2025, 2, 28, tzinfo=UTC), 14, 0.2)
    >>> read = Reading(28, 90, plan.covariates, 0.95, plan.rule,
    ...                datetime(2025, 3, 1, tzinfo=UTC), 800, 200)
    >>> deviations(plan, read)
    ('The outcome window is 28 days; planned were 14.',)
    """
    if facts.first_assigned_at.utcoffset() is None:
        raise ParameterError(
            f"first_assigned_at is {facts.first_assigned_at}, a time without a zone: add UTC"
        )
    return (*_of_time(plan, facts), *_of_analysis(plan, facts), *_of_arms(plan, facts))


def _of_time(plan: Plan, facts: Reading) -> Iterator[str]:
    if facts.sha256 is not None and facts.sha256 not in _hashes(plan):
        yield (
            f"The plan is not the one that was handed round: its hash begins with "
            f"{plan.sha256[:12]}, that of the other with {facts.sha256[:12]}."
        )
    if plan.recorded_at > facts.first_assigned_at:
        yield (
            f"The plan was recorded {_moment(plan.recorded_at)}, after the first customer was "
            f"assigned ({_moment(facts.first_assigned_at)}): it may have been made with outcomes "
            "in sight."
        )


def _hashes(plan: Plan) -> set[str]:
    """Return the hashes of the plan before and after the draw filled in counts and seed."""
    undrawn = replace(plan, n_treatment=None, n_holdout=None)
    return {kept.sha256 for kept in (plan, undrawn, replace(undrawn, seed=None))}


def _of_analysis(plan: Plan, facts: Reading) -> Iterator[str]:
    for name, planned, found in (
        ("outcome window", plan.window_days, facts.window_days),
        ("history before assignment", plan.pre_days, facts.pre_days),
    ):
        if planned != found:
            yield f"The {name} is {found} days; planned were {planned}."
    if set(plan.covariates) != set(facts.covariates):
        yield (
            f"Figures are adjusted for {_listed(facts.covariates)}; planned was "
            f"{_listed(plan.covariates)}."
        )
    if plan.confidence_level != facts.confidence_level:
        yield (
            f"Intervals are of {facts.confidence_level:.4g} confidence; planned was "
            f"{plan.confidence_level:.4g}."
        )
    for part in fields(DecisionRule):
        planned, found = getattr(plan.rule, part.name), getattr(facts.rule, part.name)
        if planned != found:
            yield (
                f"The decision rule has {part.name} {_number(found)}; planned was "
                f"{_number(planned)}."
            )


def _of_arms(plan: Plan, facts: Reading) -> Iterator[str]:
    assigned = facts.n_treatment + facts.n_holdout
    if plan.n_audience is not None and differs_in_size(assigned, plan.n_audience):
        yield f"{assigned:,} customers are assigned; the plan was sized for {plan.n_audience:,}."
    if plan.n_treatment is not None:
        if (plan.n_treatment, plan.n_holdout) != (facts.n_treatment, facts.n_holdout):
            yield (
                f"{facts.n_treatment:,} customers are assigned to be texted and "
                f"{facts.n_holdout:,} to be held out; the draw put {plan.n_treatment:,} and "
                f"{plan.n_holdout:,} there."
            )
    elif _unlikely(plan, facts):
        share = facts.n_holdout / (facts.n_treatment + facts.n_holdout)
        yield f"{share:.2%} of customers are held out; planned were {plan.holdout_share:.2%}."


def _unlikely(plan: Plan, facts: Reading) -> bool:
    """Tell whether chance hardly makes the share of the holdout differ so much."""
    counts = facts.n_treatment, facts.n_holdout
    return sample_ratio_p_value(*counts, plan.treatment_share) < UNBALANCED_P_VALUE


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"


def _listed(names: Sequence[str]) -> str:
    return " and ".join(sorted(names)) or "nothing"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.10g}"
