"""Rows that agree are computed once, whatever their values."""

import numpy as np
import pytest

from smsroi_models.clv.prediction_rows import distinct


@pytest.mark.parametrize("scale", [1.0, 0.1, 1e6], ids=["whole", "parts", "far apart"])
def test_distinct_rows_and_back(scale: float) -> None:
    rng = np.random.default_rng(1)
    columns = [scale * rng.integers(0, 5, 400), rng.integers(-2, 3, 400) * 1.0, np.full(400, 7.5)]
    rows, back = distinct(*columns)
    assert len(rows[0]) == len({*zip(*columns, strict=True)}) == 25
    for column, found in zip(columns, rows, strict=True):
        np.testing.assert_array_equal(found[back], column)


def test_no_rows() -> None:
    rows, back = distinct(np.empty(0), np.empty(0))
    assert len(rows[0]) == len(back) == 0
