"""The simulated plans are plans, recorded before anybody was assigned, and true."""

from smsroi_models.planning.record import Plan, plan_from_record
from smsroi_models.simulate import Program


def test_every_campaign_has_the_plan_that_it_was_drawn_by(program: Program) -> None:
    rows = program.tables["plans"].set_index("campaign_id")
    assert list(rows.index) == list(program.tables["campaigns"]["campaign_id"])
    arms = program.tables["assignments"].groupby("campaign_id")["arm"].value_counts()
    starts = program.tables["campaigns"].set_index("campaign_id")["starts_at"]
    for campaign_id, row in rows.iterrows():
        plan = plan_from_record(row["record"], row["sha256"])
        assert plan.to_json() == row["record"]
        assert (plan.campaign_id, plan.recorded_at) == (campaign_id, row["recorded_at"])
        assert (plan.n_treatment, plan.n_holdout) == (row["n_treatment"], row["n_holdout"])
        assert plan.n_audience == plan.n_treatment + plan.n_holdout
        assert plan.n_treatment == arms[campaign_id, "treatment"]
        assert plan.n_holdout == arms[campaign_id, "holdout"]
        assert plan.treatment_share == row["treatment_share"]
        assert (starts[campaign_id] - plan.recorded_at).days == 1


def test_what_the_shop_plans_is_what_a_plan_is_by_default(program: Program) -> None:
    row = program.tables["plans"].iloc[0]
    plan = plan_from_record(row["record"], row["sha256"])
    usual = Plan(
        plan.campaign_id, plan.name, plan.recorded_at, plan.window_days, plan.holdout_share
    )
    assert (plan.pre_days, plan.covariates, plan.confidence_level, plan.rule) == (
        usual.pre_days,
        usual.covariates,
        usual.confidence_level,
        usual.rule,
    )
