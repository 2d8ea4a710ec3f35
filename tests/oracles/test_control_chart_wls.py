"""The control chart against statsmodels' weighted least squares, a campaign left out at a time.

The variance between campaigns is found anew by bisection: it is the one at which statsmodels' own
residual scale is 1. Rounding in sums of large weights, and the root: 1e-6.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import bisect
from scipy.stats import t

from smsroi_models.audience.control_chart import control_chart
from smsroi_models.audience.counts import CampaignCounts
from smsroi_models.errors import NotEstimableError, ParameterError

Floats = np.ndarray[Any, np.dtype[np.float64]]
STARTS = datetime(2025, 1, 1, tzinfo=UTC)


def _campaign(number: int, texts: int, opted_out: int, first: int = 0) -> CampaignCounts:
    return CampaignCounts(f"c{number}", f"No {number}", STARTS, texts, first, opted_out, 0, None)


def _campaigns(counts: list[int], texts: list[int]) -> list[CampaignCounts]:
    return [_campaign(i, n, x) for i, (x, n) in enumerate(zip(counts, texts, strict=True))]


COUNTS = [30, 44, 38, 61, 55, 120, 72, 80, 66, 91]
TEXTS = [4_000, 5_000, 4_500, 5_200, 4_800, 5_100, 5_000, 5_400, 4_200, 5_500]


UNEQUAL = [4_000, 5_000, 4_500, 25_200, 4_800, 5_100, 900, 5_400, 44_200, 5_500]


def _wls(y: Floats, chance: Floats, line: Floats) -> tuple[Any, float]:
    """Return the fit whose residual scale is 1, and the variance added for it."""

    def fit(between: float) -> Any:
        return sm.WLS(y, line, weights=1 / (chance + between)).fit()

    if fit(0.0).scale <= 1:
        return fit(0.0), 0.0
    between = float(bisect(lambda b: fit(b).scale - 1, 0.0, 1.0, xtol=1e-15))
    return fit(between), between


@pytest.mark.parametrize("left_out", range(10))
@pytest.mark.parametrize("texts", [TEXTS, UNEQUAL])
def test_each_campaign_is_judged_by_the_others(texts: list[int], left_out: int) -> None:
    chart = control_chart(_campaigns(COUNTS, texts))
    x, n = np.array(COUNTS), np.array(texts)
    y, chance = np.arcsin(np.sqrt((x + 0.375) / (n + 0.75))), 1 / (4 * n + 2)
    line = sm.add_constant(np.arange(10.0))
    others = np.arange(10) != left_out
    fit, between = _wls(y[others], chance[others], line[others])
    one = line[left_out]
    variance = chance[left_out] + between + one @ fit.normalized_cov_params @ one
    statistic = (y[left_out] - one @ fit.params) / np.sqrt(variance)
    point = chart.points[left_out]
    assert point.statistic == pytest.approx(statistic, rel=1e-6, abs=1e-8)
    assert point.p_value == pytest.approx(2 * t.sf(abs(statistic), 7), rel=1e-6)
    reach = t.ppf(1 - 0.0027 / 2, 7) * np.sqrt(variance)
    # An angle below 0 is no share: the lower limit is then 0.
    ends = [np.sin(max(one @ fit.params + step * reach, 0.0)) ** 2 for step in (-1, 1)]
    shares = [((n[left_out] + 0.75) * end - 0.375) / n[left_out] for end in ends]
    shares = [max(share, 0.0) for share in shares]
    assert (point.lower, point.upper) == pytest.approx(shares, rel=1e-6)
    assert (point.verdict != "usual") == (not point.lower <= point.opt_outs.rate <= point.upper)


@pytest.mark.parametrize("texts", [TEXTS, UNEQUAL])
def test_the_trend_is_that_of_the_weighted_line(texts: list[int]) -> None:
    chart = control_chart(_campaigns(COUNTS, texts))
    x, n = np.array(COUNTS), np.array(texts)
    y, chance = np.arcsin(np.sqrt((x + 0.375) / (n + 0.75))), 1 / (4 * n + 2)
    line = sm.add_constant(np.arange(10.0))
    scale = sm.WLS(y, line, weights=1 / chance).fit().scale
    assert chart.overdispersion == pytest.approx(scale, rel=1e-8) and scale > 1
    fit, between = _wls(y, chance, line)
    assert chart.spread**2 == pytest.approx(between, rel=1e-6)
    assert chart.trend.p_value == pytest.approx(fit.pvalues[1], rel=1e-6)


def test_a_campaign_without_a_delivered_text_is_not_on_the_chart() -> None:
    rows = [*_campaigns(COUNTS, TEXTS), _campaign(10, 0, 0)]
    assert control_chart(rows) == control_chart(rows[:-1])


def test_the_odd_one_is_found_and_a_rise_makes_none_odd() -> None:
    steady = [50, 52, 47, 55, 49, 51, 46, 53, 50, 48]
    odd = [*steady[:4], 120, *steady[5:]]
    found = control_chart(_campaigns(odd, [5_000] * 10))
    assert [p.campaign_id for p in found.flagged] == ["c4"] and found.flagged[0].verdict == "high"
    low = control_chart(_campaigns([*steady[:4], 8, *steady[5:]], [5_000] * 10))
    assert [(p.campaign_id, p.verdict) for p in low.flagged] == [("c4", "low")]
    rising = control_chart(_campaigns([20 + 10 * i for i in range(10)], [5_000] * 10))
    assert not rising.flagged and rising.trend.p_value < 1e-4
    # From 20 to 110 of 5,000, straight by count and not quite by angle.
    assert 0.003 < rising.trend.first < 0.006 and 0.021 < rising.trend.last < 0.025


def test_campaigns_to_new_audiences_are_shown_and_not_judged() -> None:
    new = _campaign(99, 5_000, 400, first=4_000)
    chart = control_chart([new, *_campaigns(COUNTS, TEXTS)])
    alone = control_chart(_campaigns(COUNTS, TEXTS))
    assert chart.points[0].verdict == "new audience" and chart.points[0].upper is None
    assert chart.points[0].opt_outs.rate == 0.08 and chart.points[1:] == alone.points


def test_too_little_to_compare_is_said() -> None:
    with pytest.raises(
        NotEstimableError, match=r"1 campaigns to compare and 8 are needed \(1 more went"
    ):
        control_chart([_campaign(0, 100, 5), _campaign(1, 100, 5, first=100)])
    with pytest.raises(NotEstimableError, match="0 campaigns to compare"):
        control_chart([])
    with pytest.raises(NotEstimableError, match="9 people opted out after the 9 campaigns"):
        control_chart(_campaigns([1] * 9, [100] * 9))
    with pytest.raises(ParameterError, match="false_alarm_share is 5"):
        control_chart(_campaigns(COUNTS, TEXTS), false_alarm_share=5)
