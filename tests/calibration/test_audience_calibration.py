"""Survival, log-rank, control chart and opt-out lift on lists whose truth is known.

Each tolerance is four standard errors of a share over the runs, sqrt(p (1 - p) / runs), which a
right method misses once in 16,000; where a method is conservative on purpose it is one-sided.
"""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import smsroi_models as smsroi
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.audience.control_chart import control_chart
from smsroi_models.audience.counts import CampaignCounts, ListChanges, SpellCounts
from smsroi_models.audience.list_checks import opt_outs_recorded
from smsroi_models.audience.opt_out_cost import opt_outs_caused
from smsroi_models.audience.spell_counts import collect_spell_counts
from smsroi_models.audience.survival import log_rank, survival_curve
from smsroi_models.errors import NotEstimableError
from smsroi_models.simulate import Shop

STARTS = datetime(2025, 1, 1, tzinfo=UTC)
MONTHLY_LOSS = 0.06
PACE = 1 - (1 - MONTHLY_LOSS) ** (1 / 30)  # a day
LEVEL = 0.95


def _slack(share: float, runs: int) -> float:
    return 4 * math.sqrt(share * (1 - share) / runs)


def _spells(n: int, rng: np.random.Generator, pace: float = PACE, late: int = 0) -> SpellCounts:
    """Draw spells of a constant hazard, joined evenly over 300 days and all seen to one day.

    With ``late``, opt-outs are recorded from that day before the end on only: spells that ended
    earlier are not there, and older ones enter late.
    """
    followed = rng.integers(1, 301, n)
    ends = rng.geometric(pace, n)
    entered = np.maximum(followed - late, 0) if late else np.zeros(n, np.int64)
    lasted = np.minimum(ends, followed)
    kept = lasted > entered
    return SpellCounts.of(lasted[kept], (ends <= followed)[kept], entered[kept])


@pytest.mark.parametrize("late", [0, 150])
def test_survival_intervals_cover_the_known_curve(late: int) -> None:
    """At 30, 90 and 180 days, of lists of 400; with records that begin late as well."""
    runs, days, rng = 1_500, (30, 90, 180), np.random.default_rng(11 + late)
    inside = np.zeros(3)
    for _run in range(runs):
        found = survival_curve(_spells(400, rng, late=late), LEVEL)
        for place, day in enumerate(days):
            at = found.at(day)
            assert at is not None
            inside[place] += at[1] <= (1 - PACE) ** day <= at[2]
    assert inside / runs == pytest.approx(np.full(3, LEVEL), abs=_slack(LEVEL, runs))


def test_where_hardly_anybody_leaves_the_interval_still_covers() -> None:
    """A loss of 0.1 % a month of 300: in most runs nobody has left by day 30."""
    runs, rng, pace = 1_500, np.random.default_rng(5), 1 - 0.999 ** (1 / 30)
    inside = 0
    for _run in range(runs):
        at = survival_curve(_spells(300, rng, pace), LEVEL).at(30)
        assert at is not None
        inside += at[1] <= (1 - pace) ** 30 <= at[2]
    assert inside / runs > LEVEL - _slack(LEVEL, runs)


def test_the_log_rank_test_calls_equal_groups_different_as_often_as_it_says() -> None:
    runs, rng = 1_500, np.random.default_rng(8)
    called = sum(
        log_rank([_spells(n, rng) for n in (150, 250, 400)]).p_value < 0.05 for _run in range(runs)
    )
    assert called / runs == pytest.approx(0.05, abs=_slack(0.05, runs))


def test_survival_is_recovered_from_the_simulator(tmp_path: Path) -> None:
    """Everybody leaves of their own accord at one constant hazard; the texts drive nobody away."""
    shop = Shop(base_opt_out_share=MONTHLY_LOSS, text_opt_out_share=0.0)
    program = smsroi.simulate_program(6_000, 1, np.random.default_rng(2), shop=shop, detail="core")
    with smsroi.open_store(smsroi.write_store(program.tables, tmp_path / "s"), threads=1) as store:
        groups = collect_spell_counts(store, STARTS + timedelta(days=30))
    everybody = groups[0].counts
    for group in groups[1:]:
        everybody = everybody + group.counts
    found = survival_curve(everybody, 0.9999)
    for day in (10, 60, 180, 300):
        at = found.at(day)
        assert at is not None and at[1] <= (1 - MONTHLY_LOSS) ** (day / 30) <= at[2]
    # Sources differ in nothing here; a p-value this small comes once in ten thousand lists.
    assert log_rank([group.counts for group in groups]).p_value > 1e-4


def _alarms(
    campaigns: int, texts: int, share: float, spread: float, runs: int, rng: np.random.Generator
) -> float:
    """Return the share of campaigns flagged where none is unusual, at 1 %.

    ``spread`` is the deviation of campaigns' true shares, over their mean; texts vary by a half.
    """
    flagged = 0
    for _run in range(runs):
        sizes = np.exp(rng.normal(math.log(texts), 0.4, campaigns)).astype(np.int64)
        shares = np.full(campaigns, share)
        if spread:
            shares = rng.gamma(1 / spread**2, share * spread**2, campaigns)
        counts = rng.binomial(sizes, shares)
        rows = [
            CampaignCounts(f"c{i}", "", STARTS, int(n), 0, int(x), 0, None)
            for i, (n, x) in enumerate(zip(sizes, counts, strict=True))
        ]
        try:
            flagged += len(control_chart(rows, false_alarm_share=0.01).flagged)
        except NotEstimableError:  # too few opt-outs in all: nothing is said, nothing flagged
            continue
    return flagged / (campaigns * runs)


@pytest.mark.parametrize("campaigns", [8, 12, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("texts", "share"), [(1_000, 0.005), (5_000, 0.01)])
def test_chance_alone_raises_no_more_alarms_than_said(
    campaigns: int, texts: int, share: float
) -> None:
    """Without a spread the variance between campaigns is held at 0 at least: never more alarms."""
    found = _alarms(campaigns, texts, share, 0.0, 250, np.random.default_rng(campaigns))
    assert found < 0.01 + _slack(0.01, 250 * campaigns)


@pytest.mark.parametrize("campaigns", [8, 12, pytest.param(30, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("texts", "spread"), [(5_000, 0.3), (20_000, 0.2)])
def test_campaigns_that_differ_raise_no_more_alarms_than_said(
    campaigns: int, texts: int, spread: float
) -> None:
    """With five and eight times the variance of chance, about as many as said.

    Alarms within a run are not independent; the tolerance takes runs for the number of draws.
    """
    runs = 250
    found = _alarms(campaigns, texts, 0.01, spread, runs, np.random.default_rng(campaigns))
    assert found == pytest.approx(0.01, abs=_slack(0.01, runs))


def test_campaigns_of_very_different_sizes_raise_hardly_more_alarms_than_said() -> None:
    """Twenty of 500 to 50,000 texts whose log shares have a deviation of 0.3, limits at 0.27 %.

    Held to a trend alarm in 20 within four standard errors over the runs; and to charts with a flag
    in less than 15 % (5 % would be said: a log-normal spread is skewed on the chart's scale). With
    a spread in proportion to chance it was 36 % of the charts, and 19 % of the trends.
    """
    runs, rng, trends, charts = 150, np.random.default_rng(4), 0, 0
    for _run in range(runs):
        sizes = np.exp(rng.uniform(math.log(500), math.log(50_000), 20)).astype(np.int64)
        counts = rng.binomial(sizes, 0.01 * np.exp(rng.normal(0, 0.3, 20)))
        rows = [
            CampaignCounts(f"c{i}", "", STARTS, int(n), 0, int(x), 0, None)
            for i, (n, x) in enumerate(zip(sizes, counts, strict=True))
        ]
        chart = control_chart(rows)
        charts += bool(chart.flagged)
        trends += chart.trend.p_value < 0.05
    assert trends / runs < 0.05 + _slack(0.05, runs)
    assert charts / runs < 0.15


def test_a_campaign_that_drove_thrice_as_many_away_is_found() -> None:
    """Of 12 campaigns of 5,000 texts at 1 %, one at 3 %, without overdispersion: nearly always."""
    rng, found, runs = np.random.default_rng(4), 0, 200
    for _run in range(runs):
        counts = rng.binomial(5_000, np.where(np.arange(12) == 7, 0.03, 0.01))
        rows = [
            CampaignCounts(f"c{i}", "", STARTS, 5_000, 0, int(x), 0, None)
            for i, x in enumerate(counts)
        ]
        flagged = [point.campaign_id for point in control_chart(rows).flagged]
        found += flagged == ["c7"]
    assert found / runs > 0.95


def _changes(rng: np.random.Generator, hidden_until: int = 0) -> ListChanges:
    """Draw a list of 300 days that 10 people a day join and 2 % a month leave.

    Those who left before ``hidden_until`` are not in it, as in an export of who is there.
    """
    joined = np.repeat(np.arange(300), 10)
    left = joined + rng.geometric(1 - 0.98 ** (1 / 30), len(joined))
    known = left >= hidden_until
    joined, left = joined[known], left[known]
    left = left[left < 300]
    came, gone = (np.bincount(days, minlength=300) for days in (joined, left))
    source = np.array(["form"] * 300, dtype=object)
    return ListChanges(np.arange(300), source, came, np.zeros(300, np.int64), gone, 0)


def test_late_records_are_noticed_and_sound_ones_are_not() -> None:
    """A false alarm in a thousand lists is what the check says; of 300 lists at most 3 here."""
    rng, runs = np.random.default_rng(6), 300
    alarms = [opt_outs_recorded(_changes(rng)).status == "failed" for _run in range(runs)]
    found = [opt_outs_recorded(_changes(rng, 120)).status == "failed" for _run in range(runs)]
    assert sum(alarms) <= 3 and sum(found) == runs


@pytest.mark.parametrize(("held", "treated"), [(1_000, 4_000), (4_000, 16_000)])
def test_the_interval_of_opt_outs_caused_covers(held: int, treated: int) -> None:
    """0.3 % leave anyway and 0.9 % of the texted: of 1,000 held out three are expected to.

    The interval is Wald's with each arm's own variance. With three opt-outs its lower arm is far
    from normal: it is held to 93 %, and to 94 % where there are twelve. Where nobody left one arm
    it is Agresti and Caffo's: over all runs the intervals together are held to the same.
    """
    runs, rng = 2_000, np.random.default_rng(held)
    inside = told = of_all = 0
    for _run in range(runs):
        counts = int(rng.binomial(treated, 0.009)), int(rng.binomial(held, 0.003))
        arms = [
            Moments.from_sums("opted_out", n, x, x)
            for n, x in zip((treated, held), counts, strict=True)
        ]
        caused = opt_outs_caused(*arms)
        of_all += caused.ci_lower <= 0.006 * treated <= caused.ci_upper
        try:
            lift = compare(*arms, proportion=True)
        except NotEstimableError:  # nobody left in the holdout
            continue
        told += 1
        inside += lift.ci_lower <= 0.006 <= lift.ci_upper
    least = 0.93 if held == 1_000 else 0.94
    assert inside / told > least - _slack(0.95, told) / 2 and told > 0.9 * runs
    assert of_all / runs > least - _slack(0.95, runs) / 2
