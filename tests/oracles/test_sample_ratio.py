"""Sample-ratio mismatch and losses, against published figures and independent computation.

53 against 47 where half was planned: figures published with tea-tasting 1.14. R's manual of
`fisher.test` gives 0.4857 for Fisher's tea drinker, 34 of 70 outcomes.
"""

import math
from fractions import Fraction

import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.sample_ratio import (
    loss_p_value,
    sample_ratio,
    sample_ratio_p_value,
    unequal_loss,
)
from smsroi_models.errors import ParameterError

COUNTS = [(53, 47, 0.5), (8_050, 1_950, 0.8), (7_900, 2_100, 0.8), (12, 3, 0.5), (1, 9, 0.25)]


@pytest.mark.parametrize(
    ("method", "printed"), [("exact", 0.6172994), ("normal", 0.6170751), ("uncorrected", 0.5485062)]
)
def test_53_against_47(method, printed):
    found = sample_ratio_p_value(53, 47, 0.5, method=method)
    assert found == pytest.approx(printed, abs=5e-8)  # half a unit of the last printed digit


@pytest.mark.parametrize(("n_treatment", "n_holdout", "share"), COUNTS)
@pytest.mark.parametrize(
    ("method", "theirs", "correction"),
    [("exact", "binom", None), ("normal", "norm", True), ("uncorrected", "norm", False)],
)
def test_tea_tasting_live(n_treatment, n_holdout, share, method, theirs, correction):
    variant = [1] * n_treatment + [0] * n_holdout
    metric = tt.SampleRatio(share / (1 - share), method=theirs, correction=correction)
    users = pd.DataFrame({"variant": variant})
    result = tt.Experiment(ratio=metric).analyze(users)
    found = sample_ratio_p_value(n_treatment, n_holdout, share, method=method)
    assert found == pytest.approx(result["ratio"].pvalue, rel=1e-9)


def _binomial(n_treatment: int, total: int, share: Fraction) -> Fraction:
    """Sum the probabilities of every outcome that is at most as likely, in exact fractions."""
    chances = [
        math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(total + 1)
    ]
    return sum((p for p in chances if p <= chances[n_treatment]), Fraction(0))


@settings(max_examples=60)
@given(
    counts=st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(any),
    share=st.sampled_from([Fraction(1, 2), Fraction(3, 4), Fraction(1, 8)]),
)
def test_the_binomial_test_in_exact_fractions(counts, share):
    expected = float(_binomial(counts[0], sum(counts), share))
    found = sample_ratio_p_value(*counts, float(share))
    assert found == pytest.approx(expected, rel=1e-9)


def test_fishers_tea_drinker():
    found = loss_p_value((4, 4), (3, 1))
    assert found == pytest.approx(34 / 70, rel=1e-12)


@settings(max_examples=60)
@given(arms=st.tuples(st.integers(1, 20), st.integers(1, 20)), data=st.data())
def test_fishers_test_in_exact_fractions(arms, data):
    lost = tuple(data.draw(st.integers(0, size)) for size in arms)
    total, gone = sum(arms), sum(lost)
    ways = {
        k: math.comb(arms[0], k) * math.comb(arms[1], gone - k)
        for k in range(max(0, gone - arms[1]), min(arms[0], gone) + 1)
    }
    expected = sum(w for w in ways.values() if w <= ways[lost[0]]) / math.comb(total, gone)
    assert loss_p_value(arms, lost) == pytest.approx(expected, rel=1e-9)


@given(
    counts=st.tuples(st.integers(0, 500), st.integers(0, 500)).filter(any),
    share=st.sampled_from([0.5, 0.75, 0.8]),
    method=st.sampled_from(["exact", "normal", "uncorrected"]),
)
def test_swapping_the_arms_changes_nothing(counts, share, method):
    one = sample_ratio_p_value(*counts, share, method=method)
    other = sample_ratio_p_value(counts[1], counts[0], 1 - share, method=method)
    assert one == pytest.approx(other, rel=1e-6)
    assert 0 <= one <= 1


def _says(check: Check, *words: str) -> None:
    for word in words:
        assert word in check.text


def test_arms_of_planned_size_pass():
    check = sample_ratio(8_013, 1_987, 0.8)
    assert (check.name, check.status, check.invalidates) == (
        "Arms of planned size",
        "passed",
        False,
    )
    _says(check, "8,013", "1,987", "80.13%", "80.00%")


def test_arms_of_another_size_leave_nothing_to_compare():
    # 3.5 standard deviations of 40 customers each: p = 0.0005.
    check = sample_ratio(8_140, 1_860, 0.8)
    assert (check.status, check.invalidates) == ("failed", True) and check.remedy
    _says(check, "8,140", "1,860", "81.40%", "0.000")
    assert sample_ratio(8_100, 1_900, 0.8).status == "passed"  # 2.5 of them: p = 0.01


def test_a_gross_mismatch_says_no_odd_zero():
    _says(sample_ratio(9_000, 1_000, 0.5), "fewer than one draw in a million")


@pytest.mark.parametrize(
    ("present", "status", "words"),
    [
        ((8_000, 2_000), "passed", ["Every customer"]),
        ((7_800, 1_951), "informational", ["200 left of the 8,000", "49 left of the 2,000"]),
        ((7_999, 2_000), "informational", ["1 left of the 8,000", "0 left"]),
        ((7_900, 2_000), "failed", ["100 left of the 8,000"]),
        ((8_000, 1_990), "failed", ["10 left of the 2,000"]),
        ((8_040, 2_010), "informational", ["40 joined the 8,000", "10 joined the 2,000"]),
        ((8_100, 2_000), "failed", ["100 joined the 8,000"]),
    ],
)
def test_losses_after_the_draw(present, status, words):
    check = unequal_loss((8_000, 2_000), present)
    assert check.status == status
    assert check.invalidates == bool(check.remedy) == (status == "failed")
    _says(check, *words)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: sample_ratio_p_value(0, 0, 0.5), "both 0"),
        (lambda: sample_ratio_p_value(-1, 2, 0.5), "-1"),
        (lambda: sample_ratio_p_value(1, 2, 1.0), "1.0"),
        (lambda: sample_ratio_p_value(1, 2, math.nan), "nan"),
        (lambda: unequal_loss((0, 2), (0, 2)), "both arms"),
        (lambda: unequal_loss((2, 2), (-1, 2)), "-1"),
    ],
)
def test_what_is_no_count_or_share_is_refused(call, word):
    with pytest.raises(ParameterError, match=word):
        call()
