"""The control chart against statsmodels' weighted least squares, a campaign left out at a time.

The chart never fits without a campaign; it takes it out of the fit of all by algebra. Here the line
is fitted anew without it. Rounding in sums of large weights: 1e-8.
"""

from datetime import UTC, datetime

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import t

from smsroi_models.audience.control_chart import control_chart
from smsroi_models.audience.counts import CampaignCounts
from smsroi_models.errors import NotEstimableError, ParameterError

STARTS = datetime(2025, 1, 1, tzinfo=UTC)


def _campaign(number: int, texts: int, opted_out: int, first: int = 0) -> CampaignCounts:
    return CampaignCounts(f"c{number}", f"No {number}", STARTS, texts, first, opted_out, 0, None)


def _campaigns(counts: list[int], texts: list[int]) -> list[CampaignCounts]:
    return [_campaign(i, n, x) for i, (x, n) in enumerate(zip(counts, texts, strict=True))]


COUNTS = [30, 44, 38, 61, 55, 120, 72, 80, 66, 91]
TEXTS = [4_000, 5_000, 4_500, 5_200, 4_800, 5_100, 5_000, 5_400, 4_200, 5_500]


@pytest.mark.parametrize("left_out", range(10))
def test_each_campaign_is_judged_by_the_others(left_out: int) -> None:
    chart = control_chart(_campaigns(COUNTS, TEXTS))
    x, n = np.array(COUNTS), np.array(TEXTS)
    y, w = np.arcsin(np.sqrt((x + 0.375) / (n + 0.75))), 4 * n + 2
    line = sm.add_constant(np.arange(10.0))
    others = np.arange(10) != left_out
    fit = sm.WLS(y[others], line[others], weights=w[others]).fit()
    phi = max(fit.scale, 1.0)
    one = line[left_out]
    variance = phi / w[left_out] + phi * one @ fit.normalized_cov_params @ one
    statistic = (y[left_out] - one @ fit.params) / np.sqrt(variance)
    point = chart.points[left_out]
    assert point.statistic == pytest.approx(statistic, rel=1e-8, abs=1e-10)
    assert point.p_value == pytest.approx(2 * t.sf(abs(statistic), 7), rel=1e-8)
    reach = t.ppf(1 - 0.0027 / 2, 7) * np.sqrt(variance)
    # An angle below 0 is no share: the lower limit is then 0.
    ends = [np.sin(max(one @ fit.params + step * reach, 0.0)) ** 2 for step in (-1, 1)]
    shares = [((n[left_out] + 0.75) * end - 0.375) / n[left_out] for end in ends]
    shares = [max(share, 0.0) for share in shares]
    assert (point.lower, point.upper) == pytest.approx(shares, rel=1e-8)
    assert (point.verdict != "usual") == (not point.lower <= point.opt_outs.rate <= point.upper)


def test_the_trend_is_that_of_the_weighted_line() -> None:
    chart = control_chart(_campaigns(COUNTS, TEXTS))
    x, n = np.array(COUNTS), np.array(TEXTS)
    y, w = np.arcsin(np.sqrt((x + 0.375) / (n + 0.75))), 4 * n + 2
    fit = sm.WLS(y, sm.add_constant(np.arange(10.0)), weights=w).fit()
    assert chart.overdispersion == pytest.approx(fit.scale, rel=1e-8) and fit.scale > 1
    assert chart.trend.p_value == pytest.approx(fit.pvalues[1], rel=1e-7)


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
    with pytest.raises(NotEstimableError, match=r"1 campaign beside 1 to new audiences.* from 8"):
        control_chart([_campaign(0, 100, 5), _campaign(1, 100, 5, first=100)])
    with pytest.raises(NotEstimableError, match="0 campaigns: "):
        control_chart([])
    with pytest.raises(NotEstimableError, match="9 opt-outs after 9 campaigns"):
        control_chart(_campaigns([1] * 9, [100] * 9))
    with pytest.raises(ParameterError, match="false_alarm_share is 5"):
        control_chart(_campaigns(COUNTS, TEXTS), false_alarm_share=5)
