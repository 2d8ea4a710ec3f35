"""Which campaigns lost unusually many subscribers: a chart whose limits know overdispersion.

On the scale of y = arcsin sqrt((x + 3/8) / (n + 3/4)) (Anscombe 1948) an opt-out share has the
variance 1 / w, w = 4 n + 2, whatever the share, and is close to normal where few opt out. Campaigns
differ by more than chance: their days, offers and audiences do; and shares may rise or fall over a
programme, which makes none of its campaigns unusual. Each campaign is set against a straight line,
in the order of the campaigns, through the *others*:

    t_i = (y_i - m_-i) / sqrt(phi_-i / (w_i (1 - h_i)))

with m_-i where that line puts it, h_i its leverage in the weighted fit of all, and phi_-i the mean
square of the others around their line over what chance would give, at least 1. A campaign is thus
judged by the others alone, and t_i has Student's distribution with k - 3 degrees of freedom, so
that a chart of ten campaigns raises no more false alarms than one of a hundred. These are funnel
limits with multiplicative overdispersion (Spiegelhalter 2005, section 3; Laney's p' chart of 2002
widens in the same way), with the campaign itself left out and phi's own uncertainty in the
quantile.

Campaigns whose texts were mostly the first that their customers ever got are shown and neither
judged nor counted: who has just joined leaves more often, whatever the text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
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
        Of no slope, two-sided, with the same overdispersion.
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
        it is no more.
    trend : Trend
        Of the judged campaigns.
    false_alarm_share : float
        Of campaigns like the others, the share that is flagged.
    """

    points: tuple[ChartPoint, ...]
    overdispersion: float
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
    Anscombe (1948), Biometrika 35, eq. 4.5. Spiegelhalter (2005), Statistics in Medicine 24,
    1185-1202. Laney (2002), Quality Engineering 14(4). Cook and Weisberg (1982), Residuals and
    Influence in Regression, eq. 2.2.7 (a residual by a fit without it is Student's).
    """
    if not 0 < false_alarm_share < 0.5:
        raise ParameterError(
            f"false_alarm_share is {false_alarm_share!r}: it must lie in (0, 0.5), such as 0.0027"
        )
    new = [c.first_texts > NEW_AUDIENCE_SHARE * c.delivered for c in campaigns]
    judged = [c for c, is_new in zip(campaigns, new, strict=True) if not is_new]
    _require_enough(judged, len(campaigns) - len(judged))
    texts = np.array([c.delivered for c in judged], np.float64)
    counts = np.array([c.opted_out for c in judged], np.float64)
    fit = _fit(counts, texts)
    limits = iter(_judge(fit, texts, false_alarm_share))
    points = []
    for campaign, is_new in zip(campaigns, new, strict=True):
        rate = share_of(campaign.opted_out, campaign.delivered, confidence_level)
        found = _NOT_JUDGED if is_new else next(limits)
        points.append(ChartPoint(campaign.campaign_id, campaign.name, rate, *found))
    return ControlChart(tuple(points), fit.dispersion, _trend(fit, texts), false_alarm_share)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """The weighted line through all judged campaigns: arrays of shape (k,)."""

    values: Floats
    weights: Floats
    fitted: Floats
    leverage: Floats
    slope: float
    slope_variance: float  # for a dispersion of 1
    square: float  # weighted sum of squares around the line

    @property
    def dispersion(self) -> float:
        return max(1.0, self.square / (len(self.values) - 2))


_Judgement = tuple[float | None, float | None, float | None, float | None, float | None, Verdict]
_NOT_JUDGED: _Judgement = (None, None, None, None, None, "new audience")


def _fit(counts: Floats, texts: Floats) -> _Fit:
    values, w = np.arcsin(np.sqrt((counts + 3 / 8) / (texts + 3 / 4))), 4 * texts + 2
    order = np.arange(len(values), dtype=np.float64)
    x = order - np.average(order, weights=w)
    mean, spread = float(np.average(values, weights=w)), float((w * x**2).sum())
    slope = float((w * x * values).sum()) / spread
    fitted = mean + slope * x
    leverage = w * (1 / w.sum() + x**2 / spread)
    square = float((w * (values - fitted) ** 2).sum())
    return _Fit(values, w, fitted, leverage, slope, 1 / spread, square)


def _judge(fit: _Fit, texts: Floats, false_alarm_share: float) -> list[_Judgement]:
    """Judge each campaign by the others, from the fit of all (Cook and Weisberg, eq. 2.2.8)."""
    df = len(texts) - 3
    reach = float(student.ppf(1 - false_alarm_share / 2, df))
    rest = 1 - fit.leverage
    off = (fit.values - fit.fitted) / rest
    others = (fit.square - fit.weights * off**2 * rest) / df
    errors = np.sqrt(np.maximum(others, 1.0) / (fit.weights * rest))
    found: list[_Judgement] = []
    for value, away, error, n in zip(fit.values, off, errors, texts, strict=True):
        centre, statistic = float(value - away), float(away / error)
        limits = [_share(centre + step * reach * float(error), float(n)) for step in (0, -1, 1)]
        verdict: Verdict = "usual"
        if abs(statistic) > reach:
            verdict = "high" if statistic > 0 else "low"
        p_value = 2 * float(student.sf(abs(statistic), df))
        found.append((limits[0], limits[1], limits[2], statistic, p_value, verdict))
    return found


def _trend(fit: _Fit, texts: Floats) -> Trend:
    statistic = fit.slope / math.sqrt(fit.dispersion * fit.slope_variance)
    p_value = 2 * float(student.sf(abs(statistic), len(texts) - 2))
    first, last = (_share(float(fit.fitted[place]), float(texts[place])) for place in (0, -1))
    return Trend(first, last, p_value)


def _share(angle: float, texts: float) -> float:
    """Return the share whose stabilised value is an angle."""
    inside = min(max(angle, 0.0), math.pi / 2)
    share = ((texts + 3 / 4) * math.sin(inside) ** 2 - 3 / 8) / texts
    return min(max(share, 0.0), 1.0)


def _require_enough(judged: Sequence[CampaignCounts], new: int) -> None:
    if len(judged) < FEWEST_CAMPAIGNS:
        beside = f" beside {new} to new audiences" if new else ""
        raise NotEstimableError(
            f"{len(judged)} campaign{'s' * (len(judged) != 1)}{beside}: which one is unusual can "
            f"be told from {FEWEST_CAMPAIGNS} campaigns on"
        )
    total = sum(campaign.opted_out for campaign in judged)
    if total < FEWEST_OPT_OUTS:
        raise NotEstimableError(
            f"{total} opt-outs after {len(judged)} campaigns: which one is unusual can be told "
            f"from {FEWEST_OPT_OUTS} opt-outs on"
        )
