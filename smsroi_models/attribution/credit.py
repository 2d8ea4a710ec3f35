"""Credit for orders and events under rules, from the ledger: lazy expressions.

Rules are data here too: they become a small table of kinds and windows that is joined to the
ledger, so that many rules cost one query of the same shape as one.

Of several touches in their windows the latest wins; within one second (engines disagree on finer
parts) the stronger evidence, in the order of `rules.KINDS`, and then the campaign that started
later. Touches that are alike even so share the credit.
"""

import math
from collections.abc import Sequence
from typing import Any

import ibis
from ibis import _

from smsroi_models.attribution.rules import KINDS, RECEIPTS, AttributionRule

_DAY = 86_400
# Above every touch's rank in time, so that a response beats a receipt whenever it was.
_RESPONSE = 1 << 52
_SCHEMA = ibis.schema(
    {
        "rule": "int64",
        "kind": "string",
        "seconds": "int64",
        "calendar_days": "int64",
        "any_time": "boolean",
        "bonus": "int64",
        "credits": "string",
        "once": "boolean",
    }
)
_KEYS = ("rule", "conversion_id", "customer_id", "arm", "type", "revenue", "value")


def with_credit(ledger: ibis.Table, rule: AttributionRule) -> ibis.Table:
    """Return, lazily, the ledger with ``credit``: each touch's part of its conversion.

    Parameters
    ----------
    ledger : ibis.Table
        From `touches.ledger`, reaching as far back as the rule does.
    rule : AttributionRule

    Returns
    -------
    ibis.Table
        ``credit`` lies in [0, 1], and never is null. Under ``last`` and ``linear`` it sums to 1
        over the touches of a conversion that has one in its window; under ``all``, over those of
        each campaign.
    """
    inside = _inside(ledger, [rule])
    whole = ["conversion_id", "campaign_id"] if rule.credit == "all" else ["conversion_id"]
    top = inside.mutate(top=_.key.max().over(group_by=whole))
    winners = top if rule.credit == "linear" else top.filter(_.key == _.top)
    credit = 1.0 / winners.count().over(group_by=whole)
    credited = winners.select("conversion_id", "touch_id", credit=credit)
    joined = ledger.left_join(credited, ["conversion_id", "touch_id"])
    return joined.select(*ledger.columns, credit=_.credit.coalesce(0.0))


def campaign_shares(
    ledger: ibis.Table, campaign_id: str, rules: Sequence[AttributionRule]
) -> ibis.Table:
    """Return, lazily, a row per rule and conversion: what part of it the campaign is credited with.

    Parameters
    ----------
    ledger : ibis.Table
        From `touches.ledger`, reaching as far back as the rules do.
    campaign_id : str
    rules : sequence of AttributionRule

    Returns
    -------
    ibis.Table
        ``rule`` (position among the rules), ``conversion_id, customer_id, arm, type, revenue,
        value, share``, in (0, 1]. Conversions without credit are absent.
    """
    inside = _inside(ledger, rules)
    own = inside.campaign_id == campaign_id
    counted = inside.group_by(*_KEYS, "credits").aggregate(
        top=_.key.max(), own_top=_.key.max(where=own), n=_.count(), n_own=own.sum()
    )
    share = ibis.cases(
        (_.credits == "linear", _.n_own.cast("float64") / _.n),
        (_.credits == "all", (_.n_own > 0).cast("float64")),
        else_=(_.own_top == _.top).cast("float64"),
    )
    return counted.mutate(share=share).filter(_.share > 0).select(*_KEYS, "share")


def rules_table(rules: Sequence[AttributionRule]) -> ibis.Table:
    """Return a row for each rule and kind of touch that has a window in it."""
    rows: list[dict[str, Any]] = []
    for i, rule in enumerate(rules):
        for kind in KINDS:
            window = rule.window_days(kind)
            if window is None:
                continue
            endless = math.isinf(window)
            active = rule.ties == "click" and kind not in RECEIPTS
            rows.append(
                {
                    "rule": i,
                    "kind": kind,
                    "seconds": 0 if endless else round(window * _DAY),
                    "calendar_days": int(window) if rule.calendar and not endless else None,
                    "any_time": endless,
                    "bonus": _RESPONSE if active else 0,
                    "credits": rule.credit,
                    "once": rule.once_per_customer,
                }
            )
    return ibis.memtable(rows, schema=_SCHEMA)


def _inside(ledger: ibis.Table, rules: Sequence[AttributionRule]) -> ibis.Table:
    """Return a row for each rule and each touch that is in its window, with its rank as ``key``."""
    kind = ibis.cases(*((ledger.kind == name, i) for i, name in enumerate(KINDS)), else_=0)
    seconds = ledger.touched_at.epoch_seconds().cast("int64")
    ranked = ledger.mutate(
        rank=(seconds * 16 + kind.cast("int64")) * (1 << 16) + ledger.campaign_order,
        elapsed_days=_day(ledger.converted_at) - _day(ledger.clock_at),
    )
    pairs = ranked.join(rules_table(rules), "kind")
    rolling = pairs.converted_at < pairs.clock_at + pairs.seconds.as_interval("s")
    within = pairs.calendar_days.isnull().ifelse(rolling, pairs.elapsed_days < pairs.calendar_days)
    inside = pairs.filter((pairs.any_time | within).fill_null(False)).mutate(key=_.rank + _.bonus)
    if not any(rule.once_per_customer for rule in rules):
        return inside
    mine = ibis.window(
        group_by=["rule", "customer_id", "campaign_id", "type"],
        order_by=["converted_at", "conversion_id"],
    )
    first = inside.mutate(first=_.conversion_id.first().over(mine))
    return first.filter(~_.once | (_.conversion_id == _.first)).drop("first")


def _day(moment: ibis.Value) -> ibis.Value:
    """Return the day of a moment, counted from 1970, in UTC, as every store's session is."""
    return (moment.epoch_seconds() / _DAY).floor().cast("int64")
