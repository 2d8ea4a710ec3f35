"""Laws of the draw and of the plan's record, and the exact size of the sample-ratio test."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from smsroi_models.attribution.checks import UNBALANCED_P_VALUE
from smsroi_models.attribution.sample_ratio import sample_ratio
from smsroi_models.decision import DecisionRule
from smsroi_models.planning.draw import draw_arms
from smsroi_models.planning.plan_rules import COVARIATES
from smsroi_models.planning.record import Plan, plan_from_record

LAWS = settings(max_examples=100)
# NUL ends a text in NumPy, and half of a surrogate pair is no UTF-8.
LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
NAMES = st.text(LETTERS, min_size=1, max_size=5)
SHARES = st.floats(0.01, 0.99)


@LAWS
@given(
    customers=st.dictionaries(NAMES, st.sampled_from("abc"), min_size=4, max_size=60),
    share=SHARES,
    seed=st.integers(0, 2**32),
    data=st.data(),
)
def test_order_does_not_matter_and_shares_are_kept(customers, share, seed, data):
    ids = list(customers)
    assume(int(len(ids) * share) >= 1 and len(ids) * share < len(ids) - 1)
    drawn = _drawn(ids, customers, share, seed)
    assert drawn == _drawn(data.draw(st.permutations(ids)), customers, share, seed)
    held = Counter(customers[name] for name, arm in drawn.items() if arm == "holdout")
    for stratum, size in Counter(customers.values()).items():
        assert abs(held[stratum] - size * share) < 1
    assert abs(held.total() - len(ids) * share) < 1


def _drawn(ids, customers, share, seed):
    strata = [customers[name] for name in ids]
    arms = draw_arms(ids, strata, share, np.random.default_rng(seed))
    return dict(zip(ids, arms.tolist(), strict=True))


PLANS = st.builds(
    Plan,
    campaign_id=NAMES.filter(lambda text: text == text.strip() != ""),
    name=NAMES.filter(lambda text: text == text.strip() != ""),
    recorded_at=st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),
    window_days=st.integers(1, 3650),
    holdout_share=SHARES,
    strata=st.lists(st.sampled_from(["region", "segment", "größe"]), unique=True).map(tuple),
    pre_days=st.integers(1, 3650),
    covariates=st.lists(st.sampled_from(COVARIATES), unique=True).map(tuple),
    confidence_level=SHARES,
    rule=st.builds(
        DecisionRule,
        minimum_profit=st.floats(allow_nan=False, allow_infinity=False),
        power=SHARES,
        most_customers=st.none() | st.integers(1, 10**9),
    ),
    seed=st.none() | st.integers(0, 2**63 - 1),
)


@LAWS
@given(plan=PLANS)
def test_a_record_is_read_as_the_plan_that_it_is_of(plan):
    assert plan_from_record(plan.to_json(), plan.sha256) == plan


@LAWS
@given(one=PLANS, other=PLANS)
def test_plans_have_the_same_hash_only_if_they_are_equal(one, other):
    assert (one.sha256 == other.sha256) == (one == other)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("total", [40, 1_000])
def test_fair_draws_fail_the_sample_ratio_in_less_than_one_in_a_thousand(share, total):
    # Every outcome, with its binomial chance: the size of the test, exactly.
    outcomes = np.arange(total + 1)
    failed = [sample_ratio(int(n), int(total - n), share).status == "failed" for n in outcomes]
    size = stats.binom.pmf(outcomes, total, share)[failed].sum()
    assert 0 < size < UNBALANCED_P_VALUE
