"""The plan: strict, the same text everywhere, and a change of a letter shows."""

import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.decision import DecisionRule
from smsroi_models.errors import ParameterError
from smsroi_models.planning.deviations import Reading, deviations
from smsroi_models.planning.plan_rules import COVARIATES
from smsroi_models.planning.record import Plan, plan_from_record, read_plan, write_plan
from smsroi_models.records import sha256_of

PLAN = Plan(
    campaign_id="SPRING",
    name="Frühling, „the“ sale",
    recorded_at=datetime(2025, 2, 28, 9, tzinfo=UTC),
    window_days=14,
    holdout_share=0.2,
    strata=("region", "segment"),
    rule=DecisionRule(minimum_profit=500.0, power=0.9, most_customers=100_000),
)
# Written by hand: sorted keys, no spaces, UTF-8.
TEXT = (
    '{"campaign_id":"SPRING","confidence_level":0.95,"covariates":["pre_revenue","pre_orders"],'
    '"holdout_share":0.2,"metric":"profit","n_holdout":null,"n_treatment":null,'
    '"name":"Frühling, „the“ sale","pre_days":90,"recorded_at":"2025-02-28T09:00:00+00:00",'
    '"rule":{"minimum_profit":500.0,"most_customers":100000,"power":0.9},"seed":null,'
    '"strata":["region","segment"],"window_days":14}'
)


def test_the_canonical_text_is_the_one_written_by_hand():
    assert PLAN.to_json() == TEXT
    assert PLAN.sha256 == sha256_of(TEXT)


def test_a_plan_without_an_audience_keeps_the_hash_of_before():
    """Plans recorded before there was such a key must still be read."""
    sized = replace(PLAN, n_audience=10_000)
    assert sized.to_json() == TEXT.replace('"n_holdout"', '"n_audience":10000,"n_holdout"')
    assert plan_from_record(TEXT, sha256_of(TEXT)).n_audience is None
    assert plan_from_record(sized.to_json(), sized.sha256) == sized
    with pytest.raises(ParameterError, match="unknown to a plan"):
        plan_from_record(TEXT.replace('"n_holdout"', '"n_audience":null,"n_holdout"'), PLAN.sha256)


def test_what_means_the_same_has_the_same_hash():
    same = replace(
        PLAN,
        recorded_at=datetime(2025, 2, 28, 11, tzinfo=timezone(timedelta(hours=2))),
        strata=["region", "segment"],
        rule=DecisionRule(500, 0.9, 100_000),
    )
    assert same.sha256 == PLAN.sha256 and same == PLAN
    zero, negative = (replace(PLAN, rule=DecisionRule(value)) for value in (0.0, -0.0))
    assert zero.sha256 == negative.sha256


@pytest.mark.parametrize(
    "change",
    [
        {"campaign_id": "SUMMER"},
        {"name": "Fruhling"},
        {"recorded_at": PLAN.recorded_at + timedelta(microseconds=1)},
        {"window_days": 15},
        {"holdout_share": 0.2000000000000001},
        {"strata": ("segment", "region")},
        {"pre_days": 91},
        {"covariates": ()},
        {"confidence_level": 0.9},
        {"rule": DecisionRule()},
        {"seed": 0},
        {"n_treatment": 800, "n_holdout": 200},
        {"n_audience": 1_000},
    ],
)
def test_every_change_shows(change, tmp_path):
    changed = replace(PLAN, **change)
    assert changed.sha256 != PLAN.sha256
    assert read_plan(write_plan(changed, tmp_path / "plan.json")) == changed


def test_a_plan_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PLAN.window_days = 15


def test_the_allowed_covariates_are_those_that_are_measured():
    assert COVARIATES == PRE_PERIOD_COLUMNS


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"campaign_id": ""}, "campaign_id is ''"),
        ({"campaign_id": " SPRING"}, "without space"),
        ({"campaign_id": 7}, "campaign_id is 7"),
        ({"name": "\ud800"}, "name"),
        ({"recorded_at": datetime(2025, 2, 28)}, "zone"),
        ({"recorded_at": "2025-02-28"}, "zone"),
        ({"metric": "revenue"}, "'profit'"),
        ({"window_days": 0}, "window_days is 0"),
        ({"window_days": 14.0}, "window_days"),
        ({"window_days": True}, "window_days"),
        ({"window_days": 3651}, "3650"),
        ({"holdout_share": 0.0}, "between 0 and 1"),
        ({"holdout_share": 1}, "between 0 and 1"),
        ({"holdout_share": float("nan")}, "between 0 and 1"),
        ({"strata": "region"}, "list"),
        ({"strata": ("region", "region")}, "twice"),
        ({"strata": ("customer_id",)}, "customer_id"),
        ({"strata": ("",)}, "strata"),
        ({"pre_days": -1}, "pre_days is -1"),
        ({"pre_days": 0}, "be empty where pre_days is 0"),
        ({"covariates": ("region",)}, "pre_revenue"),
        ({"confidence_level": 95.0}, "confidence_level is 95.0"),
        ({"rule": "none"}, "DecisionRule"),
        ({"rule": DecisionRule(most_customers=1.5)}, "most_customers"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.0}, "seed"),
        ({"n_treatment": 3}, "n_holdout"),
        ({"n_treatment": -3, "n_holdout": 1}, "n_treatment is -3"),
    ],
)
def test_values_out_of_range_are_refused(change, word):
    with pytest.raises(ParameterError, match=word):
        replace(PLAN, **change)


def test_what_is_written_is_read_again(tmp_path):
    path = write_plan(PLAN, tmp_path / "new" / "plan.json")
    assert read_plan(path) == read_plan(str(path)) == PLAN
    assert read_plan(path.read_text(encoding="utf-8")) == PLAN
    assert plan_from_record(PLAN.to_json(), PLAN.sha256) == PLAN
    assert [entry.name for entry in path.parent.iterdir()] == ["plan.json"]


def test_a_recorded_plan_is_not_replaced(tmp_path):
    path = write_plan(PLAN, tmp_path / "plan.json")
    before = path.read_bytes()
    with pytest.raises(ParameterError, match="not replaced"):
        write_plan(replace(PLAN, window_days=28), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def _document(**changes):
    return {"plan": json.loads(TEXT) | changes, "sha256": PLAN.sha256}


def test_the_order_and_spaces_of_a_file_do_not_matter():
    turned = dict(reversed(_document()["plan"].items()))
    assert read_plan(json.dumps({"sha256": PLAN.sha256, "plan": turned}, indent=8)) == PLAN


def _without(name):
    document = _document()
    del document["plan"][name]
    return document


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (_document(window_days=28), "changed after it was recorded"),
        (_document() | {"sha256": "0" * 64}, "sha256 is '0000"),
        (_document() | {"sha256": None}, "sha256 is None"),
        (_document(window=28), "unknown to a plan"),
        (_without("seed"), "lacks 'seed'"),
        ({"plan": _document()["plan"]}, "lacks 'sha256'"),
        (_document() | {"author": "x"}, "'author'"),
        ({"plan": [], "sha256": ""}, "holds a list"),
        (_document(rule={}), "rule lacks"),
        (_document(rule=[]), "rule is"),
        (_document(rule={"minimum_profit": "0", "power": 0.8, "most_customers": None}), "numbers"),
        (_document(rule={"minimum_profit": 10**400, "power": 0.8, "most_customers": 1}), "numbers"),
        (_document(recorded_at="yesterday"), "recorded_at is 'yesterday'"),
        (_document(recorded_at=None), "recorded_at"),
        (_document(recorded_at="2025-02-28T09:00:00"), "zone"),
        (_document(strata="region"), "list"),
    ],
)
def test_files_that_are_no_plan_or_were_changed_are_refused(document, word):
    with pytest.raises(ParameterError, match=word):
        read_plan(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not JSON"),
        ('{"plan": NaN, "sha256": ""}', "NaN"),
        (f'{{"plan": {TEXT}, "plan": {TEXT}, "sha256": "{PLAN.sha256}"}}', "twice"),
        ("{" * 100_000, "not JSON"),
    ],
)
def test_texts_that_are_no_json_of_a_plan_are_refused(text, word):
    with pytest.raises(ParameterError, match=word):
        read_plan(text)


def test_places_without_a_plan_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="there is no plan"):
        read_plan(tmp_path / "plan.json")
    (tmp_path / "image.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ParameterError, match="not text"):
        read_plan(tmp_path / "image.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ParameterError, match="holds a list"):
        read_plan(tmp_path / "list.json")


AS_PLANNED = Reading(
    window_days=14,
    pre_days=90,
    covariates=("pre_orders", "pre_revenue"),
    confidence_level=0.95,
    rule=PLAN.rule,
    first_assigned_at=datetime(2025, 3, 1, 9, tzinfo=UTC),
    n_treatment=8_000,
    n_holdout=2_000,
    sha256=PLAN.sha256,
)
DRAWN = replace(PLAN, seed=7, n_treatment=8_000, n_holdout=2_000)


def test_as_planned_nothing_is_said():
    assert deviations(PLAN, AS_PLANNED) == ()
    # The hash handed round is that of the plan before its draw, or after it.
    assert PLAN.sha256 != DRAWN.sha256
    for sha256 in (PLAN.sha256, DRAWN.sha256, None):
        assert deviations(DRAWN, replace(AS_PLANNED, sha256=sha256)) == ()
    # By chance: 2.5 standard deviations.
    assert deviations(PLAN, replace(AS_PLANNED, n_treatment=7_900, n_holdout=2_100)) == ()
    for n_audience in (9_091, 11_111):  # a tenth more or less
        sized = replace(PLAN, n_audience=n_audience)
        assert deviations(sized, replace(AS_PLANNED, sha256=sized.sha256)) == ()
    at_once = replace(AS_PLANNED, first_assigned_at=PLAN.recorded_at)
    assert deviations(PLAN, at_once) == ()


@pytest.mark.parametrize(
    ("plan", "change", "sentence"),
    [
        (PLAN, {"window_days": 28}, "The outcome window is 28 days; planned were 14."),
        (PLAN, {"pre_days": 30}, "The history before assignment is 30 days; planned were 90."),
        (
            PLAN,
            {"covariates": ()},
            "Figures are adjusted for nothing; planned was pre_orders and pre_revenue.",
        ),
        (
            PLAN,
            {"confidence_level": 0.9},
            "Intervals are of 0.9 confidence; planned was 0.95.",
        ),
        (
            PLAN,
            {"rule": replace(PLAN.rule, minimum_profit=0.0)},
            "The decision rule has minimum_profit 0; planned was 500.",
        ),
        (
            PLAN,
            {"rule": replace(PLAN.rule, most_customers=None)},
            "The decision rule has most_customers none; planned was 100,000.",
        ),
        (
            PLAN,
            {"first_assigned_at": datetime(2025, 2, 28, 8, tzinfo=UTC)},
            "The plan was recorded 2025-02-28 09:00 UTC, after the first customer was assigned "
            "(2025-02-28 08:00 UTC): it may have been made with outcomes in sight.",
        ),
        (
            PLAN,
            {"n_treatment": 9_000, "n_holdout": 1_000},
            "10.00% of customers are held out; planned were 20.00%.",
        ),
        (
            replace(PLAN, n_audience=11_112),
            {"sha256": None},
            "10,000 customers are assigned; the plan was sized for 11,112.",
        ),
        (
            replace(DRAWN, n_audience=9_090),
            {"sha256": None},
            "10,000 customers are assigned; the plan was sized for 9,090.",
        ),
        (
            DRAWN,
            {"n_holdout": 1_999},
            "8,000 customers are assigned to be texted and 1,999 to be held out; the draw put "
            "8,000 and 2,000 there.",
        ),
    ],
)
def test_each_deviation_is_one_sentence(plan, change, sentence):
    assert deviations(plan, replace(AS_PLANNED, **change)) == (sentence,)


def test_another_plan_than_the_one_handed_round_is_told():
    (sentence,) = deviations(PLAN, replace(AS_PLANNED, sha256="0" * 64))
    assert PLAN.sha256[:12] in sentence and "000000000000" in sentence


def test_several_deviations_are_all_told():
    found = deviations(PLAN, replace(AS_PLANNED, window_days=28, confidence_level=0.9))
    assert len(found) == 2


def test_a_time_without_zone_is_refused():
    with pytest.raises(ParameterError, match="zone"):
        deviations(PLAN, replace(AS_PLANNED, first_assigned_at=datetime(2025, 3, 1)))
