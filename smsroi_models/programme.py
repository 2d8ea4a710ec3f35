"""What a whole texting programme earned, against customers kept out of every campaign.

The programme is a campaign of its own without texts: its rows in ``assignments`` say who may be
texted by campaigns and who by none. Here the tables of its customers meet the comparison by cohort
and the costs of all campaigns.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import reduce

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import (
    Tables,
    read_campaign,
    read_last_order_at,
)
from smsroi_models.attribution.cohorts import (
    Arms,
    BothArms,
    Cohort,
    cohort_lift,
    comparable,
    pooled,
)
from smsroi_models.attribution.collect import collect_moments_by
from smsroi_models.attribution.estimates import OutcomeLift
from smsroi_models.attribution.exposure import (
    MEASURED,
    Period,
    collect_monthly,
    exposed_outcomes,
    read_period,
)
from smsroi_models.attribution.gates_programme import programme_checks
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.attribution.programme_spending import Spending, collect_spending, read_reach
from smsroi_models.attribution.programmes import read_own_texts, read_programmes
from smsroi_models.attribution.spending import collect_costs
from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.programme_parts import campaign_parts, months_of
from smsroi_models.programme_result import ProgrammeResult
from smsroi_models.roi import CostLine, return_on_investment
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
from smsroi_models.store.absent import missing_tables
from smsroi_models.store.connect import Store

_OUTCOMES = ("revenue", "margin", "orders")


def is_programme(store: Tables, campaign_id: str) -> bool:
    """Return whether a campaign is a programme: others draw from its treatment arm.

    True where it has customers in both arms and no text of its own, and campaigns that started in
    its period assigned customers of its treatment arm, and less than half as large a share of its
    holdout. One query; `read_programmes` answers for all campaigns at once.
    """
    return campaign_id in read_programmes(store)


def analyze_programme(
    store: Store,
    campaign_id: str,
    as_of: datetime | date | str | None = None,
    *,
    confidence_level: float = 0.95,
    pre_days: int = 90,
) -> ProgrammeResult:
    """Measure what all campaigns together earned, against customers kept out of all of them.

    Everybody assigned to the programme counts, texted or not, from the own assignment to the
    programme's end or ``as_of``, whichever is earlier. Costs are those of every text sent in that
    time and of every campaign that started in it.

    Parameters
    ----------
    store : Store
    campaign_id : str
        The programme's own row: ``starts_at`` and ``window_days`` are its period; ``assignments``
        hold every customer, at the start or on joining.
    as_of : datetime, date or str, optional
        As in `analyze_campaign`.
    confidence_level : float
        In (0, 1).
    pre_days : int
        Length of the pre-period that the figures are adjusted for, days; 0 for no adjustment.

    Raises
    ------
    StoreError
        If the store breaks its contract.
    DataError
        If there is no such campaign, it sent texts of its own, or ``as_of`` is not given and an
        order lies in the future.
    NotReadyError
        If nobody was assigned before ``as_of``.
    NotEstimableError
        If an arm is empty, or revenue or margin is the same for everybody in it.
    ParameterError
        If a parameter lies outside its range.

    References
    ----------
    docs/global_holdout.md.
    """
    check_parameters(confidence_level, pre_days)
    findings = require_sound(store, "what a programme earned")
    campaign = read_campaign(store, campaign_id)
    if texts := read_own_texts(store, campaign_id):
        raise DataError(
            f"{campaign_id!r} is no programme: it sent {texts:,} texts of its own, a programme has "
            "none; read it as a campaign (smsroi report)"
        )
    last_order_at = read_last_order_at(store)
    moment = parse_as_of(as_of) if as_of is not None else horizon(last_order_at)
    period = read_period(store, campaign, moment)

    customers = exposed_outcomes(store, campaign, period, pre_days=pre_days)
    found = _collect_cohorts(customers)
    cohorts = _cohorts(found, period)
    kept = {n: arms for n, arms in found.items() if cohorts[n].compared}
    strata = pooled(kept)
    candidates = PRE_PERIOD_COLUMNS if pre_days else ()
    lift, reasons = _lifts(strata, candidates, confidence_level)

    spending = collect_spending(store, campaign, period)
    own = collect_costs(store, campaign) if "costs" in store else {}
    revenue, margin = (lift[name].headline for name in ("revenue", "margin"))
    roi = return_on_investment(revenue, margin, _ledger(spending, own, period))
    treated, held = (reduce(Moments.merge, arms) for arms in zip(*strata.values(), strict=True))
    reach = read_reach(store, campaign, period) if "messages" in store else None
    added = collect_monthly(store, campaign, period, customers, candidates)
    parts, total = campaign_parts(store, moment, spending, confidence_level, pre_days)
    return ProgrammeResult(
        campaign=campaign,
        as_of=moment,
        period=period,
        pre_days=pre_days,
        exposure_days=treated.mean_of("exposure_days"),
        cohorts=tuple(cohorts.values()),
        n_strata=len(strata),
        lift=lift,
        not_estimable=reasons,
        roi=roi,
        months=months_of(
            added, kept, candidates, period, spending, sum(own.values()), confidence_level
        ),
        campaigns=parts,
        sum_of_campaigns=total,
        reach=reach,
        checks=programme_checks(
            period,
            last_order_at,
            (treated, held),
            found[min(found)],
            tuple(cohorts.values()),
            tuple(strata.values()),
            reach,
            spending,
            bool(own),
            margin,
            roi,
            findings,
        ),
        missing=missing_tables(store),
        store_fingerprint=store.fingerprint_as_read(),
    )


def _collect_cohorts(customers: ibis.Table) -> dict[int, Arms]:
    columns = [*MEASURED, "exposure_days", "margin_cubed"]
    return collect_moments_by(customers.mutate(margin_cubed=_.margin**3), columns, "cohort")


def _cohorts(found: Mapping[int, Arms], period: Period) -> dict[int, Cohort]:
    sizes = {
        n: (arms[0].n if arms[0] else 0, arms[1].n if arms[1] else 0) for n, arms in found.items()
    }
    compared = comparable(sizes)
    return {
        n: Cohort(period.cohort_name(n), *arms, compared=n in compared) for n, arms in sizes.items()
    }


def _lifts(
    strata: Mapping[int, BothArms], candidates: Sequence[str], confidence_level: float
) -> tuple[dict[str, OutcomeLift], dict[str, str]]:
    lifts: dict[str, OutcomeLift] = {}
    reasons: dict[str, str] = {}
    for name in _OUTCOMES:
        try:
            plain = cohort_lift(strata, name, (), confidence_level)
            adjusted = cohort_lift(strata, name, candidates, confidence_level)
        except NotEstimableError as reason:
            if name != "orders":
                raise NotEstimableError(f"{name} is not estimable: {reason}") from reason
            reasons[name] = str(reason)
        else:
            lifts[name] = OutcomeLift(plain, adjusted if adjusted.covariates else None)
    return lifts, reasons


def _ledger(
    spending: Sequence[Spending], own: Mapping[str, float], period: Period
) -> list[CostLine] | None:
    """Return the ledger by type of cost, or None where nothing at all is known of the cost."""
    by_type: dict[str, float] = {}
    for part in spending:
        for name, amount in part.costs.items():
            by_type[name] = by_type.get(name, 0.0) + amount
    ranked = sorted(by_type.items(), key=lambda line: (-line[1], line[0]))
    lines = [CostLine(name, amount, amount) for name, amount in ranked]
    if any(part.priced for part in spending):
        texts = sum(sum(part.texts) for part in spending)
        lines.insert(0, CostLine("texts", texts, texts))
    lines += [
        CostLine(f"programme, {name}", amount, amount * period.elapsed_share)
        for name, amount in own.items()
    ]
    return lines or None
