"""The plan of a campaign as a store keeps it."""

from typing import Any

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.errors import ParameterError, StoreError
from smsroi_models.planning.lists import read_plan_row
from smsroi_models.planning.record import Plan, plan_from_record


def collect_plan(store: Tables, campaign_id: str) -> Plan | None:
    """Return the campaign's plan, or None where the store has none.

    Raises
    ------
    StoreError
        If the plan's hash is not that of its record, the record is no plan, or the row's other
        columns say something else than the record.
    """
    row = read_plan_row(store, campaign_id)
    if row is None:
        return None
    try:
        plan = plan_from_record(row["record"] or "", row["sha256"] or "")
    except ParameterError as error:
        raise StoreError(f"the plan of campaign {campaign_id!r} cannot be used: {error}") from error
    for name, planned in plan_row(plan).items():
        if row[name] != planned:
            raise StoreError(
                f"the plan of campaign {campaign_id!r} says {name} {planned!r} in its record and "
                f"{row[name]!r} in the table: restore the row as it was recorded"
            )
    return plan


def plan_row(plan: Plan) -> dict[str, Any]:
    """Return the plan as a row of the table ``plans``."""
    return {
        "campaign_id": plan.campaign_id,
        "recorded_at": plan.recorded_at,
        "treatment_share": plan.treatment_share,
        "n_treatment": plan.n_treatment,
        "n_holdout": plan.n_holdout,
        "record": plan.to_json(),
        "sha256": plan.sha256,
    }
