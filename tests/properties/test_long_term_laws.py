"""Laws of the long run: money scales, arms swap, shares stay shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.moments import Moments
from smsroi_models.clv.bg_nbd import BgNbd
from smsroi_models.clv.carried_on import carried_on
from smsroi_models.clv.prospects import purchases_between
from smsroi_models.clv.retention import curve

LAWS = settings(max_examples=20, deadline=None)
NAMES = ("margin", "after_30")
SEEDS = st.integers(0, 10_000)


def _arms(seed: int, scale: float = 1.0) -> tuple[Moments, Moments]:
    rng = np.random.default_rng(seed)
    texted, held = (
        Moments.from_rows(scale * rng.gamma(0.5, 20.0, (n, 2)), NAMES) for n in (60, 40)
    )
    return texted, held


@LAWS
@given(SEEDS, st.floats(1.0, 9.0), st.floats(0.0, 1.0), st.sampled_from([0.01, 7.0, 1e4]))
def test_the_currency_does_not_matter(seed: int, factor: float, error: float, scale: float) -> None:
    one = carried_on(*_arms(seed), 30, factor, error, cost=10.0).total
    other = carried_on(*_arms(seed, scale), 30, factor, error, cost=10.0 * scale).total
    assert other.margin.estimate == pytest.approx(scale * one.margin.estimate, abs=1e-6 * scale)
    assert other.margin.standard_error == pytest.approx(scale * one.margin.standard_error)
    assert one.roi is not None and other.roi is not None
    assert other.roi.ci_lower == pytest.approx(one.roi.ci_lower, abs=1e-6)
    assert other.probability_of_profit == pytest.approx(one.probability_of_profit, abs=1e-9)


@LAWS
@given(SEEDS, st.floats(1.0, 9.0))
def test_swapping_the_arms_turns_the_sign(seed: int, factor: float) -> None:
    texted, held = _arms(seed)
    one, other = (
        carried_on(texted, held, 30, factor, 0.2),
        carried_on(held, texted, 30, factor, 0.2),
    )
    # Times the customers of the arm that is called treatment: 60, then 40.
    assert other.after.estimate / 40 == pytest.approx(-one.after.estimate / 60, abs=1e-9)
    assert other.after.ci_lower / 40 == pytest.approx(-one.after.ci_upper / 60, abs=1e-9)


@LAWS
@given(SEEDS, st.floats(1.0, 9.0), st.floats(0.01, 2.0))
def test_less_is_known_of_more(seed: int, factor: float, error: float) -> None:
    arms = _arms(seed)
    one, later = carried_on(*arms, 30, factor, 0.0), carried_on(*arms, 30, factor, error)
    assert later.after.standard_error >= one.after.standard_error
    seen = carried_on(*arms, 30, 1.0, 0.0)
    assert one.after.estimate == pytest.approx(factor * seen.after.estimate, abs=1e-9)
    assert one.after.standard_error == pytest.approx(factor * seen.after.standard_error)


@LAWS
@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.floats(0.5, 0.99))
def test_shares_and_their_bands_stay_shares(added: list[int], level: float) -> None:
    counts = np.cumsum(added)
    found = curve(counts, range(len(counts)), max(int(counts[-1]), 1), level)
    assert list(found.share) == sorted(found.share)
    for share, low, high in zip(found.share, found.ci_lower, found.ci_upper, strict=True):
        assert 0 <= low <= share + 1e-12 and share <= high + 1e-12 and high <= 1


@LAWS
@given(
    st.floats(0.1, 3.0),
    st.floats(1.0, 30.0),
    st.floats(0.1, 3.0),
    st.floats(0.5, 5.0),
    st.floats(0.0, 0.5),
)
def test_a_year_is_worth_more_than_its_first_days_and_less_than_plainly(
    r: float, alpha: float, a: float, b: float, rate: float
) -> None:
    model = BgNbd(r, alpha, a, b, 0.0, np.eye(4), 0, 1.0)
    kinds = tuple(np.array(column) for column in ([0.0, 3.0], [0.0, 20.0], [10.0, 25.0]))
    days = purchases_between(model, kinds, (2.0, 2.0 + 90 / 7)).purchases  # type: ignore[arg-type]
    weeks = [2.0 + step for step in (0.0, 13.0, 26.0, 39.0, 52.0)]
    year = purchases_between(model, kinds, weeks, rate).purchases  # type: ignore[arg-type]
    plain = purchases_between(model, kinds, weeks).purchases  # type: ignore[arg-type]
    assert (year <= plain * (1 + 1e-12)).all()
    # Buying never speeds up, so that a year is at most 364 / 90 times the first ninety days.
    assert (plain > days).all() and (plain <= days * 364 / 90 * (1 + 1e-9)).all()
