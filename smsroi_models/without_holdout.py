"""A campaign that held nobody out: what its customers would have brought, from their own past.

Weaker evidence than a holdout, and labelled so wherever it is shown. Here the daily series meets
the model, and the effect meets the costs.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from smsroi_models.attribution.borrowed_records import BorrowedByTouch
from smsroi_models.attribution.campaigns import (
    Campaign,
    read_campaign,
    read_last_order_at,
    read_readiness,
)
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.counterfactual import Counterfactual, counterfactual
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.gates_without_holdout import series_checks
from smsroi_models.attribution.mixture import StudentMixture
from smsroi_models.attribution.placebo import Placebo, placebo
from smsroi_models.attribution.series import DailySeries, Span, collect_series, read_span
from smsroi_models.attribution.spending import Texts, collect_costs, collect_texts
from smsroi_models.borrowed import read_borrowed
from smsroi_models.errors import (
    DataError,
    NotEstimableError,
    NotReadyError,
)
from smsroi_models.records import Record
from smsroi_models.roi import CostLine, Outcome
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.absent import missing_tables
from smsroi_models.store.connect import Store
from smsroi_models.tracked import TOUCH_TABLES


@dataclass(frozen=True, slots=True)
class CounterfactualResult(Record):
    """What a campaign without a holdout seems to have earned; money in the store's currency.

    Attributes
    ----------
    campaign : Campaign
    as_of : datetime
        UTC; the window was over by then.
    evidence : str
        Always ``"weaker"``: nobody was drawn at random to be left alone.
    series : DailySeries
        What was measured, for how many customers.
    assigned : int
        Customers assigned to be texted, those left out of the series included.
    texts : Texts or None
        Of all assigned; None where the store has no messages.
    revenue, margin : Counterfactual
        The days' actual and expected sums, and the effect.
    placebo : Placebo
        The method tried on quiet stretches of the margin's pre-period.
    incremental_revenue, incremental_margin : Estimate
    cost : float or None
        Of the customers in the series; None where nothing is known of it.
    ledger : tuple of CostLine
        Its ``counted`` amounts sum to ``cost``.
    profit, roi : Estimate or None
        ROI is a ratio; None where the cost is zero or not known.
    probability_of_profit : float or None
        In [0, 1], if the model holds.
    checks : tuple of Check
    borrowed : BorrowedByTouch or None
        What the campaign would have brought, were its tracked revenue as incremental as that of
        campaigns with a holdout: of all assigned customers, beside the figures above and never
        instead of them. None where the store holds no touches.
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    store_fingerprint : str
    """

    campaign: Campaign
    as_of: datetime
    evidence: Literal["weaker"]
    series: DailySeries
    assigned: int
    texts: Texts | None
    revenue: Counterfactual
    margin: Counterfactual
    placebo: Placebo
    incremental_revenue: Estimate
    incremental_margin: Estimate
    cost: float | None
    ledger: tuple[CostLine, ...]
    profit: Estimate | None
    roi: Estimate | None
    probability_of_profit: float | None
    checks: tuple[Check, ...]
    borrowed: BorrowedByTouch | None
    missing: dict[str, str]
    store_fingerprint: str

    @property
    def confidence_level(self) -> float:
        """The confidence level of every interval of the record."""
        return self.margin.confidence_level

    @property
    def outcome(self) -> Outcome:
        """Whether profit lies clearly above zero or below it.

        Clearly: its interval leaves zero out, and no quiet stretch shows an error as large as the
        profit or loss.
        """
        if self.profit is None:
            figure, known = self.incremental_margin, False
        else:
            figure, known = self.profit, True
        if abs(figure.estimate) <= self.placebo.largest:
            return "unclear" if known else "unknown"
        if figure.ci_upper < 0:
            return "lost"
        if not known:
            return "unknown"
        return "paid" if figure.ci_lower > 0 else "unclear"


def counterfactual_roi(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None = None,
    *,
    confidence_level: float = 0.95,
    pre_days: int = 180,
) -> CounterfactualResult:
    """Estimate what a campaign that texted everyone earned, from the daily series before it.

    Weaker evidence: whatever else began with the campaign (a holiday, a price, another channel) is
    counted as its effect unless untouched customers show it too. Only assigned customers acquired
    before the pre-period are counted, with their share of the costs; newer ones are left out.

    Parameters
    ----------
    store : Store
    campaign_id : str
    as_of : datetime, date or str, optional
        As in `analyze_campaign`.
    confidence_level : float
        In (0, 1).
    pre_days : int
        Days before the campaign to learn from; fewer where the orders do not reach as far back.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    DataError
        If there is no such campaign, somebody is held out (use `analyze_campaign`), or ``as_of``
        is not given and an order lies in the future.
    NotReadyError
        If the window is not over yet; the text says when it will be.
    NotEstimableError
        If the pre-period is too short, the model fits it badly, it claims effects on quiet
        stretches of it, or another campaign reached the same customers in the same days.
    ParameterError
        If a parameter lies outside its range.

    References
    ----------
    Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter. Brodersen et
    al. (2015), Annals of Applied Statistics 9(1). docs/without_a_holdout.md.
    """
    check_parameters(confidence_level, pre_days)
    findings = require_sound(store, "what a campaign earned")
    campaign = read_campaign(store, campaign_id)
    last_order_at = read_last_order_at(store)
    moment = parse_as_of(as_of) if as_of is not None else horizon(last_order_at)
    assigned = _require_nobody_held_out(store, campaign, moment)
    span = read_span(store, campaign, pre_days)
    _require_over(campaign, span, moment)

    series = collect_series(store, campaign, span)
    _require_alone(series)
    margin, revenue, tried = _effects(series, confidence_level)
    texts = collect_texts(store, campaign, span.ends_at) if "messages" in store else None
    costs = collect_costs(store, campaign) if "costs" in store else {}
    ledger = _ledger(texts, costs, series.counted / assigned)
    cost = sum(line.counted for line in ledger) if ledger else None
    effect = margin.total
    profit = None if cost is None else effect.moved(1.0, -cost)
    return CounterfactualResult(
        campaign=campaign,
        as_of=moment,
        evidence="weaker",
        series=series,
        assigned=assigned,
        texts=texts,
        revenue=revenue,
        margin=margin,
        placebo=tried,
        incremental_revenue=revenue.effect,
        incremental_margin=margin.effect,
        cost=cost,
        ledger=tuple(ledger),
        profit=_estimate(profit, confidence_level),
        roi=_estimate(effect.moved(1 / cost, -1.0) if cost else None, confidence_level),
        probability_of_profit=1 - profit.cumulative(0.0) if profit else None,
        checks=series_checks(
            series, assigned, margin, tried, cost, texts, bool(costs), last_order_at, findings
        ),
        borrowed=(
            read_borrowed(store, campaign, assigned, moment, confidence_level)
            if any(name in store for name in TOUCH_TABLES)
            else None
        ),
        missing=missing_tables(store),
        store_fingerprint=store.fingerprint_as_read(),
    )


def _effects(
    series: DailySeries, confidence_level: float
) -> tuple[Counterfactual, Counterfactual, Placebo]:
    controls = series.control_margin[:, None] if series.has_controls else None
    days = series.span.window_days
    margin, model = counterfactual(
        series.margin, days, controls, series.disturbed, confidence_level
    )
    revenue, _ = counterfactual(series.revenue, days, controls, series.disturbed, confidence_level)
    return margin, revenue, placebo(margin, model)


def _estimate(figure: StudentMixture | None, confidence_level: float) -> Estimate | None:
    return figure.estimate(confidence_level) if figure else None


def _require_nobody_held_out(store: Store, campaign: Campaign, moment: datetime) -> int:
    """Return how many are assigned to be texted."""
    assigned = read_readiness(store, campaign, moment).assigned
    if assigned["holdout"]:
        raise DataError(
            f"campaign {campaign.campaign_id!r} held {assigned['holdout']:,} customers out: "
            "analyze_campaign compares with them, which says more than a forecast"
        )
    if not assigned["treatment"]:
        raise NotEstimableError(
            f"campaign {campaign.campaign_id!r} has nobody assigned: record who was texted in the "
            "table assignments"
        )
    return assigned["treatment"]


def _require_over(campaign: Campaign, span: Span, moment: datetime) -> None:
    if span.window_days > 2 * campaign.window_days:
        raise NotEstimableError(
            f"the customers of campaign {campaign.campaign_id!r} were assigned over "
            f"{span.window_days - campaign.window_days} days, longer than its window of "
            f"{campaign.window_days} days: no day tells before from after; hold out a part of the "
            "next campaign"
        )
    if moment < span.ends_at:
        raise NotReadyError(
            f"campaign {campaign.campaign_id!r} cannot be read as of {moment:%Y-%m-%d %H:%M} UTC: "
            f"its last window ends {span.ends_at:%Y-%m-%d %H:%M} UTC: read it then, or, where the "
            "orders reach that far already, pass as_of"
        )


def _require_alone(series: DailySeries) -> None:
    for other in series.overlapping:
        raise NotEstimableError(
            f"campaign {other.campaign_id!r} reached {other.share:.0%} of the same customers in "
            "the same days: their orders do not tell one campaign from the other; hold out a part "
            "of the next campaign"
        )


def _ledger(texts: Texts | None, costs: dict[str, float], share: float) -> list[CostLine]:
    """Return the ledger, each line counted in the share of the customers who are."""
    booked = dict(costs)
    if texts is not None and texts.priced:
        booked = {"texts": texts.amount} | booked
    return [CostLine(name, amount, amount * share) for name, amount in booked.items()]
