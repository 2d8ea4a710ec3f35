"""How often a campaign's customers are on the lists that follow, by the arm of its draw.

Whoever is on a list is mostly decided by what they did before. Where that includes purchases, and a
text causes purchases, a draw decides part of the lists that follow it. Those who opt out meanwhile
are left out of both arms: they are off the lists for another reason.
"""

from collections.abc import Sequence
from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables, days
from smsroi_models.audience.counts import ListSums
from smsroi_models.audience.decision_points import draws

FOLLOWED_BY_LISTS = 30  # days, those in which texts count as recent
_DAY = 86_400


def list_sums(store: Tables, as_of: datetime, *, left_out: Sequence[str] = ()) -> ibis.Table:
    """Return, lazily, a row per campaign and stratum: sums of the later lists, by arm.

    Parameters
    ----------
    store : Tables
        With ``assignments`` and ``subscriptions``.
    as_of : datetime
        UTC.
    left_out : sequence of str
        Programmes without texts of their own.

    Returns
    -------
    ibis.Table
        ``campaign_id, drawn_in, n, treated`` (customers), ``lists, lists_squared`` (sums of the
        campaigns that assigned them in the `FOLLOWED_BY_LISTS` days after), ``treated_lists``, and
        ``drawn, drawn_treated``, ``left, left_treated``: all who were drawn, and who of them opted
        out in those days.
    """
    after = ibis.range_window(
        following=(1, FOLLOWED_BY_LISTS * _DAY), group_by="customer_id", order_by="second"
    )
    rows = draws(store, as_of, left_out).mutate(one=1.0)
    rows = rows.mutate(lists=rows.one.sum().over(after).coalesce(0.0))
    outs = store["subscriptions"].filter(_.event == "opt_out").select("customer_id", "occurred_at")
    gone = (
        rows.join(outs, "customer_id")
        .filter(
            _.occurred_at >= _.assigned_at,
            _.occurred_at < _.assigned_at + days(FOLLOWED_BY_LISTS),
        )
        .select("campaign_id", "customer_id", gone=1.0)
        .distinct()
    )
    columns = ("campaign_id", "drawn_in", "treated", "lists")
    marked = rows.left_join(gone, ["campaign_id", "customer_id"]).select(
        *columns, left=_.gone.coalesce(0.0)
    )
    stays = marked.left == 0
    return marked.group_by("campaign_id", "drawn_in").aggregate(
        n=stays.sum(),
        treated=_.treated.sum(where=stays),
        lists=_.lists.sum(where=stays),
        lists_squared=(_.lists * _.lists).sum(where=stays),
        treated_lists=(_.treated * _.lists).sum(where=stays),
        drawn=_.count(),
        drawn_treated=_.treated.sum(),
        left=_.left.sum(),
        left_treated=(_.treated * _.left).sum(),
    )


def collect_list_sums(
    store: Tables, as_of: datetime, *, left_out: Sequence[str] = ()
) -> tuple[ListSums, ...]:
    """Collect them, in one query, in the order of campaigns and strata."""
    rows = list_sums(store, as_of, left_out=left_out).to_pyarrow().to_pylist()
    return tuple(
        ListSums(
            campaign_id=row.pop("campaign_id"),
            stratum=row.pop("drawn_in"),
            **{name: float(value or 0.0) for name, value in row.items()},
        )
        for row in sorted(rows, key=lambda row: (row["campaign_id"], row["drawn_in"]))
    )
