"""The tables of a survey, on a shop written by hand: who counts, and with which answer."""

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd
import pytest
from survey_shop import AS_OF, survey_frames

from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.errors import DataError, NotEstimableError, ParameterError, StoreError
from smsroi_models.report import survey_words as words
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store
from smsroi_models.survey.answer_tables import latest_answers, population
from smsroi_models.survey.people_asked import collect_asked
from smsroi_models.survey.questions import read_survey, read_survey_ids
from smsroi_models.surveys import analyze_survey, read_campaign_survey


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = write_store(survey_frames(), tmp_path_factory.mktemp("asked") / "store")
    with open_store(path, threads=1) as store:
        yield store


def _without(tmp_path, *names: str) -> Store:
    frames = {name: frame for name, frame in survey_frames().items() if name not in names}
    return open_store(write_store(frames, tmp_path / "store"), threads=1)


def test_each_person_counts_with_the_latest_answer(shop: Store) -> None:
    rows = latest_answers(shop, read_survey(shop, "asked"), AS_OF).to_pandas()
    assert rows.set_index("customer_id")["score"].to_dict() == {
        "t1": 9.0,
        "t2": 2.0,
        "h1": 8.0,
        "out": 0.0,
        "h2": 6.0,
    }
    assert rows.set_index("customer_id")["response_id"]["t2"] == "r4"


def test_the_population_is_everyone_assigned(shop: Store) -> None:
    survey, campaign = read_survey(shop, "asked"), read_campaign(shop, "SPRING")
    rows = population(shop, survey, campaign, AS_OF).to_pandas().set_index("customer_id")
    assert rows["arm"].to_dict() == dict.fromkeys(["t1", "t2", "t3", "t4"], "treatment") | {
        "h1": "holdout",
        "h2": "holdout",
    }
    assert rows["invited"].sum() == 4
    assert rows["segment"]["t3"] == rows["segment"]["t4"] == " (no value)"
    bought = rows["bought_before"]
    assert bought["h1"] == "bought" and bought["t4"] == bought["t1"] == "did not"


def test_what_people_spend_after_the_answer(shop: Store) -> None:
    survey, campaign = read_survey(shop, "asked"), read_campaign(shop, "SPRING")
    asked = collect_asked(shop, survey, campaign, AS_OF, follow_days=30)
    people = asked.people
    spend = dict(zip(people.score.tolist(), people.spend.tolist(), strict=True))
    assert spend == {9.0: 15.0, 2.0: 0.0, 8.0: 0.0, 0.0: 0.0, 6.0: 50.0}
    over = dict(zip(people.score.tolist(), people.over.tolist(), strict=True))
    assert over == {9.0: True, 2.0: True, 8.0: True, 0.0: True, 6.0: False}
    assert (asked.n_responses, asked.n_replaced, asked.n_later) == (8, 2, 1)
    assert asked.anonymous.tolist() == [10.0]
    cells = {(cell.arm, *cell.groups.values()): cell for cell in asked.cells}
    vip = cells["treatment", "vip", "north", "did not"]
    assert (vip.n, vip.invited, vip.answered) == (1, 1, 1)


def test_the_result_counts_every_answer_once(shop: Store) -> None:
    result = analyze_survey(shop, "asked", AS_OF)
    counts = result.counts
    assert (counts.responses, counts.people, counts.replaced) == (8, 5, 2)
    assert (counts.anonymous, counts.outside, counts.later) == (1, 1, 1)
    assert counts.people + counts.anonymous + counts.replaced == counts.responses
    assert result.distribution == {0.0: 1, 2.0: 1, 6.0: 1, 8.0: 1, 9.0: 1, 10.0: 1}
    # Two promoters, three detractors among six.
    assert result.everybody.score == pytest.approx(-100 / 6)
    texted, held = result.arms
    assert texted.response.n == 4 and texted.response.n_invited == 3
    assert texted.response.n_answered == 2 and held.response.n_answered == 2
    # One of one invited, and one who was not: of two asked.
    assert held.response.share.estimate == 1.0
    assert result.difference.best is None and texted.weighted is None
    assert result.followed.n == 4 and result.followed.n_waiting == 1
    failed = {check.name for check in result.failed}
    assert failed == {"Enough answers", "Anonymous answers"}
    assert result.to_dict()["survey"]["question"] == "How likely?"
    assert result.to_frame().shape[0] == 1


def test_a_survey_without_a_campaign_has_no_arms(shop: Store) -> None:
    result = analyze_survey(shop, "loose", AS_OF)
    assert not result.has_arms and result.difference is None and result.campaign_name == ""
    assert result.everybody.score == 1.0 and result.everybody.kind == "top-box share"
    assert (
        read_campaign_survey(shop, read_campaign(shop, "SPRING"), AS_OF, confidence_level=0.95)[
            0
        ].survey.survey_id
        == "asked"
    )


@pytest.mark.parametrize(
    "gone", [("invitations",), ("orders",), ("customers",), ("assignments", "campaigns")]
)
def test_what_a_store_lacks_is_left_out(tmp_path, gone) -> None:
    frames = survey_frames()
    if "campaigns" in gone:
        frames["surveys"]["campaign_id"] = None
    kept = {name: frame for name, frame in frames.items() if name not in gone}
    with open_store(write_store(kept, tmp_path / "store"), threads=1) as store:
        result = analyze_survey(store, "asked", AS_OF)
        assert set(gone) <= set(result.missing)
        if gone == ("orders",):
            assert result.followed is None
        if gone == ("invitations",):
            assert all(arm.response.n_invited is None for arm in result.arms)
        if "assignments" in gone:
            assert [arm.arm for arm in result.arms] == [""]
            assert result.counts.outside == 1  # h2 answered without having been invited


def test_without_orders_answers_reach_to_the_midnight_after_the_last(tmp_path) -> None:
    with _without(tmp_path, "orders") as store:
        result = analyze_survey(store, "asked")
        assert result.as_of.isoformat() == "2025-04-20T00:00:00+00:00"
        assert result.counts.later == 0


def test_what_cannot_be_read_is_refused(shop: Store, tmp_path) -> None:
    with pytest.raises(DataError, match="did you mean 'asked'"):
        analyze_survey(shop, "aksed")
    with pytest.raises(NotEstimableError, match="nobody has answered"):
        analyze_survey(shop, "asked", AS_OF - timedelta(days=39))
    with _without(tmp_path, "responses") as store, pytest.raises(StoreError, match="responses"):
        analyze_survey(store, "asked")
    assert read_survey_ids(shop, "SPRING") == ["asked"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"follow_days": 0},
        {"follow_days": 30.5},
        {"follow_days": True},
        {"boxes": 0},
        {"boxes": "2"},
        {"weight_by": "segment"},
        {"weight_by": ["age"]},
        {"confidence_level": 95},
        {"as_of": "2999-01-01"},
    ],
)
def test_options_outside_their_range_are_refused(shop: Store, wrong) -> None:
    with pytest.raises(ParameterError):
        analyze_survey(shop, "asked", **wrong)


def test_a_campaign_without_a_holdout_has_one_arm_and_no_difference(tmp_path) -> None:
    frames = survey_frames()
    frames["assignments"]["arm"] = "treatment"
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        result = analyze_survey(store, "asked", AS_OF)
    assert [arm.arm for arm in result.arms] == ["treatment"] and result.difference is None
    assert result.arms[0].response.n == 6 and not result.has_arms


def test_a_campaign_that_assigned_nobody_stands_for_those_invited(tmp_path) -> None:
    frames = survey_frames()
    other = frames["campaigns"].assign(campaign_id="OTHER")
    frames["campaigns"] = pd.concat([frames["campaigns"], other], ignore_index=True)
    frames["surveys"]["campaign_id"] = "OTHER"
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        result = analyze_survey(store, "asked", AS_OF)
    assert [arm.arm for arm in result.arms] == [""] and result.arms[0].response.n == 5


def test_a_scale_that_cannot_be_scored_costs_no_campaigns_report(tmp_path) -> None:
    frames = survey_frames()
    frames["surveys"] = frames["surveys"].assign(metric="csat", scale_max=0.5)
    frames["responses"]["score"] = 0.5
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        campaign = read_campaign(store, "SPRING")
        found, why = read_campaign_survey(store, campaign, AS_OF, confidence_level=0.95)
    assert found is None and "cannot be scored" in why


@pytest.mark.parametrize("kept", [[], ["out"]])
def test_a_response_rate_is_of_the_invited_alone(tmp_path, kept) -> None:
    """Without an invitation of the assigned there is no rate, and no check passes for it."""
    frames = survey_frames()
    asked = frames["invitations"]
    frames["invitations"] = asked[asked["customer_id"].isin(kept)]
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        result = analyze_survey(store, "asked", AS_OF)
    assert all(arm.response.share is None for arm in result.arms)
    status = {check.name: check for check in result.checks}
    for name in ("Response rate", "Answered alike"):
        assert status[name].status == "informational" and "Not told" in status[name].text
    assert "does not say who was asked" in words.unknown_sentence(result)
    assert "how many kept silent is not known" in words.verdict(result)


def test_who_answers_without_an_invitation_is_counted_apart(tmp_path) -> None:
    frames = survey_frames()
    asked = frames["invitations"]
    frames["invitations"] = asked[asked["customer_id"].isin(["t2", "t3", "h1"])]
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        result = analyze_survey(store, "asked", AS_OF)
    texted, held = (arm.response for arm in result.arms)
    assert (texted.n_invited, texted.n_answered, texted.n_uninvited) == (2, 2, 1)
    assert texted.share.estimate == 0.5 and held.share.estimate == 1.0
    said = words.unknown_sentence(result)
    assert "2 of 3 who were asked answered (67" in said and "2 more answered" in said
    status = {check.name: check for check in result.checks}
    assert "2 of 4 who answered are not recorded" in status["Response rate"].text
    assert status["Answered alike"].status == "informational"


def test_anonymous_answers_alone_stand_in_no_arm(tmp_path) -> None:
    frames = survey_frames()
    frames["responses"]["customer_id"] = pd.Series([None] * 10, dtype="str")
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        result = analyze_survey(store, "asked", AS_OF)
    assert result.arms == result.rates == () and result.difference is None
    assert result.everybody.n == 8
    assert "All 8 answers are anonymous" in words.unknown_sentence(result)
    assert {check.name for check in result.checks} == {"Anonymous answers", "Response rate"}
    assert not [check for check in result.checks if check.status == "passed"]


def test_contacts_in_the_question_are_masked(tmp_path) -> None:
    frames = survey_frames()
    frames["surveys"]["question"] = "How likely, 0 to 10? Call 202-555-0142 or ada@example.com"
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        found = analyze_survey(store, "asked", AS_OF)
    assert found.survey.question == "How likely, 0 to 10? Call *** or ***"
