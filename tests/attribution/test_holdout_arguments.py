"""What `holdout_lift` says of arguments that do not fit the table: which one, and what there is."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.holdout import complier_lift, holdout_lift, ratio_lift

SPEND = pd.DataFrame(
    {
        "arm": ["treatment"] * 4 + ["holdout"] * 4,
        "spend": [1.0, 2.0, 3.0, 4.0, 0.0, 1.0, 2.0, 2.5],
        "before": [1.0, 3.0, 2.0, 0.0, 1.0, 0.0, 4.0, 2.0],
    }
)
NUMBERED = SPEND.assign(arm=[1] * 4 + [0] * 4)
TIMED = SPEND.assign(arm=[date(2025, 1, 1)] * 4 + [date(2025, 1, 2)] * 4)


@pytest.mark.parametrize(
    ("table", "arms", "text"),
    [
        (SPEND, (1, 0), "treatment is 1, but arm is text: .* values, 'holdout', 'treatment'"),
        (SPEND, ("treatment", None), "holdout is None, but arm is text"),
        (NUMBERED, ("treatment", "holdout"), "'treatment', but arm is a number: .* values, 0, 1"),
        (NUMBERED.astype({"arm": bool}), ("1", "0"), "arm is true/false: .* values, False, True"),
        (TIMED, ("2025-01-01", "2025-01-02"), "arm is a date: .* values, datetime.date"),
    ],
)
def test_arms_of_another_kind_than_the_column_are_refused(
    table: pd.DataFrame, arms: tuple[Any, Any], text: str
) -> None:
    for options in ({}, {"strata": "before"}):
        with pytest.raises(ParameterError, match=text):
            holdout_lift(table, treatment=arms[0], holdout=arms[1], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "arms"),
    [
        (SPEND, ("treatment", "holdout")),
        (SPEND.astype({"arm": "category"}), ("treatment", "holdout")),
        (NUMBERED, (1, 0)),
        (NUMBERED, (True, False)),
        (NUMBERED, (np.int64(1), np.float64(0))),
        (NUMBERED.astype({"arm": bool}), (1, 0)),
        (TIMED, (date(2025, 1, 1), date(2025, 1, 2))),
    ],
)
def test_arms_of_any_kind_that_fits_are_compared(
    table: pd.DataFrame, arms: tuple[Any, Any]
) -> None:
    assert holdout_lift(table, treatment=arms[0], holdout=arms[1]).absolute_lift == 1.125


def test_a_misspelt_arm_is_told_the_values_that_there_are() -> None:
    with pytest.raises(NotEstimableError, match=r"\(there are 'holdout', 'treatment'\)"):
        holdout_lift(SPEND, treatment="Treatment")
    many = pd.DataFrame({"arm": [f"a{i:02d}" for i in range(12)], "spend": 1.0})
    with pytest.raises(NotEstimableError, match=r"'a00', .*, 'a09' \.\.\.\)"):
        holdout_lift(many)


def test_a_column_that_stands_twice_is_named() -> None:
    twice = pd.concat([SPEND, SPEND[["spend"]]], axis=1)
    arrow = pa.Table.from_pandas(SPEND).append_column("spend", pa.array(SPEND["spend"]))
    for table in (twice, arrow):
        with pytest.raises(DataError, match="has 2 columns 'spend'"):
            holdout_lift(table)
        # One that is not asked for does not matter.
        assert holdout_lift(table, outcome="before").n_treatment == 4


def test_covariates_are_named_where_they_cannot_be() -> None:
    with pytest.raises(ParameterError, match=r"covariates is \['before', 'before'\]: 'before'"):
        holdout_lift(SPEND, covariates=["before", "before"])
    with pytest.raises(ParameterError, match=r"covariates is \['spend'\]: 'spend' is what is"):
        holdout_lift(SPEND, covariates=["spend"])
    with pytest.raises(ParameterError, match="'got' is what is compared"):
        complier_lift(SPEND.assign(got=True), received="got", covariates=["got"])
    arm = Moments.from_rows(SPEND[["spend", "before"]].to_numpy(), ["spend", "before"])
    for covariates in (["before", "before"], ["spend"]):
        with pytest.raises(ParameterError, match="covariates is"):
            compare(arm, arm, "spend", covariates=covariates)


def test_a_confidence_level_of_text_is_shown_as_text() -> None:
    for lift in (holdout_lift, complier_lift):
        with pytest.raises(ParameterError, match=r"confidence_level is '0\.95'"):
            lift(SPEND.assign(delivered=True), confidence_level="0.95")  # type: ignore[operator]
    with pytest.raises(ParameterError, match=r"confidence_level is '0\.95'"):
        ratio_lift(SPEND, "spend", "before", confidence_level="0.95")  # type: ignore[arg-type]


@pytest.mark.parametrize("base", [2**62, 10**13])
def test_values_that_float64_cannot_tell_apart_are_not_called_the_same(base: int) -> None:
    large = SPEND.assign(spend=base + np.array([0, 1, 2, 9, 0, 3, 5, 9]))
    with pytest.raises(NotEstimableError, match="float64 cannot tell the values apart"):
        holdout_lift(large)
