"""Do the long-term lines cover what truly comes, and how wrong is a forecast from the window?

Whole campaigns are simulated, read 91 days after their window, and followed for a year
(`long_runs`). What 150 runs of each kind gave stands in docs/lifetime_value.md.

The fast test draws moments, not shops: it asks whether the error of the sum and of the factor are
put together rightly.
"""

import math

import numpy as np
import pytest
from long_runs import Run, covers, run

from smsroi_models.attribution.moments import Moments
from smsroi_models.clv.carried_on import carried_on

NAMES = ("margin", "after_90", "pre")
N, FACTOR, FACTOR_ERROR = 500, 3.5, 0.35
RUNS = 100


def _slack(share: float, replications: int) -> float:
    """Four binomial standard errors: 1 in 16,000 by chance."""
    return 4 * math.sqrt(share * (1 - share) / replications)


def _arm(rng: np.random.Generator, window: float, after: float) -> Moments:
    loyal = rng.normal(0, 0.5, N)
    rows = [loyal + rng.normal(0, 1, N) + shift for shift in (window, after, 0.0)]
    return Moments.from_rows(np.column_stack(rows), NAMES)


@pytest.mark.parametrize("after", [0.0, 0.6])
def test_the_errors_of_customers_and_of_the_factor_together(after: float) -> None:
    rng = np.random.default_rng([91, round(10 * after)])
    covered, replications = np.zeros(2), 600
    for _ in range(replications):
        guess = rng.normal(FACTOR, FACTOR_ERROR)
        arms = _arm(rng, 0.5, after), _arm(rng, 0.0, 0.0)
        found = carried_on(*arms, 90, guess, FACTOR_ERROR, covariates=["pre"])
        truths = N * FACTOR * after, N * (0.5 + FACTOR * after)
        for place, figure in enumerate((found.after, found.total.margin)):
            covered[place] += covers(figure, truths[place])
    # A product of two normal estimates is skewed by at most (0.35 / 3.5) (se / after) / 2: no more
    # than half a percent of coverage.
    slack = _slack(0.95, replications) + 0.005
    assert covered / replications == pytest.approx([0.95, 0.95], abs=slack)


@pytest.fixture(scope="module", params=[0.0, 0.15], ids=["idle", "lasting"])
def runs(request: pytest.FixtureRequest) -> tuple[float, list[Run]]:
    lasting = request.param
    rng = np.random.default_rng([92, round(100 * lasting)])
    return lasting, [run(15_000, rng, effect=0.03, lasting=lasting) for _ in range(RUNS)]


@pytest.mark.slow
def test_the_year_covers_what_truly_comes(runs: tuple[float, list[Run]]) -> None:
    _lasting, found = runs
    told = [one for one in found if one.found.year is not None]
    # A clear loss after the window (2.5 % by chance) and a failed check (at most 5 %) tell none.
    assert len(told) / RUNS > 1 - 0.075 - _slack(0.075, RUNS)
    after = np.mean([covers(one.found.year.after, one.after) for one in told])  # type: ignore[union-attr]
    total = np.mean(
        [covers(one.found.year.total.margin, one.total) for one in told]  # type: ignore[union-attr]
    )
    assert min(after, total) > 0.95 - _slack(0.95, len(told))


@pytest.mark.slow
def test_the_year_is_not_biased(runs: tuple[float, list[Run]]) -> None:
    _lasting, found = runs
    told = [one for one in found if one.found.year is not None]
    missed = np.array([one.found.year.after.estimate - one.after for one in told])  # type: ignore[union-attr]
    # Where the lowest few in a hundred are not told, the others lie higher: by 0.06 of an error
    # for 2.5 % of a normal's tail.
    slack = (4 / math.sqrt(len(told)) + 0.06) * missed.std()
    assert abs(missed.mean()) < slack


@pytest.mark.slow
def test_a_forecast_from_the_window_claims_what_never_comes(
    runs: tuple[float, list[Run]],
) -> None:
    lasting, found = runs
    last = [one.found.forecasts[-1].predicted for one in found if one.found.forecasts]
    if not lasting:  # nothing comes: the truth of every forecast is zero
        assert np.mean([covers(figure, 0.0) for figure in last]) < 0.5
        assert np.mean([figure.estimate for figure in last]) > 0
        gaps = [one.found.forecasts[-1].supported is True for one in found if one.found.forecasts]
        assert np.mean(gaps) < 0.05 + _slack(0.05, RUNS)


@pytest.mark.slow
def test_the_model_is_seldom_blamed_wrongly(runs: tuple[float, list[Run]]) -> None:
    _lasting, found = runs
    failed = [one.found.checks[0].status == "failed" for one in found if one.found.checks]
    assert np.mean(failed) < 0.05 + _slack(0.05, RUNS)


@pytest.mark.slow
def test_recruits_bring_what_their_interval_says(runs: tuple[float, list[Run]]) -> None:
    _lasting, found = runs
    held = [
        covers(one.found.recruits.ahead, one.recruits)
        for one in found
        if one.found.recruits and one.found.recruits.ahead
    ]
    assert len(held) == RUNS
    assert np.mean(held) > 0.95 - _slack(0.95, RUNS)
