"""The segments of a campaign's customers, as the store knew them: the moments of each, in a query.

A segment must have been known before assignment. One that the campaign itself may change ("bought
this year") compares customers whom the text moved with others, and shows effects where there are
none.
"""

from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables
from smsroi_models.attribution.collect import Arms, collect_moments_by
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS, outcomes
from smsroi_models.errors import ParameterError

NO_SEGMENT = " (no value)"
"""Segment of those without one. No value is called that: values are read without space around."""

OUTCOMES = ("revenue", "margin", "orders", "converted", "opted_out")
_NOT_SEGMENTS = ("customer_id", "referrer_id")


def with_segment(store: Tables, customers: ibis.Table, by: str) -> ibis.Table:
    """Return, lazily, the customers with a column ``segment``, their value of ``customers.by``.

    Customers without a value, or of whom the store knows nothing, are in `NO_SEGMENT`.

    Parameters
    ----------
    store : Tables
        With ``customers``.
    customers : ibis.Table
        With ``customer_id``, from `outcomes`.
    by : str
        A text column of ``customers``.

    Raises
    ------
    ParameterError
        If the store has no table of customers, or that has no such column of text.
    """
    check_segments_by(store, by)
    known = store["customers"]
    segments = known.select("customer_id", segment=known[by].strip().nullif(""))
    return customers.left_join(segments, "customer_id").select(
        *customers.columns, segment=_.segment.coalesce(NO_SEGMENT)
    )


def check_segments_by(store: Tables, by: str) -> None:
    """Raise `ParameterError` unless ``by`` is a text column of the store's customers.

    Ids are none: they tell customers apart, not kinds of customers.
    """
    if "customers" not in store:
        raise ParameterError(
            f"by is {by!r}, but the store has no table customers: segments are read from it; add "
            "it (data/README.md says its columns)"
        )
    known = store["customers"]
    allowed = [
        name
        for name, dtype in known.schema().items()
        if dtype.is_string() and name not in _NOT_SEGMENTS
    ]
    if by not in allowed:
        raise ParameterError(f"by is {by!r}: use a column of customers, {' or '.join(allowed)}")


def collect_segments(
    store: Tables,
    campaign: Campaign,
    as_of: datetime,
    by: str = "segment",
    *,
    outcome: str = "margin",
    pre_days: int = 90,
) -> dict[str, Arms]:
    """Collect, in one query, the moments of both arms in each segment.

    Columns: the outcome, ``<outcome>_cubed``, ``converted`` and the pre-period's.

    Parameters
    ----------
    store : Tables
    campaign : Campaign
    as_of : datetime
        UTC. Customers whose window ends later are left out.
    by : str
        A text column of ``customers``.
    outcome : str
        A column of `outcomes`.
    pre_days : int
        Length of the pre-period, days.

    Raises
    ------
    ParameterError
        As `with_segment`, or if there is no such outcome.
    """
    customers = outcomes(store, campaign, as_of, pre_days=pre_days)
    measured = [name for name in OUTCOMES if name in customers.columns]
    if outcome not in measured:
        if outcome in OUTCOMES:
            raise ParameterError(
                f"outcome is {outcome!r}, but the store has no table subscriptions: it is read "
                f"from it; add it (data/README.md says its columns), or use {', '.join(measured)}"
            )
        raise ParameterError(f"outcome is {outcome!r}: use {', '.join(measured)}")
    cubed = f"{outcome}_cubed"
    rows = with_segment(store, customers, by).mutate(**{cubed: _[outcome] ** 3})
    columns = list(dict.fromkeys([outcome, cubed, "converted", *PRE_PERIOD_COLUMNS]))
    return collect_moments_by(rows, columns, "segment")
