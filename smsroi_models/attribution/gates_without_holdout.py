"""What is checked, and said, before a figure without a holdout is read."""

import math
from collections.abc import Sequence
from datetime import datetime

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.counterfactual import Counterfactual
from smsroi_models.attribution.placebo import Placebo
from smsroi_models.attribution.series import DAY, DailySeries
from smsroi_models.attribution.spending import Texts
from smsroi_models.store.checks import Finding

# Fewer, and a handful of large orders can carry the sum of the window.
FEW_ORDERS = 100
# With less, what is counted is a minor part of the campaign.
LEAST_COUNTED = 1 / 3
# Opt-outs and dead numbers keep a few texts from going out or arriving, seldom half of them.
LEAST_SENT = LEAST_DELIVERED = 0.5
_HOLD_OUT = "Hold out a tenth of the next campaign: smsroi plan says how many are enough."
_COSTS_REMEDY = "Add the table messages with segments and prices, and the table costs."


def series_checks(
    series: DailySeries,
    assigned: int,
    margin: Counterfactual,
    tried: Placebo,
    cost: float | None,
    texts: Texts | None,
    other_costs: bool,
    last_order_at: datetime,
    findings: Sequence[Finding],
) -> tuple[Check, ...]:
    """Return the checks of a campaign that held nobody out, failed ones first.

    Parameters
    ----------
    series : DailySeries
    assigned : int
    margin : Counterfactual
    tried : Placebo
    cost : float or None
    texts : Texts or None
    other_costs : bool
        Whether any cost beside the texts is booked.
    last_order_at : datetime
        Of the whole store, UTC.
    findings : sequence of Finding
        The store's warnings.
    """
    checks = [
        _larger_than_chance(margin, tried, cost),
        _quiet(tried),
        _fit(margin),
        _days(series, margin),
        _controls(series),
        _counted(series, assigned),
        _orders(series),
        _orders_reach(series, last_order_at),
        *_delivered(texts, assigned),
        _costs(texts, other_costs),
        *_tables(findings),
    ]
    rank = {"failed": 0, "informational": 1, "passed": 2}
    return tuple(sorted(checks, key=lambda check: rank[check.status]))


def _larger_than_chance(margin: Counterfactual, tried: Placebo, cost: float | None) -> Check:
    name, money = "Larger than chance", "profit or loss" if cost is not None else "change"
    found = abs(margin.total.mean - (cost or 0.0))
    share = tried.largest / margin.expected_total if margin.expected_total > 0 else math.inf
    of = f"{share:.0%} of what the window was expected to bring"
    if found > tried.largest:
        text = f"The {money} is larger than the largest error on a quiet stretch, {of}."
        return Check(name, "passed", text)
    return Check(
        name,
        "failed",
        f"On a quiet stretch, where nothing happened, the method was off by {of}: as much as the "
        f"{money} found. The two cannot be told apart.",
        _HOLD_OUT,
    )


def _quiet(tried: Placebo) -> Check:
    count = len(tried.stretches)
    return Check(
        "Quiet stretches",
        "passed",
        f"Tried on {count} stretches before the campaign, where the true effect is zero, the "
        f"method's interval held zero {tried.covered} times; it was off by "
        f"{tried.error_share:.0%} of their margin on average.",
    )


def _fit(margin: Counterfactual) -> Check:
    return Check(
        "Fit before the campaign",
        "passed",
        "Level, drift and week leave no pattern in the daily errors before the campaign "
        f"(Ljung-Box p = {margin.pattern_p_value:.2f}).",
    )


def _days(series: DailySeries, margin: Counterfactual) -> Check:
    left_out = int(series.disturbed.sum())
    text = f"{margin.learnt_days} days before the campaign were learnt from"
    if not left_out:
        return Check("Days to learn from", "passed", f"{text}.")
    names = ", ".join(other.campaign_id for other in series.others[-3:])
    return Check(
        "Days to learn from",
        "informational",
        f"{text}; {left_out} more are left out, because other campaigns ({names}) reached the same "
        "customers on them.",
    )


def _controls(series: DailySeries) -> Check:
    if series.has_controls:
        text = f"{series.controls:,} customers whom no text touched show what the season did."
        return Check("Untouched customers", "passed", text)
    return Check(
        "Untouched customers",
        "informational",
        "Too few customers were left untouched to compare with: a holiday, a price or a rival's "
        "sale in the same days cannot be told from the campaign.",
        _HOLD_OUT,
    )


def _counted(series: DailySeries, assigned: int) -> Check:
    name, share = "Customers counted", series.counted / assigned
    if series.counted == assigned:
        return Check(name, "passed", f"All {assigned:,} assigned customers are counted.")
    return Check(
        name,
        "informational" if share >= LEAST_COUNTED else "failed",
        f"{series.counted:,} of {assigned:,} assigned customers ({share:.0%}) are counted, with "
        f"their share of the costs: the others were acquired after {series.span.begins_at:%Y-%m-%d}"
        " and have no past to compare with.",
        "A shorter pre-period (pre_days) counts more of them, and learns less.",
    )


def _orders(series: DailySeries) -> Check:
    name, span = "Enough orders", series.span
    usual = float(series.orders[: span.pre_days].mean()) * span.window_days
    if usual >= FEW_ORDERS:
        text = f"As many days as the window has usually bring {usual:,.0f} orders."
        return Check(name, "passed", text)
    return Check(
        name,
        "failed",
        f"As many days as the window has usually bring only {usual:,.0f} orders, fewer than "
        f"{FEW_ORDERS}: a handful of large ones can carry the result, and intervals miss the truth "
        "more often than they say.",
        "Read several campaigns together, or lengthen the window.",
    )


def _orders_reach(series: DailySeries, last_order_at: datetime) -> Check:
    name, ends = "Orders reach to the end", series.span.ends_at
    silent_days = max((ends - last_order_at) / DAY, 0.0)
    # Orders as a Poisson process: a silence this long is rarer than 1 in 1,000.
    if float(series.orders.mean()) * silent_days < -math.log(0.001):
        return Check(name, "passed", "Orders run to the end of the window.")
    return Check(
        name,
        "failed",
        f"The last order of the store is of {last_order_at:%Y-%m-%d %H:%M} UTC, but the window "
        f"ended {ends:%Y-%m-%d %H:%M} UTC: the end is probably missing.",
        "Export the orders again, or read as of the day of the export.",
    )


def _delivered(texts: Texts | None, assigned: int) -> list[Check]:
    if texts is None:
        return []
    name = "Texts delivered"
    if texts.in_time >= assigned * LEAST_SENT and texts.delivered >= texts.sent * LEAST_DELIVERED:
        share = texts.delivered / texts.sent
        return [Check(name, "passed", f"{share:.0%} of {texts.sent:,} texts were delivered.")]
    return [
        Check(
            name,
            "failed",
            f"{texts.in_time:,} texts went out in the window of the {assigned:,} customers "
            f"assigned, and {texts.delivered:,} of all {texts.sent:,} were delivered: the table "
            "messages is not whole, or most customers had no text in time.",
            "Export the messages again, with their last status.",
        )
    ]


def _costs(texts: Texts | None, other_costs: bool) -> Check:
    name = "Costs booked"
    priced = texts is not None and texts.amount > 0
    if priced and other_costs:
        return Check(name, "passed", "Texts and other costs are booked.")
    if not priced and not other_costs:
        text = "The store does not say any cost: no profit and no return are given."
        return Check(name, "failed", text, _COSTS_REMEDY)
    absent = "any cost beside the texts" if priced else "what the texts cost"
    text = f"The store does not say {absent}: profit and return are better here than they were."
    return Check(name, "failed", text, _COSTS_REMEDY)


def _tables(findings: Sequence[Finding]) -> list[Check]:
    if not findings:
        return [Check("Tables", "passed", "Every table keeps its contract.")]
    return [
        Check(f"Table {finding.table}", "informational", finding.message, finding.remedy)
        for finding in findings
    ]
