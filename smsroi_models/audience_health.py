"""How the audience fares: tables of opt-ins, opt-outs and texts meet the mathematics of the list.

Customers stay in the engine. What leaves it are counts by day, source and campaign.
"""

import csv
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis

from smsroi_models.attribution.campaigns import read_locale
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.audience.asked_to_stop import asked_to_stop, collect_asked_to_stop
from smsroi_models.audience.control_chart import control_chart
from smsroi_models.audience.counts import (
    CampaignCounts,
    CohortCounts,
    ListChanges,
    SpellCounts,
)
from smsroi_models.audience.fatigue_records import Fatigue
from smsroi_models.audience.list_checks import opt_ins_known, opt_outs_recorded, texts_delivered
from smsroi_models.audience.list_growth import ListGrowth, list_growth
from smsroi_models.audience.opt_out_cost import opt_outs_caused
from smsroi_models.audience.rates import rate_per, share_of
from smsroi_models.audience.spell_counts import collect_spell_counts
from smsroi_models.audience.subscriptions import collect_list_changes
from smsroi_models.audience.survival import LogRank, SurvivalCurve, log_rank, survival_curve
from smsroi_models.audience.texted import (
    collect_arms_opted_out,
    collect_campaign_counts,
    collect_undelivered,
)
from smsroi_models.audience_result import AudienceResult, CampaignRates, CohortSurvival
from smsroi_models.clv.base_checks import ranked
from smsroi_models.clv.retention_counts import quarter_starts
from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.soundness import check_parameters, parse_as_of, parse_past, require_sound
from smsroi_models.store.absent import REQUIRED, missing_tables
from smsroi_models.store.connect import Store
from smsroi_models.store.sources import inert_in_csv
from smsroi_models.store.vendors.masking import inert
from smsroi_models.texting_frequency import analyze_fatigue

COHORTS = 8
_RECORDS = {"subscriptions": "occurred_at", "messages": "sent_at", "replies": "received_at"}


def analyze_audience(
    store: Store,
    as_of: datetime | date | str | None = None,
    *,
    records_start: datetime | date | str | None = None,
    confidence_level: float = 0.95,
) -> AudienceResult:
    """Tell who joined and who left the list, how long subscribers stay, and what texts did to it.

    Of all this only the opt-outs that a campaign *caused* rest on a holdout. Rates per text count
    who left after a text, whatever the reason; survival compares people who came in different ways.

    Parameters
    ----------
    store : Store
        With ``subscriptions``; ``messages`` and ``campaigns`` for rates and the chart,
        ``assignments`` for what was caused, ``replies`` for those who asked to stop.
    as_of : datetime, date or str, optional
        Up to when records count. By default the midnight that begins the day of the last
        subscription, text or reply.
    records_start : datetime, date or str, optional
        When opt-outs began to be recorded, where that was later than the first opt-in.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    StoreError
        If there are no subscriptions, or the store breaks its contract.
    DataError
        If it is no open store, or ``as_of`` is not given and a record lies in the future.
    NotEstimableError
        If nobody opted in or out by ``as_of``.
    ParameterError
        If a parameter lies outside its range, or a moment is still to come.

    References
    ----------
    docs/audience.md.
    """
    check_parameters(confidence_level, 0)
    findings = require_sound(store, "the audience's health", needed=("subscriptions",))
    moment = parse_past(as_of) if as_of is not None else _last_midnight(store)
    start = parse_past(records_start) if records_start is not None else None
    _require_records(store, moment)
    untold: dict[str, str] = {}

    changes = collect_list_changes(store, moment)
    growth = _growth(changes, moment, untold)
    cuts = quarter_starts((moment - timedelta(seconds=1)).date(), COHORTS)
    spells = collect_spell_counts(store, moment, cuts, start)
    survival, by_source, by_cohort = _survival(spells, cuts, confidence_level, untold)
    counts = _campaign_counts(store, moment, untold)
    lifts = collect_arms_opted_out(store, moment) if _has_arms(store) else {}
    chart = None
    try:
        chart = control_chart(counts, confidence_level=confidence_level) if counts else None
    except NotEstimableError as reason:
        untold["chart"] = f"{reason}."
    asked = collect_asked_to_stop(store, moment) if "replies" in store else None
    checks = [
        *_record_checks(changes, start),
        *_delivery_checks(store, moment),
        *(Check(f"Table {f.table}", "informational", f.message, f.remedy) for f in findings),
    ]
    return AudienceResult(
        as_of=moment,
        records_start=start,
        confidence_level=confidence_level,
        asked=asked,
        growth=growth,
        survival=survival,
        by_source=by_source,
        by_cohort=by_cohort,
        sources_differ=_sources_differ(spells, untold),
        campaigns=tuple(_rates(c, lifts.get(c.campaign_id), confidence_level) for c in counts),
        chart=chart,
        fatigue=_fatigue(store, moment, confidence_level, untold),
        currency=_read_currency(store),
        not_told=untold,
        checks=ranked(checks),
        missing=missing_tables(store),
        store_fingerprint=store.fingerprint_as_read(),
        locale=read_locale(store),
    )


def customers_who_asked_to_stop(
    store: Store, as_of: datetime | date | str, store_fingerprint: str | None = None
) -> ibis.Table:
    """Return, lazily, a row for each customer who asked to stop and may still be texted.

    ``customer_id, asked_at, times_asked, texts_since, last_text_at``, ordered by who has waited
    longest: the list to suppress.

    Parameters
    ----------
    store : Store
    as_of : datetime, date or str
        UTC; that of the analysis, ``result.as_of``.
    store_fingerprint : str, optional
        ``result.store_fingerprint``: the list must be of the store that was analysed.

    Raises
    ------
    DataError
        If the store is another one, or has no replies.
    """
    if store_fingerprint is not None and store.fingerprint() != store_fingerprint:
        raise DataError("the result is of another store: analyse this one first")
    if "replies" not in store:
        raise DataError("the store has no replies: who asked to stop is not known")
    return asked_to_stop(store, parse_as_of(as_of)).order_by("asked_at", "customer_id")


def write_asked_to_stop(
    store: Store,
    as_of: datetime | date | str,
    store_fingerprint: str | None,
    path: str | Path,
) -> Path:
    """Write those customers to a CSV file, in one step, and return its path.

    The file holds ids, no telephone number: match them with your own list before the next text. It
    is written also where nobody asked, with its header alone, so that an older list is replaced.

    Raises
    ------
    DataError
        As `customers_who_asked_to_stop`.
    """
    target = Path(path).absolute()
    rows = customers_who_asked_to_stop(store, as_of, store_fingerprint)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{secrets.token_hex(8)}.csv")
    try:
        with (
            partial.open("w", encoding="utf-8", newline="") as file,
            rows.to_pyarrow_batches() as batches,
        ):
            table = csv.writer(file)
            table.writerow(rows.columns)
            for batch in batches:
                table.writerows(_written(row) for row in batch.to_pylist())
        return partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _written(row: dict[str, object]) -> list[object]:
    return [
        f"{value:%Y-%m-%dT%H:%M:%SZ}"
        if isinstance(value, datetime)
        else inert_in_csv(value)
        if isinstance(value, str)
        else value
        for value in row.values()
    ]


def _last_midnight(store: Store) -> datetime:
    """Return the midnight that begins the day of the last record: up to there data are complete."""
    found = [
        store[name][column].max().as_scalar().to_pyarrow().as_py()
        for name, column in _RECORDS.items()
        if name in store
    ]
    known = [moment for moment in found if moment is not None]
    if not known:
        raise NotEstimableError("nobody has opted in or out: there is no audience to tell of")
    last = max(known).astimezone(UTC)
    if last > datetime.now(UTC):
        raise DataError(
            f"the last record of the list is of {last:%Y-%m-%d}, which is still to come: correct "
            "its time, or pass as_of"
        )
    return datetime(last.year, last.month, last.day, tzinfo=UTC)


def _require_records(store: Store, as_of: datetime) -> None:
    first = store["subscriptions"].occurred_at.min().to_pyarrow().as_py()
    if first is None or first > as_of:
        raise NotEstimableError(
            f"nobody has opted in or out by {as_of:%Y-%m-%d}: there is no audience to tell of"
        )


def _has_arms(store: Store) -> bool:
    return "assignments" in store and "campaigns" in store


def _growth(changes: ListChanges, as_of: datetime, untold: dict[str, str]) -> ListGrowth | None:
    until = (as_of - timedelta(microseconds=1)).date()
    try:
        return list_growth(changes, until)
    except NotEstimableError as reason:
        untold["growth"] = f"{reason}."
        return None


def _survival(
    groups: Sequence[CohortCounts],
    cuts: Sequence[date],
    confidence_level: float,
    untold: dict[str, str],
) -> tuple[SurvivalCurve | None, dict[str, SurvivalCurve], tuple[CohortSurvival, ...]]:
    def curve(counts: SpellCounts | None) -> SurvivalCurve | None:
        try:
            return survival_curve(counts, confidence_level) if counts else None
        except NotEstimableError:
            return None

    survival = curve(_together(groups))
    if survival is None:
        untold["survival"] = "Too few subscriptions were followed to tell how long they last."
    sources = {
        name: _together([g for g in groups if g.source == name]) for name in _sources(groups)
    }
    by_source = {name: found for name, counts in sources.items() if (found := curve(counts))}
    cohorts = tuple(
        CohortSurvival(starts, found)
        # The first group is of all who came before the first quarter told.
        for number, starts in enumerate(cuts, 1)
        if (found := curve(_together([g for g in groups if g.cohort == number])))
    )
    return survival, by_source, cohorts


def _sources(groups: Sequence[CohortCounts]) -> list[str]:
    sizes: dict[str, int] = {}
    for group in groups:
        sizes[group.source] = sizes.get(group.source, 0) + group.counts.n
    return sorted(sizes, key=lambda name: (-sizes[name], name))


def _together(groups: Sequence[CohortCounts]) -> SpellCounts | None:
    if not groups:
        return None
    found = groups[0].counts
    for group in groups[1:]:
        found = found + group.counts
    return found


def _sources_differ(groups: Sequence[CohortCounts], untold: dict[str, str]) -> LogRank | None:
    """Test the sources against each other, those with a handful of spells left out."""
    sources = [_together([g for g in groups if g.source == name]) for name in _sources(groups)]
    try:
        return log_rank([counts for counts in sources if counts and counts.n >= 30])
    except NotEstimableError as reason:
        untold["sources_differ"] = f"{reason}."
        return None


def _campaign_counts(
    store: Store, as_of: datetime, untold: dict[str, str]
) -> tuple[CampaignCounts, ...]:
    absent = [name for name in ("campaigns", "messages") if name not in store]
    if absent:
        said = f"The store has no table {' and no table '.join(absent)}."
        untold["campaigns"] = untold["chart"] = said
        return ()
    counts = collect_campaign_counts(store, as_of)
    if not counts:
        said = "No delivered text was followed for seven days yet."
        untold["campaigns"] = untold["chart"] = said
    return counts


def _fatigue(
    store: Store, as_of: datetime, confidence_level: float, untold: dict[str, str]
) -> Fatigue | None:
    absent = [name for name in REQUIRED if name not in store]
    if absent:
        untold["fatigue"] = f"the store has no table {' and no table '.join(absent)}."
        return None
    try:
        return analyze_fatigue(store, as_of, confidence_level=confidence_level)
    except NotEstimableError as reason:
        untold["fatigue"] = f"{reason}."
        return None


def _read_currency(store: Store) -> str:
    """Read the store's one currency; empty without a campaign."""
    if "campaigns" not in store:
        return ""
    return store["campaigns"].currency.max().to_pyarrow().as_py() or ""


def _rates(
    counts: CampaignCounts, arms: tuple[Moments, Moments] | None, level: float
) -> CampaignRates:
    caused, why_not = _caused(arms, level)
    size = counts.subscribed or 0
    # An opt-out may come from somebody who joined after the start, or whose opt-in is not known.
    whole = size >= max(counts.opted_out, 1)
    return CampaignRates(
        counts=counts,
        opt_outs_per_text=share_of(counts.opted_out, counts.delivered, level),
        opt_outs_per_subscriber=share_of(counts.opted_out, size, level) if whole else None,
        opt_ins_per_text=rate_per(counts.opted_in, counts.delivered, level),
        opt_ins_per_subscriber=rate_per(counts.opted_in, size, level) if size else None,
        caused=caused,
        why_not=why_not,
        opt_outs_caused=_total(arms, level),
    )


def _caused(arms: tuple[Moments, Moments] | None, level: float) -> tuple[Lift | None, str]:
    if arms is None:
        return None, "nobody was held out, or no outcome window is over"
    try:
        return compare(*arms, proportion=True, confidence_level=level), ""
    except NotEstimableError as reason:
        return None, str(reason)


def _total(arms: tuple[Moments, Moments] | None, level: float) -> Estimate | None:
    if arms is None:
        return None
    try:
        return opt_outs_caused(*arms, level)
    except NotEstimableError:  # nobody left in either arm
        return None


def _delivery_checks(store: Store, as_of: datetime) -> list[Check]:
    if "campaigns" not in store or "messages" not in store:
        return []
    undelivered = collect_undelivered(store, as_of)
    return [texts_delivered([inert(name) for name in undelivered])] if undelivered else []


def _record_checks(changes: ListChanges, start: datetime | None) -> list[Check]:
    checks = []
    left = int(changes.left.sum())
    if start is None and len(changes.day):
        checks.append(opt_outs_recorded(changes))
    if left + changes.left_unknown:
        checks.append(opt_ins_known(changes.left_unknown, left))
    return checks
