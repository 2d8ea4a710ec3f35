"""Which campaigns lost unusually many subscribers: a chart whose limits know overdispersion.

On the scale of y = arcsin sqrt((x + 3/8) / (n + 3/4)) (Anscombe 1948) an opt-out share has the
variance 1 / w, w = 4 n + 2, whatever the share, and is close to normal where few opt out. Campaigns
differ by more than chance: their days, offers and audiences do; and shares may rise or fall over a
programme, which makes none of its campaigns unusual. Each campaign is set against a straight line,
in the order of the campaigns, through the *others*:

    t_i = (y_i - m_-i) / sqrt(1 / w_i + tau_-i^2 + v_-i)

with m_-i where that line puts it, v_-i the variance of that place, and tau_-i^2 the variance
between the others around their line: it makes the weighted sum of squares around the line, weights
1 / (1 / w + tau^2), what chance would give (Paule and Mandel 1982), and is 0 where chance alone
gives as much. The spread is *added* to chance: that between campaigns does not shrink with their
texts, and a large one is as far from the others as a small one. A campaign is thus judged by the
others alone, with Student's quantile of k - 3 degrees of freedom: exact where campaigns are of one
size. These are funnel limits with additive overdispersion (Spiegelhalter 2005, section 3), with
the campaign itself left out.

Campaigns whose texts were mostly the first that their customers ever got are shown and neither
judged nor counted: who has just joined leaves more often, whatever the text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import t as student

from smsroi_models.audience.counts import CampaignCounts
from smsroi_models.audience.rates import Rate, share_of
from smsroi_models.errors import NotEstimableError, ParameterError
from smsroi_models.records import Record

Floats = NDArray[np.float64]
FEWEST_CAMPAIGNS = 8
FEWEST_OPT_OUTS = 10
NEW_AUDIENCE_SHARE = 0.5
# That of limits at three standard deviations: a false alarm in 370 campaigns.
FALSE_ALARMS = 0.0027
Verdict = Literal["high", "low", "usual", "new audience"]


@dataclass(frozen=True, slots=True)
class ChartPoint(Record):
    """A campaign on the chart.

    Attributes
    ----------
    campaign_id, name : str
    opt_outs : Rate
        Per delivered text.
    centre, lower, upper : float or None
        Where the line through the other campaigns puts it, and the limits, shares in [0, 1]; None
        for a campaign that is not judged.
    statistic, p_value : float or None
        t, and how often a campaign like the others would lie as far off.
    verdict : str
        ``"high"``, ``"low"``, ``"usual"`` or ``"new audience"``, which is not judged.
    """

    campaign_id: str
    name: str
    opt_outs: Rate
    centre: float | None
    lower: float | None
    upper: float | None
    statistic: float | None
    p_value: float | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Trend(Record):
    """Whether opt-out shares rise or fall over the campaigns.

    Attributes
    ----------
    first, last : float
        Where the line through all judged campaigns begins and ends, shares in [0, 1].
    p_value : float
        Of no slope, two-sided, with the spread between campaigns.
    """

    first: float
    last: float
    p_value: float


@dataclass(frozen=True, slots=True)
class ControlChart(Record):
    """All campaigns' opt-out shares against those of the others.

    Attributes
    ----------
    points : tuple of ChartPoint
        In the order given.
    overdispersion : float
        Mean square of all judged campaigns around their line over what chance would give, 1 where
        it is no more; the larger the campaigns, the larger at the same spread.
    spread : float
        Standard deviation between campaigns around their line beyond chance, of the angle
        arcsin sqrt(share); 0 where there is none.
    trend : Trend
        Of the judged campaigns.
    false_alarm_share : float
        Of campaigns like the others, the share that is flagged.
    """

    points: tuple[ChartPoint, ...]
    overdispersion: float
    spread: float
    trend: Trend
    false_alarm_share: float

    @property
    def flagged(self) -> tuple[ChartPoint, ...]:
        """The campaigns out of their limits."""
        return tuple(point for point in self.points if point.verdict in ("high", "low"))


def control_chart(
    campaigns: Sequence[CampaignCounts],
    *,
    confidence_level: float = 0.95,
    false_alarm_share: float = FALSE_ALARMS,
) -> ControlChart:
    """Return which campaigns' opt-out shares lie outside what the others lead one to expect.

    Parameters
    ----------
    campaigns : sequence of CampaignCounts
        In the order of their starts; those of which no text was delivered are not on the chart.
    confidence_level : float
        Of each share's own interval, in (0, 1).
    false_alarm_share : float
        In (0, 0.5).

    Raises
    ------
    NotEstimableError
        If fewer than `FEWEST_CAMPAIGNS` can be compared, or fewer than `FEWEST_OPT_OUTS` people
        opted out after all of them.
    ParameterError
        If ``false_alarm_share`` lies outside its range.

    References
    ----------
    Anscombe (1948), Biometrika 35, eq. 4.5. Paule and Mandel (1982), Journal of Research of the
    National Bureau of Standards 87(5). Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202.
    """
    if not 0 < false_alarm_share < 0.5:
        raise ParameterError(
            f"false_alarm_share is {false_alarm_share!r}: it must lie in (0, 0.5), such as 0.0027"
        )
    # A campaign of which no text was delivered has no share.
    campaigns = [c for c in campaigns if c.delivered]
    new = [c.first_texts > NEW_AUDIENCE_SHARE * c.delivered for c in campaigns]
    judged = [c for c, is_new in zip(campaigns, new, strict=True) if not is_new]
    _require_enough(judged, len(campaigns) - len(judged))
    texts = np.array([c.delivered for c in judged], np.float64)
    counts = np.array([c.opted_out for c in judged], np.float64)
    values, chance = _angles(counts, texts)
    order = np.arange(len(values), dtype=np.float64)
    limits = iter(_judge(values, chance, order, texts, false_alarm_share))
    points = []
    for campaign, is_new in zip(campaigns, new, strict=True):
        rate = share_of(campaign.opted_out, campaign.delivered, confidence_level)
        found = _NOT_JUDGED if is_new else next(limits)
        points.append(ChartPoint(campaign.campaign_id, campaign.name, rate, *found))
    fit = _fit(values, chance, order)
    excess = max(1.0, _line(values, chance, order, 0.0).square / (len(values) - 2))
    trend = _trend(fit, order, texts)
    return ControlChart(tuple(points), excess, math.sqrt(fit.between), trend, false_alarm_share)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A weighted line: its height at the weighted mean place, its slope, and their variances."""

    centre: float
    height: float
    slope: float
    height_variance: float
    slope_variance: float
    square: float  # weighted sum of squares around the line
    between: float  # variance between campaigns

    def at(self, place: float) -> float:
        return self.height + self.slope * (place - self.centre)

    def variance_at(self, place: float) -> float:
        return self.height_variance + self.slope_variance * (place - self.centre) ** 2


_Judgement = tuple[float | None, float | None, float | None, float | None, float | None, Verdict]
_NOT_JUDGED: _Judgement = (None, None, None, None, None, "new audience")


def _angles(counts: Floats, texts: Floats) -> tuple[Floats, Floats]:
    """Return stabilised shares and their variances by chance."""
    return np.arcsin(np.sqrt((counts + 3 / 8) / (texts + 3 / 4))), 1 / (4 * texts + 2)


def _line(values: Floats, chance: Floats, order: Floats, between: float) -> _Line:
    w = 1 / (chance + between)
    centre = float(np.average(order, weights=w))
    x = order - centre
    height, spread = float(np.average(values, weights=w)), float((w * x**2).sum())
    slope = float((w * x * values).sum()) / spread
    square = float((w * (values - height - slope * x) ** 2).sum())
    return _Line(centre, height, slope, float(1 / w.sum()), 1 / spread, square, between)


def _fit(values: Floats, chance: Floats, order: Floats) -> _Line:
    """Fit the line with the variance between campaigns of Paule and Mandel."""
    df = len(values) - 2

    def excess(between: float) -> float:
        return _line(values, chance, order, between).square - df

    if excess(0.0) <= 0:
        return _line(values, chance, order, 0.0)
    # The sum of squares falls with the variance added; no angle is farther than pi / 2 off.
    between = float(brentq(excess, 0.0, (math.pi / 2) ** 2 * len(values), xtol=1e-16, rtol=1e-12))
    return _line(values, chance, order, between)


def _judge(
    values: Floats, chance: Floats, order: Floats, texts: Floats, false_alarm_share: float
) -> list[_Judgement]:
    """Judge each campaign by the line through the others."""
    df = len(texts) - 3
    reach = float(student.ppf(1 - false_alarm_share / 2, df))
    found: list[_Judgement] = []
    for i, (value, n) in enumerate(zip(values, texts, strict=True)):
        others = order != order[i]
        line = _fit(values[others], chance[others], order[others])
        centre = line.at(float(order[i]))
        error = math.sqrt(float(chance[i]) + line.between + line.variance_at(float(order[i])))
        statistic = (float(value) - centre) / error
        limits = [_share(centre + step * reach * error, float(n)) for step in (0, -1, 1)]
        verdict: Verdict = "usual"
        if abs(statistic) > reach:
            verdict = "high" if statistic > 0 else "low"
        p_value = 2 * float(student.sf(abs(statistic), df))
        found.append((limits[0], limits[1], limits[2], statistic, p_value, verdict))
    return found


def _trend(fit: _Line, order: Floats, texts: Floats) -> Trend:
    statistic = fit.slope / math.sqrt(fit.slope_variance)
    p_value = 2 * float(student.sf(abs(statistic), len(texts) - 2))
    first, last = (_share(fit.at(float(order[i])), float(texts[i])) for i in (0, -1))
    return Trend(first, last, p_value)


def _share(angle: float, texts: float) -> float:
    """Return the share whose stabilised value is an angle."""
    inside = min(max(angle, 0.0), math.pi / 2)
    share = ((texts + 3 / 4) * math.sin(inside) ** 2 - 3 / 8) / texts
    return min(max(share, 0.0), 1.0)


def _require_enough(judged: Sequence[CampaignCounts], new: int) -> None:
    if len(judged) < FEWEST_CAMPAIGNS:
        apart = (
            f" ({new} more went mostly to people who had just joined, which is no fair comparison)"
            if new
            else ""
        )
        raise NotEstimableError(
            f"there are {len(judged)} campaigns to compare and {FEWEST_CAMPAIGNS} are needed{apart}"
        )
    total = sum(campaign.opted_out for campaign in judged)
    if total < FEWEST_OPT_OUTS:
        raise NotEstimableError(
            f"{total} people opted out after the {len(judged)} campaigns and {FEWEST_OPT_OUTS} are "
            "needed"
        )
