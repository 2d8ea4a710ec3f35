"""From a store to what a campaign changed in each segment of its customers."""

from datetime import date, datetime

from smsroi_models.attribution.campaigns import Campaign, read_campaign, read_last_order_at
from smsroi_models.attribution.multiplicity import compare_segments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.attribution.segment_records import Segments
from smsroi_models.attribution.segmented import collect_segments
from smsroi_models.attribution.spending import collect_texts
from smsroi_models.errors import NotReadyError
from smsroi_models.soundness import check_parameters, horizon, parse_as_of, require_sound
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
        If no segment can be compared, or there are more of them than can be told apart.
    ParameterError
        If a parameter lies outside its range.
    """
    check_parameters(confidence_level, pre_days)
    require_sound(store, "a comparison of segments", ["customers"])
    campaign = read_campaign(store, campaign_id)
    moment = parse_as_of(as_of) if as_of is not None else horizon(read_last_order_at(store))
    return read_segments(
        store,
        campaign,
        moment,
        by,
        outcome=outcome,
        confidence_level=confidence_level,
        pre_days=pre_days,
    )


def read_segments(
    store: Store,
    campaign: Campaign,
    moment: datetime,
    by: str,
    *,
    outcome: str = "margin",
    confidence_level: float,
    pre_days: int,
) -> Segments:
    """Return the lifts of a campaign's segments, from a store that was found sound.

    Raises
    ------
    NotReadyError, NotEstimableError, ParameterError
        As `segment_lifts`.
    """
    groups = collect_segments(store, campaign, moment, by, outcome=outcome, pre_days=pre_days)
    if not groups:
        raise NotReadyError(
            f"campaign {campaign.campaign_id!r} has no {campaign.window_days}-day window that is "
            f"over as of {moment:%Y-%m-%d %H:%M} UTC: read its segments later, or pass as_of"
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
