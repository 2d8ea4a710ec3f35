"""Survival from counts against statsmodels on raw rows: curve, Greenwood, late entry, log-rank.

`SurvfuncRight` takes Greenwood's formula where it has no weights, and `survdiff` knows none: the
counts are spelt out into a row a spell. The same sums in another order: 1e-10. The printed example
is that of Kaplan and Meier (1958), the interval of Kalbfleisch and Prentice's log-log scale that
of R's ``survfit(conf.type = "log-log")``.
"""

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from smsroi_models.audience.counts import SpellCounts
from smsroi_models.audience.survival import log_rank, survival_curve
from smsroi_models.errors import DataError, NotEstimableError, ParameterError


def _rows(n: int, rng: np.random.Generator, pace: float = 0.01, late: int = 0) -> np.ndarray:
    """Return a row a spell: days lasted, 1 where it ended, days gone when it was first followed."""
    ends, followed = rng.geometric(pace, n), rng.integers(1, 200, n)
    entered = rng.integers(0, late + 1, n)
    lasted = np.minimum(ends, followed)
    rows = np.column_stack([lasted, ends <= followed, entered])
    return rows[lasted > entered]


@pytest.mark.parametrize("late", [0, 60])
def test_the_curve_is_statsmodels(late: int) -> None:
    lasted, ended, entered = _rows(900, np.random.default_rng(3), late=late).T
    theirs = SurvfuncRight(lasted, ended, entry=entered if late else None)
    found = survival_curve(SpellCounts.of(lasted, ended, entered), 0.9, fewest_at_risk=1)
    at = {int(day): place for place, day in enumerate(theirs.surv_times)}
    places = [at[day] for day in found.days if day in at]
    mine = [place for place, day in enumerate(found.days) if day in at]
    assert len(places) == len(at) > 50
    share = theirs.surv_prob[places]
    assert np.array(found.share)[mine] == pytest.approx(share, rel=1e-10)
    assert np.array(found.at_risk)[mine].tolist() == theirs.n_risk[places].astype(int).tolist()
    # Greenwood's error of S is S times that of log S; the log-log interval follows by hand.
    width = norm.ppf(0.95) * theirs.surv_prob_se[places] / share / np.abs(np.log(share))
    inside = (share > 0) & (share < 1)
    for ends, sign in ((found.ci_lower, 1), (found.ci_upper, -1)):
        expected = share ** np.exp(sign * width)
        assert np.array(ends)[mine][inside] == pytest.approx(expected[inside], rel=1e-10)


@pytest.mark.parametrize("late", [0, 60])
@pytest.mark.parametrize("groups", [2, 4])
def test_the_log_rank_test_is_statsmodels(groups: int, late: int) -> None:
    rng = np.random.default_rng(groups)
    parts = [_rows(200 + 50 * g, rng, 0.01 * (1 + 0.2 * g), late) for g in range(groups)]
    rows, label = np.vstack(parts), np.repeat(np.arange(groups), [len(part) for part in parts])
    chi_square, p_value = survdiff(
        rows[:, 0], rows[:, 1], label, entry=rows[:, 2] if late else None
    )
    found = log_rank([SpellCounts.of(*part.T) for part in parts])
    assert found.chi_square == pytest.approx(chi_square, rel=1e-10)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)
    assert found.degrees_of_freedom == groups - 1


def test_kaplan_and_meiers_example() -> None:
    """Section 2 of the paper: deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1 months.

    The estimate is 7/8, 7/10, 21/40 and 21/80 after each death. In tenths of months.
    """
    found = survival_curve(
        SpellCounts.of([8, 31, 54, 92, 10, 27, 70, 121], [1] * 4 + [0] * 4), fewest_at_risk=1
    )
    told = dict(zip(found.days, found.share, strict=True))
    assert [told[day] for day in (8, 31, 54, 92)] == pytest.approx(
        [7 / 8, 7 / 10, 21 / 40, 21 / 80]
    )
    assert found.median_days == 92


def test_freireichs_leukaemia_patients() -> None:
    """6-MP against placebo, 21 each (Freireich et al. 1963): log-rank 16.79 (R ``survdiff``: 16.8).

    S(10) = .7529 with 6-MP, Greenwood's error .0963 (Kalbfleisch and Prentice 2002, table 1.3).
    """
    drug = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    over = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    groups = [SpellCounts.of(drug, over), SpellCounts.of(placebo, [1] * 21)]
    assert log_rank(groups).chi_square == pytest.approx(16.79, abs=0.005)
    curve = survival_curve(groups[0], 0.95, 1)
    at_ten = curve.at(10)
    assert at_ten is not None and at_ten[0] == pytest.approx(0.7529, abs=5e-5)
    width = norm.ppf(0.975) * 0.0963 / 0.7529 / -np.log(0.7529)
    # Four printed digits of the error give about three of the interval.
    assert at_ten[1:] == pytest.approx(
        (0.7529 ** np.exp(width), 0.7529 ** np.exp(-width)), abs=5e-4
    )
    assert curve.median_days == 23


def test_where_nobody_left_the_interval_is_of_nobody_among_those_at_risk() -> None:
    found = survival_curve(SpellCounts.of([30] * 40, [0] * 40))
    assert found.days == (0, 30) and found.share == (1.0, 1.0) and found.median_days is None
    z = norm.ppf(0.975)
    assert found.ci_lower == (1.0, pytest.approx(40 / (40 + z**2))) and found.ci_upper == (1, 1)


def test_where_everybody_left_the_interval_is_not_empty() -> None:
    found = survival_curve(SpellCounts.of([30] * 40, [1] * 40))
    assert found.share[-1] == 0 and found.ci_lower[-1] == 0 and 0.05 < found.ci_upper[-1] < 0.1


def test_a_handful_draws_no_curve() -> None:
    with pytest.raises(NotEstimableError, match="9 spells of subscription, never 10"):
        survival_curve(SpellCounts.of([30] * 9, [1] * 9))
    found = survival_curve(SpellCounts.of([30] * 10 + [60] * 9, [1] * 19))
    assert found.days == (0, 29, 30) and found.at(31) is None
    assert found.at(0) == (1, 1, 1) and found.at(12) == found.at(29)
    assert found.at(29)[1] < 0.9 and found.at(29)[2] == 1  # type: ignore[index]
    with pytest.raises(ParameterError, match="confidence_level is 95"):
        survival_curve(SpellCounts.of([30] * 10, [1] * 10), 95)


def test_groups_that_cannot_be_compared() -> None:
    stay = SpellCounts.of([30] * 40, [0] * 40)
    for groups in ([stay], [stay, stay], [SpellCounts.of([1], [1]), SpellCounts.of([2], [1], [1])]):
        with pytest.raises(NotEstimableError):
            log_rank(groups)


def test_counts_that_are_none_are_refused() -> None:
    one, two = np.array([1, 0]), np.array([0, 2])
    for columns, message in (
        ((one, two, one[:1]), "shapes"),
        ((one, two, one), "1 spells come and 3 go"),
        ((-one, one, one), "negative"),
    ):
        with pytest.raises(DataError, match=message):
            SpellCounts(*columns)
    with pytest.raises(DataError, match="no longer than"):
        SpellCounts.of([3], [1], [3])
