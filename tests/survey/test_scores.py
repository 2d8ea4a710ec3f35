"""What scores refuse, what they say of few answers, and how scales are cut."""

import math

import numpy as np
import pandas as pd
import pytest

from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.survey.answers import Scale, read_answers
from smsroi_models.survey.followed import what_followed
from smsroi_models.survey.metrics import score_by_metric
from smsroi_models.survey.rank_correlation import rank_correlation
from smsroi_models.survey.reliability import cronbach_alpha
from smsroi_models.survey.scores import net_promoter_score
from smsroi_models.survey.shares_and_means import mean_score, top_box_share


@pytest.mark.parametrize(
    ("scale", "promoters", "detractors"),
    [((0, 10), [9, 10], range(7)), ((1, 10), [9, 10], range(1, 7)), ((1, 5), [5], [1, 2, 3])],
)
def test_scales_are_cut_as_they_commonly_are(scale, promoters, detractors) -> None:
    low, high = scale
    ends = {"scale_min": low, "scale_max": high}
    for answer in range(low, high + 1):
        found = net_promoter_score([answer], **ends)
        assert found.promoters == (answer in promoters)
        assert found.detractors == (answer in detractors)


def test_an_answer_off_the_scale_is_named_and_refused() -> None:
    with pytest.raises(DataError, match=r"2 scores \(-1, 11\) are off the scale from 0 to 10"):
        net_promoter_score([9, 11, -1])
    with pytest.raises(DataError, match="off the scale from 1 to 5"):
        top_box_share([6])
    with pytest.raises(DataError, match="inf"):
        net_promoter_score([math.inf])


@pytest.mark.parametrize("score", [[], [None], [math.nan, math.nan]])
def test_no_answer_is_no_score(score) -> None:
    for function in (net_promoter_score, top_box_share, mean_score):
        with pytest.raises(NotEstimableError, match="holds an answer"):
            function(np.array(score, dtype=float))


@pytest.mark.parametrize("score", [["9"], [True, False], [[9, 8]], [object()], pd.Series(["x"])])
def test_what_is_no_row_of_numbers_is_refused(score) -> None:
    with pytest.raises(DataError):
        net_promoter_score(score)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -2.0], [1.0, math.nan], ["1", "2"]])
def test_weights_that_are_none_are_refused(weights) -> None:
    with pytest.raises(DataError):
        net_promoter_score([9, 8], weights)


def test_the_weight_of_no_answer_does_not_matter() -> None:
    found = net_promoter_score([9, None, 2], [1.0, math.nan, 1.0])
    assert (found.score, found.n, found.n_missing) == (0.0, 2, 1)


@pytest.mark.parametrize("level", [0, 1, 95, "0.95", None, math.nan, True])
def test_a_confidence_that_is_none_is_refused(level) -> None:
    with pytest.raises(ParameterError, match="confidence_level"):
        net_promoter_score([9], confidence_level=level)


@pytest.mark.parametrize("ends", [(10, 0), (5, 5), (math.nan, 5), ("0", 10), (0, math.inf)])
def test_a_scale_that_is_none_is_refused(ends) -> None:
    with pytest.raises(ParameterError, match="scale"):
        net_promoter_score([5], scale_min=ends[0], scale_max=ends[1])


@pytest.mark.parametrize("boxes", [0, 5, -1, 1.5, True])
def test_boxes_leave_some_of_the_scale(boxes) -> None:
    with pytest.raises(ParameterError, match="boxes"):
        top_box_share([5], boxes=boxes)


def test_few_answers_that_are_alike_say_little() -> None:
    one = net_promoter_score([10])
    assert one.score == 100 and one.standard_error == 0 and one.ci_lower < 0
    many = net_promoter_score([10] * 1000)
    assert many.ci_lower > 98
    # 97.5 % of people may answer otherwise where one was asked, 37 % where eight agree.
    assert mean_score([7]).ci_lower == pytest.approx(7 - 0.975 * 6)
    assert mean_score([7] * 8).ci_lower == pytest.approx(7 - (1 - 0.025 ** (1 / 8)) * 6)


def test_each_metric_has_its_score() -> None:
    answers = read_answers([1, 4, 5, 5], None, Scale(1, 5))
    assert score_by_metric(answers, "nps", None, 0.95).score == pytest.approx(25.0)
    assert score_by_metric(answers, "csat", None, 0.95).score == 0.75
    assert score_by_metric(answers, "intent", 1, 0.95).score == 0.5
    assert score_by_metric(answers, "ces", None, 0.95).score == 3.75
    with pytest.raises(ParameterError, match="one of nps, csat, ces, intent"):
        score_by_metric(answers, "joy", None, 0.95)


def test_a_lone_answer_of_a_margin_has_no_spread_of_its_own() -> None:
    found = net_promoter_score([9, 9, 2, 8], [1.0, 1.0, 1.0, 5.0], raked_to=[["a", "a", "a", "b"]])
    assert 0 < found.effective_sample_size < math.inf
    with pytest.raises(DataError, match="one label for each of 4 rows"):
        net_promoter_score([9, 9, 2, 8], [1.0] * 4, raked_to=[["a"]])


@pytest.mark.parametrize(
    "items", [[[1, 2]], [[1], [2]], [[1, 2], [2, 1]], [[1, 1], [1, 1]], [[math.nan, 1], [2, 3]]]
)
def test_alpha_of_too_little_is_not_estimable(items) -> None:
    with pytest.raises(NotEstimableError):
        cronbach_alpha(items)


@pytest.mark.parametrize("items", [[1, 2], [["a", "b"]], [[math.inf, 1], [2, 3]]])
def test_alpha_of_no_table_is_refused(items) -> None:
    with pytest.raises(DataError):
        cronbach_alpha(items)


def test_a_rank_correlation_that_cannot_be_told() -> None:
    for x, y in (([1, 2, 3], [1, 2, 3]), ([1] * 9, range(9)), (range(9), range(9))):
        with pytest.raises(NotEstimableError):
            rank_correlation(x, y)
    with pytest.raises(DataError):
        rank_correlation([1, 2, 3, math.nan], [1, 2, 3, 4])
    with pytest.raises(DataError):
        rank_correlation([1, 2, 3, 4], [1, 2, 3])


def test_what_followed_is_counted_by_hand() -> None:
    """Two detractors, one bought; one passive; three promoters, two bought: 2/3 against 1/3."""
    found = what_followed(
        [0, 6, 7, 9, 10, 10], [0, 5, 0, 40, 0, 20], "nps", Scale(0, 10), days=30, n_waiting=4
    )
    counted = [(group.name, group.n_bought, group.n) for group in found.groups]
    assert counted == [("detractors", 1, 2), ("passives", 0, 1), ("promoters", 2, 3)]
    assert found.groups[1].spend is None and found.groups[2].spend.estimate == 20.0
    stated = found.stated
    assert (stated.n_said, stated.n_said_and_did, stated.n_others_who_did) == (3, 2, 1)
    assert stated.difference.estimate == pytest.approx(1 / 3)
    assert found.n == 6 and found.n_waiting == 4


def test_what_followed_where_nobody_bought_or_all_said_so() -> None:
    found = what_followed([5, 5, 5], [0, 0, 0], "intent", Scale(1, 5), days=30)
    assert found.correlation is None and "at least 4" in found.not_correlated
    assert found.stated.did_of_others is None and found.stated.difference is None
    assert [group.spend for group in found.groups] == [None]


def test_a_long_scale_is_cut_into_three() -> None:
    found = what_followed(range(11), [0.0] * 11, "csat", Scale(0, 10), days=7)
    assert [group.name for group in found.groups] == ["0 to 3", "4 to 6", "7 to 10"]


def test_spend_has_to_be_known_of_everybody() -> None:
    for score, spend in (([5, 4], [1.0]), ([5, None], [1.0, 2.0]), ([5], [math.nan])):
        with pytest.raises(DataError):
            what_followed(score, spend, "intent", Scale(1, 5), days=30)


def test_answers_nearly_alike_are_no_surer_than_answers_alike() -> None:
    """One answer apart of 30 showed a spread that Student's t took at its word."""
    alike, nearly = mean_score([5.0] * 30), mean_score([5.0] * 29 + [4.0])
    assert nearly.ci_lower < alike.ci_lower and nearly.ci_upper < alike.ci_upper + 0.05
    assert nearly.ci_upper - nearly.ci_lower > 0.95 * (alike.ci_upper - alike.ci_lower)
    top = mean_score([5.0] * 29 + [4.0], scale_max=5.0)
    assert top.ci_upper == 5.0 and top.ci_lower < 4.6


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([[1, 2], [2, 3]], "3 people are needed"),
        ([[1, 2], [2, 3], [4, 5]], "the same but for a constant"),
        ([[0.1, 0.3], [0.7, 0.9], [1.1, 1.3], [0.2, 0.4]], "the same but for a constant"),
    ],
)
def test_an_alpha_without_residual_or_people_is_refused(items, said: str) -> None:
    with pytest.raises(NotEstimableError, match=said):
        cronbach_alpha(items)
