"""A campaign's analysis held against its plan: the checks that only a plan makes possible."""

from datetime import timedelta

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.sample_ratio import sample_ratio, unequal_loss
from smsroi_models.decision import DecisionRule
from smsroi_models.errors import StoreError
from smsroi_models.planning.deviations import Reading, deviations
from smsroi_models.planning.record import Plan


def plan_checks(
    plan: Plan | None,
    campaign: Campaign,
    readiness: Readiness,
    *,
    pre_days: int,
    covariates: tuple[str, ...],
    confidence_level: float,
    rule: DecisionRule,
) -> tuple[Check, ...]:
    """Return whether the arms have their planned sizes, and whether all was done as planned.

    Parameters
    ----------
    plan : Plan or None
        None gives no checks.
    campaign : Campaign
        With its window as planned for the final reading.
    readiness : Readiness
    pre_days, covariates, confidence_level, rule
        Of the analysis.
    """
    if plan is None:
        return ()
    counts = readiness.assigned["treatment"], readiness.assigned["holdout"]
    checks = [sample_ratio(*counts, plan.treatment_share)]
    if plan.n_treatment is not None and plan.n_holdout is not None:
        checks.append(unequal_loss((plan.n_treatment, plan.n_holdout), counts))
    if readiness.first_ready_at is None:
        raise StoreError(f"campaign {campaign.campaign_id!r} has a plan but no assignments")
    read = Reading(
        window_days=campaign.window_days,
        pre_days=pre_days,
        covariates=covariates,
        confidence_level=confidence_level,
        rule=rule,
        first_assigned_at=readiness.first_ready_at - timedelta(days=campaign.window_days),
        n_treatment=counts[0],
        n_holdout=counts[1],
    )
    return (*checks, as_planned(plan, deviations(plan, read)))


def as_planned(plan: Plan, changed: tuple[str, ...]) -> Check:
    """Say that everything was done as planned, or what was not."""
    name = "As planned"
    recorded = f"the plan recorded on {plan.recorded_at:%Y-%m-%d} (SHA-256 {plan.sha256[:12]})"
    if not changed:
        return Check(name, "passed", f"Everything was measured as in {recorded}.")
    return Check(
        name,
        "failed",
        f"Not everything is as in {recorded}. {' '.join(changed)}",
        "Read it as planned, or say why not.",
    )
