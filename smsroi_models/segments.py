"""From a store to what a campaign changed in each segment of its customers."""

from datetime import UTC, date, datetime

from smsroi_models.analysis import check_parameters, parse_as_of
from smsroi_models.attribution.campaigns import Campaign, read_campaign, read_last_order_at
from smsroi_models.attribution.multiplicity import compare_segments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.attribution.segment_records import Segments
from smsroi_models.attribution.segmented import collect_segments
from smsroi_models.attribution.spending import collect_texts
from smsroi_models.errors import DataError, NotReadyError, StoreError
from smsroi_models.store.absent import REQUIRED
from smsroi_models.store.checks import check_store
from smsroi_models.store.connect import Store


def segment_lifts(
    store: Store,
    campaign_id: str,
    by: str = "segment",
    as_of: datetime | date | str | None = None,
    *,
    outcome: str = "margin",
    confidence_level: float = 0.95,
    pre_days: int = 90,
) -> Segments:
    """Measure what a campaign changed in each segment, corrected for the number of segments.

    Parameters
    ----------
    store : Store
        With ``customers``, ``assignments`` and ``orders``; with ``messages``, the margin has a
        break-even: the price of the texts per customer assigned to them, which is what is saved
        where a segment is not texted. Costs of the campaign as a whole are not in it.
    campaign_id : str
    by : str
        A text column of ``customers`` that was known before the campaign: ``"segment"`` or
        ``"region"``. Choose one before looking.
    as_of : datetime, date or str, optional
        As in `analyze_campaign`.
    outcome : str
        ``revenue``, ``margin``, ``orders``, ``converted`` or ``opted_out``.
    confidence_level : float
        In (0, 1); of all intervals together.
    pre_days : int
        Length of the pre-period that the figures are adjusted for, days; 0 for no adjustment.

    Raises
    ------
    StoreError
        If the store breaks its contract or lacks a table.
    DataError
        If there is no such campaign.
    NotReadyError
        If no window is over yet.
    NotEstimableError
        If no segment can be compared.
    ParameterError
        If a parameter lies outside its range, or there are more segments than can be told apart.
    """
    check_parameters(confidence_level, pre_days)
    _require_sound(store)
    campaign = read_campaign(store, campaign_id)
    moment = parse_as_of(as_of) if as_of else _horizon(store)
    groups = collect_segments(store, campaign, moment, by, outcome=outcome, pre_days=pre_days)
    if not groups:
        raise NotReadyError(
            f"campaign {campaign_id!r} has no {campaign.window_days}-day window that is over as of "
            f"{moment:%Y-%m-%d %H:%M} UTC: read its segments later, or pass as_of"
        )
    texted = sum(treatment.n for treatment, _ in groups.values() if treatment)
    known = outcome == "margin" and "messages" in store and texted
    return compare_segments(
        groups,
        outcome,
        by=by,
        candidates=PRE_PERIOD_COLUMNS if pre_days else (),
        break_even=_text_cost(store, campaign, moment, texted) if known else None,
        confidence_level=confidence_level,
    )


def _text_cost(store: Store, campaign: Campaign, as_of: datetime, texted: int) -> float | None:
    texts = collect_texts(store, campaign, as_of)
    return texts.amount / texted if texts.priced else None


def _require_sound(store: Store) -> None:
    if not isinstance(store, Store):
        raise DataError(f"{store!r} is not a store: open it first, with open_store")
    absent = [name for name in (*REQUIRED, "customers") if name not in store]
    if absent:
        raise StoreError(
            f"the store has no {' and no '.join(absent)}: segments need campaigns, assignments, "
            "orders and customers; add the table (data/README.md says its columns)"
        )
    errors = [finding for finding in check_store(store) if finding.severity == "error"]
    if errors:
        lines = "\n".join(f"- {finding.message} {finding.remedy}" for finding in errors)
        raise StoreError(f"the store breaks its contract:\n{lines}")


def _horizon(store: Store) -> datetime:
    last = read_last_order_at(store)
    return datetime(last.year, last.month, last.day, tzinfo=UTC)
