"""The draw: exact probabilities, exact shares, the same arms from the same seed."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.draw import draw_arms, held_out

IDS = [f"c{number:04d}" for number in range(1_000)]


def _held(ids, strata, share, rng):
    arms = draw_arms(ids, strata, share, rng)
    return [customer for customer, arm in zip(ids, arms, strict=True) if arm == "holdout"]


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
def test_every_place_has_the_exact_share_of_the_starts(quarters, n):
    # A share in quarters of 2**64: the start only matters by its quarter, so four stand for all.
    share = quarters / 4
    rows = [held_out(n, share, quarter * 2**62 + 12_345) for quarter in range(4)]
    assert np.mean(rows, axis=0).tolist() == [share] * n
    totals = {int(row.sum()) for row in rows}
    assert totals <= {n * quarters // 4, -(-n * quarters // 4)}


@pytest.mark.parametrize("share", [0.2, 0.05, 1 / 3, 0.999])
def test_every_part_of_the_row_holds_out_its_share_up_to_one(share):
    held = held_out(2_000, share, 2**63 + 987_654_321)
    for first, last in itertools.combinations(range(0, 2_001, 97), 2):
        assert abs(held[first:last].sum() - share * (last - first)) < 1


def test_a_share_is_met_at_the_end_of_a_long_row_as_at_its_beginning():
    for start in (0, 2**64 - 1, 2**63 + 7):
        held = held_out(3_000_000, 0.2, start)
        # One more or less where the start lies on the edge of a step.
        assert abs(held[-1_000_000:].sum() - 200_000) <= 1
        assert abs(held.sum() - 600_000) <= 1


def test_tiny_lists_in_every_order_and_start():
    # Strata of 1 and 2 customers, in every random order: 2 orders of strata x 2 within the second
    # x 4 starts, all equally likely.
    share, held = Fraction(1, 4), Counter()
    for strata in itertools.permutations([("a",), ("b", "c")]):
        for second in itertools.permutations("bc"):
            row = [name for part in strata for name in (second if "b" in part else part)]
            for quarter in range(4):
                taken = held_out(3, float(share), quarter * 2**62)
                held.update(name for name, out in zip(row, taken, strict=True) if out)
    assert held == dict.fromkeys("abc", share * 16)


def test_each_customer_is_held_out_with_the_probability_of_the_share():
    # Unequal strata, a share that divides none of them. 36 customers, 4,000 draws: the sum of
    # squared deviations is compared with its distribution if each were drawn with the share.
    ids = [f"c{number}" for number in range(36)]
    strata = ["one"] + ["three"] * 3 + ["ten"] * 10 + ["rest"] * 22
    rng, draws, share = np.random.default_rng(20_250_301), 4_000, 0.3
    held = Counter()
    for _ in range(draws):
        held.update(_held(ids, strata, share, rng))
    counts = np.array([held[customer] for customer in ids])
    deviations = (counts - draws * share) / np.sqrt(draws * share * (1 - share))
    # Bonferroni over 36 two-sided tests at one in 10,000 in all.
    assert np.abs(deviations).max() < stats.norm.isf(1e-4 / 2 / len(ids))


def test_pairs_of_lone_customers_are_held_out_together_as_often_as_any():
    # Every customer a stratum: the draw is then that of 2 of 6, and each of the 15 pairs as likely.
    ids, draws, rng = list("abcdef"), 6_000, np.random.default_rng(5)
    pairs = Counter(tuple(_held(ids, ids, 1 / 3, rng)) for _ in range(draws))
    seen = [pairs[pair] for pair in itertools.combinations(ids, 2)]
    # A third is not a binary fraction: another count than 2 comes once in 2**50 draws.
    assert sum(seen) == draws
    assert stats.chisquare(seen).pvalue > 1e-4


def test_shares_are_exact_in_each_stratum_and_in_all():
    strata = np.random.default_rng(1).choice(["a", "b", "c"], len(IDS), p=[0.05, 0.3, 0.65])
    for seed in range(20):
        arms = draw_arms(IDS, strata, 0.2, np.random.default_rng(seed))
        assert (arms == "holdout").sum() == 200
        for name, size in Counter(strata.tolist()).items():
            assert abs((arms[strata == name] == "holdout").sum() - 0.2 * size) < 1


def test_the_same_seed_gives_the_same_arms_in_any_order():
    strata = ["odd" if int(name[1:]) % 2 else "even" for name in IDS]
    first = _held(IDS, strata, 0.2, np.random.default_rng(7))
    turned = np.random.default_rng(8).permutation(len(IDS))
    again = _held(
        [IDS[i] for i in turned], [strata[i] for i in turned], 0.2, np.random.default_rng(7)
    )
    assert set(first) == set(again)
    assert set(first) != set(_held(IDS, strata, 0.2, np.random.default_rng(9)))


def test_the_names_of_the_strata_may_be_texts_or_an_array():
    one = draw_arms(np.array(IDS), None, 0.2, np.random.default_rng(7))
    other = draw_arms(np.array(IDS, dtype=object), ["x"] * 1_000, 0.2, np.random.default_rng(7))
    assert one.tolist() == other.tolist()


def test_a_generator_of_half_words_is_refused():
    rng = np.random.Generator(np.random.MT19937(1))
    with pytest.raises(ParameterError, match="64"):
        draw_arms(IDS, None, 0.2, rng)


@pytest.mark.parametrize(
    ("ids", "strata", "share", "error", "word"),
    [
        ([], None, 0.2, DataError, "empty"),
        (["a", "", "c"], None, 0.5, DataError, "empty"),
        (["a", "b", "a"], None, 0.5, DataError, "more than once"),
        ([1, 2, 3], None, 0.5, DataError, "text"),
        (["a", None], None, 0.5, DataError, "text"),
        (["a", "b"], ["x"], 0.5, DataError, "strata of the shape"),
        (["a", "b"], ["x", None], 0.5, DataError, "stratum"),
        (["a", "b"], None, 0.0, ParameterError, "0.2"),
        (["a", "b"], None, 1.0, ParameterError, "0.2"),
        (["a", "b"], None, float("nan"), ParameterError, "nan"),
        (["a", "b"], None, 1, ParameterError, "0.2"),
        (["a"], None, 0.5, ParameterError, "nobody"),
        (["a", "b", "c"], None, 1e-9, ParameterError, "nobody in holdout"),
        (["a", "b", "c"], None, 1 - 1e-9, ParameterError, "nobody in treatment"),
    ],
)
def test_what_cannot_be_drawn_is_refused(ids, strata, share, error, word):
    with pytest.raises(error, match=word):
        draw_arms(ids, strata, share, np.random.default_rng(1))
