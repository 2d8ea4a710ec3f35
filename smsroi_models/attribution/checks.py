"""What a reader must know before trusting the figures: each check passed, failed or informs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from smsroi_models.attribution.campaigns import Readiness
from smsroi_models.attribution.estimates import OutcomeLift
from smsroi_models.attribution.spending import Texts
from smsroi_models.records import Record
from smsroi_models.store.checks import Finding

# From 100 buyers in the smaller arm on, 95 % intervals of spend cover 93 to 95 %; with 50, and a
# holdout of a fifth, an idle campaign's lift is called positive in 5 to 8 % of cases instead of
# 2.5 %. Measured by the calibration suite: docs/methods.md.
FEW_BUYERS = 100


@dataclass(frozen=True, slots=True)
class Check(Record):
    """One check: a short name, its status, what was seen, and what to do about it."""

    name: str
    status: Literal["passed", "failed", "informational"]
    text: str
    remedy: str = ""


def campaign_checks(
    readiness: Readiness,
    as_of: datetime,
    last_order_at: datetime,
    orders_per_day: float,
    texts: Texts | None,
    lift: Mapping[str, OutcomeLift],
    findings: Sequence[Finding],
) -> tuple[Check, ...]:
    """Return the checks of a campaign, failed ones first.

    Parameters
    ----------
    readiness : Readiness
    as_of, last_order_at : datetime
        UTC; the second is of the whole store.
    orders_per_day : float
        Orders a day of the customers counted, over their windows.
    texts : Texts or None
    lift : mapping of str to OutcomeLift
        With ``converted``.
    findings : sequence of Finding
        The store's warnings.
    """
    checks = [
        _windows_over(readiness, as_of),
        _orders_reach(readiness, last_order_at, orders_per_day),
        _enough_buyers(lift["converted"]),
        *_prices(texts),
        *_tables(findings),
    ]
    rank = {"failed": 0, "informational": 1, "passed": 2}
    return tuple(sorted(checks, key=lambda check: rank[check.status]))


def _windows_over(readiness: Readiness, as_of: datetime) -> Check:
    name = "Outcome windows"
    assigned = sum(readiness.assigned.values())
    if not readiness.waiting:
        return Check(name, "passed", f"All {assigned:,} assigned customers had their full window.")
    return Check(
        name,
        "informational",
        f"{readiness.waiting:,} of {assigned:,} assigned customers are left out: their window was "
        f"not over on {as_of:%Y-%m-%d}. Fixed costs are counted in the same proportion.",
        f"Read again after {readiness.last_ready_at:%Y-%m-%d}.",
    )


def _orders_reach(readiness: Readiness, last_order_at: datetime, orders_per_day: float) -> Check:
    name = "Orders reach to the end"
    ends = readiness.counted_until
    silent_days = (ends - last_order_at) / timedelta(days=1) if ends else 0.0
    # Orders as a Poisson process: a silence this long is rarer than 1 in 1,000.
    if orders_per_day * silent_days < -math.log(0.001):
        return Check(
            name, "passed", "Orders are recorded up to the end of the last window counted."
        )
    return Check(
        name,
        "failed",
        f"The last order of the store is of {last_order_at:%Y-%m-%d %H:%M} UTC, but the last "
        f"window counted ended {ends:%Y-%m-%d %H:%M} UTC; at {orders_per_day:.1f} orders a day, "
        "the end is probably missing.",
        "Export the orders again, or read as of the day of the export.",
    )


def _enough_buyers(converted: OutcomeLift) -> Check:
    name = "Enough buyers"
    plain = converted.unadjusted
    buyers = {
        "texted": round(plain.n_treatment * plain.mean_treatment),
        "held-out": round(plain.n_holdout * plain.mean_holdout),
    }
    arm, fewest = min(buyers.items(), key=lambda item: item[1])
    if fewest >= FEW_BUYERS:
        return Check(
            name,
            "passed",
            f"{buyers['texted']:,} texted and {buyers['held-out']:,} held-out customers bought.",
        )
    leaning = "better" if arm == "held-out" else "worse"
    return Check(
        name,
        "failed",
        f"Only {fewest} {arm} customers bought. With fewer than {FEW_BUYERS} a handful of large "
        "orders can carry the result: intervals of money miss the truth more often than they say, "
        f"mostly by making the campaign look {leaning} than it was.",
        "Hold out a larger share, lengthen the window, or rely on how many customers bought.",
    )


def _prices(texts: Texts | None) -> list[Check]:
    if texts is None or not texts.unpriced:
        return []
    priced = texts.sent - texts.unpriced
    how = (
        "they count at the mean price of the others" if priced else "texts are missing in the cost"
    )
    return [
        Check(
            "Prices of texts",
            "informational" if priced else "failed",
            f"{texts.unpriced:,} of {texts.sent:,} texts have no price: {how}.",
            "Import the carrier's prices.",
        )
    ]


def _tables(findings: Sequence[Finding]) -> list[Check]:
    if not findings:
        return [Check("Tables", "passed", "Every table keeps its contract.")]
    return [
        Check(f"Table {finding.table}", "informational", finding.message, finding.remedy)
        for finding in findings
    ]
