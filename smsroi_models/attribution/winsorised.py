"""Customers' spend with its extremes cut to a common cap, beside the spend as it was.

A single order may carry a lift of money. Winsorising (Tukey 1962, section 14) asks what is left
without it: each customer's revenue and margin are cut to a quantile of the customers who bought,
both arms together, so that the cap does not depend on the arm. It is the percentile capping of
experiment platforms that leave zeros out (GrowthBook, Statsig).

The capped lift is another quantity: what the campaign changed in spend below the cap. It is smaller
than the lift of money where the campaign also brought large orders, and no money follows from it.
"""

import math
from dataclasses import dataclass

import ibis
from ibis import _

from smsroi_models.errors import ParameterError
from smsroi_models.records import Record
from smsroi_models.store.tables import ARMS

CAPPED = ("revenue_capped", "margin_capped")


@dataclass(frozen=True, slots=True)
class Caps(Record):
    """Where spend was cut, and for whom.

    Attributes
    ----------
    quantile : float
        In (0.5, 1).
    buyers : int
        Customers of both arms who bought.
    revenue_cap, margin_cap : float
        Per customer, in the store's currency, at least 0.
    margin_floor : float
        At most 0.
    capped_treatment, capped_holdout : int
        Customers of each arm whose margin was cut, at either end.
    margin_treatment, margin_holdout : float
        Margin that was cut away in each arm, in the store's currency; negative where losses were.
    """

    quantile: float
    buyers: int
    revenue_cap: float
    margin_cap: float
    margin_floor: float
    capped_treatment: int
    capped_holdout: int
    margin_treatment: float
    margin_holdout: float

    @property
    def n_capped(self) -> int:
        """Customers of both arms whose margin was cut."""
        return self.capped_treatment + self.capped_holdout


def with_capped(customers: ibis.Table, caps: Caps) -> ibis.Table:
    """Return, lazily, the customers with ``revenue_capped`` and ``margin_capped``.

    Parameters
    ----------
    customers : ibis.Table
        From `outcomes`: ``revenue`` and ``margin``.
    caps : Caps
        From `collect_caps`, of the same customers.

    Examples
    --------
    Of four buyers at 0.75 the third is the cap; who did not buy stays at 0:

    >>> spend = [10.0, 20.0, 30.0, 999.0, 0.0]
    >>> rows = ibis.memtable(
    ...     {"arm": ["treatment"] * 5, "revenue": spend, "margin": spend,
    ...      "converted": [1.0, 1.0, 1.0, 1.0, 0.0]}
    ... )
    >>> capped = with_capped(rows, collect_caps(rows, 0.75))
    >>> sorted(capped.revenue_capped.to_pyarrow().to_pylist())
    [0.0, 10.0, 20.0, 30.0, 30.0]
    """
    margin = ibis.least(_.margin, ibis.literal(caps.margin_cap))
    return customers.mutate(
        revenue_capped=ibis.least(_.revenue, ibis.literal(caps.revenue_cap)),
        margin_capped=ibis.greatest(margin, ibis.literal(caps.margin_floor)),
    )


def caps_of(customers: ibis.Table, quantile: float) -> ibis.Table:
    """Return, lazily, one row: ``revenue_cap, margin_cap, margin_floor`` and ``buyers``."""
    by_revenue = ibis.window(order_by="revenue")
    by_margin = ibis.window(order_by="margin")
    # Ranks rather than a quantile function: not every engine has an exact one.
    ranked = customers.filter(_.converted > 0).mutate(
        revenue_rank=ibis.row_number().over(by_revenue) + 1,
        margin_rank=ibis.row_number().over(by_margin) + 1,
        buyers=ibis._.count().over(ibis.window()),
    )
    # Less than a rank by rounding must not become the next one.
    highest = (quantile * _.buyers - 1e-9).ceil()
    lowest = _.buyers + 1 - highest
    return ranked.aggregate(
        revenue_cap=ibis.greatest(_.revenue.max(where=_.revenue_rank <= highest), 0.0).coalesce(
            0.0
        ),
        margin_cap=ibis.greatest(_.margin.max(where=_.margin_rank <= highest), 0.0).coalesce(0.0),
        margin_floor=ibis.least(_.margin.min(where=_.margin_rank >= lowest), 0.0).coalesce(0.0),
        buyers=_.count(),
    )


def caps_counted(customers: ibis.Table, quantile: float) -> ibis.Table:
    """Return, lazily, a row an arm: the caps, who was cut and how much of the margin."""
    within = ibis.greatest(ibis.least(_.margin, _.margin_cap), _.margin_floor)
    return (
        customers.cross_join(caps_of(customers, quantile))
        .mutate(margin_capped=within)
        .group_by("arm")
        .aggregate(
            revenue_cap=_.revenue_cap.max(),
            margin_cap=_.margin_cap.max(),
            margin_floor=_.margin_floor.min(),
            buyers=_.buyers.max(),
            capped=(_.margin != _.margin_capped).sum(),
            margin=(_.margin - _.margin_capped).sum(),
        )
    )


def collect_caps(customers: ibis.Table, quantile: float = 0.99) -> Caps | None:
    """Collect, in one query, the caps and how many customers of each arm they cut.

    Revenue is cut above. Margin is cut at both ends, at the quantile and at one less the quantile,
    because a refunded or misbooked order may carry a result downwards just as well; its cap is at
    least 0 and its floor at most 0, so that those who did not buy stay at 0. The caps are values
    of customers (nearest rank, R's type 1), the same in every engine: with q of n buyers, the
    value of rank ceil(q n).

    Parameters
    ----------
    customers : ibis.Table
        From `outcomes`: ``arm``, ``revenue``, ``margin`` and ``converted``.
    quantile : float
        In (0.5, 1).

    Returns
    -------
    Caps or None
        None where nobody bought: there is no spend to cap.

    Raises
    ------
    ParameterError
        If the quantile lies outside (0.5, 1).

    References
    ----------
    Tukey (1962), The future of data analysis, Annals of Mathematical Statistics 33(1), section 14.
    Hyndman and Fan (1996), The American Statistician 50(4), definition 1.
    """
    _check_quantile(quantile)
    rows = caps_counted(customers, quantile).to_pyarrow().to_pylist()
    if not rows or not rows[0]["buyers"]:
        return None
    found = {row["arm"]: row for row in rows}
    capped = [int(found[arm]["capped"]) if arm in found else 0 for arm in ARMS]
    margin = [float(found[arm]["margin"]) if arm in found else 0.0 for arm in ARMS]
    return Caps(
        quantile=quantile,
        buyers=int(rows[0]["buyers"]),
        revenue_cap=float(rows[0]["revenue_cap"]),
        margin_cap=float(rows[0]["margin_cap"]),
        margin_floor=float(rows[0]["margin_floor"]),
        capped_treatment=capped[0],
        capped_holdout=capped[1],
        margin_treatment=margin[0],
        margin_holdout=margin[1],
    )


def _check_quantile(quantile: float) -> None:
    if not (isinstance(quantile, float) and math.isfinite(quantile) and 0.5 < quantile < 1):
        raise ParameterError(
            f"quantile is {quantile!r}: it must lie between 0.5 and 1, such as 0.99"
        )
