"""Everything that is checked before a campaign's figures are trusted."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.attribution.checks import Check, balanced, cut_off, enough_buyers, same_clock
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.spending import Texts
from smsroi_models.store.checks import Finding

# A text or two that went astray changes nothing; more makes the effect look smaller than it was.
CONTAMINATED_SHARE = 0.01
MOST_CONTAMINATED_SHARE = 0.5
# Opt-outs and dead numbers keep a few texts from going out or arriving, seldom half of them.
LEAST_SENT = LEAST_DELIVERED = 0.5
_COSTS_REMEDY = "Add the table messages with segments and prices, and the table costs."


def campaign_checks(
    campaign: Campaign,
    readiness: Readiness,
    as_of: datetime,
    last_order_at: datetime,
    arms: tuple[Moments, Moments],
    texts: Texts | None,
    other_costs: bool,
    findings: Sequence[Finding],
    confidence_level: float,
) -> tuple[Check, ...]:
    """Return the checks of a campaign, ranked.

    Parameters
    ----------
    campaign : Campaign
    readiness : Readiness
    as_of, last_order_at : datetime
        UTC; the second is of the whole store.
    arms : pair of Moments
        Treatment and holdout, of what `outcomes` measures, ``margin_cubed`` and ``assigned_day``.
    texts : Texts or None
    other_costs : bool
        Whether any cost beside the texts is booked.
    findings : sequence of Finding
        The store's warnings.
    confidence_level : float
    """
    orders = sum(arm.n * arm.mean_of("orders") for arm in arms)
    checks = (
        _windows_over(readiness, as_of),
        orders_reach(readiness, last_order_at, orders / campaign.window_days),
        balanced(*arms),
        same_clock(*arms),
        *left_alone(texts, arms[1].n),
        *mostly_delivered(texts, arms[0].n),
        enough_buyers(*arms, confidence_level),
        _costs(texts, other_costs),
        *_prices(texts),
        *_tables(findings),
    )
    return ranked(checks)


def ranked(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks with those that take the verdict away first, then by status."""
    rank = {"failed": 0, "informational": 1, "passed": 2}
    return tuple(sorted(checks, key=lambda check: (not check.invalidates, rank[check.status])))


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


def orders_reach(readiness: Readiness, last_order_at: datetime, orders_per_day: float) -> Check:
    """Check that the orders run to the end of the last window counted."""
    name = "Orders reach to the end"
    ends = readiness.counted_until
    silent_days = (ends - last_order_at) / timedelta(days=1) if ends else 0.0
    if not cut_off(orders_per_day, silent_days):
        return Check(name, "passed", "Orders run to the end of the last window counted.")
    return Check(
        name,
        "failed",
        f"The last order of the store is of {last_order_at:%Y-%m-%d %H:%M} UTC, but the last "
        f"window counted ended {ends:%Y-%m-%d %H:%M} UTC; at {orders_per_day:.1f} orders a day, "
        "the end is probably missing.",
        "Export the orders again, or read as of the day of the export.",
    )


def left_alone(texts: Texts | None, held_out: int) -> list[Check]:
    """Check that held-out customers were not texted; nothing without texts."""
    if texts is None:
        return []
    name, count = "Holdout left alone", texts.held_out_texted
    if count <= CONTAMINATED_SHARE * held_out:
        told = "No" if not count else f"Only {count:,} of {held_out:,}"
        return [Check(name, "passed", f"{told} held-out customers were texted.")]
    lost = count > MOST_CONTAMINATED_SHARE * held_out
    consequence = (
        "too few are left to compare with" if lost else "the effect looks smaller than it was"
    )
    return [
        Check(
            name,
            "failed",
            f"{count:,} of {held_out:,} held-out customers were texted all the same: "
            f"{consequence}.",
            "Find out how the sending list was made.",
            invalidates=lost,
        )
    ]


def mostly_delivered(texts: Texts | None, assigned: int) -> list[Check]:
    """Check that most texts went out in time and were delivered; nothing without texts."""
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
            f"assigned to be texted, and {texts.delivered:,} of all {texts.sent:,} were delivered: "
            "the table messages is not whole, or most customers had no text in time.",
            "Export the messages again, with their last status.",
            # A difference that came without any text is not the texts' doing.
            invalidates=texts.sent > 0 and 0 in (texts.in_time, texts.delivered),
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
    return Check(
        name,
        "failed",
        f"The store does not say {absent}: profit and return are better here than they were.",
        _COSTS_REMEDY,
    )


def _prices(texts: Texts | None) -> list[Check]:
    if texts is None or not texts.unpriced or not texts.priced:
        return []
    return [
        Check(
            "Prices of texts",
            "informational",
            f"{texts.unpriced:,} of {texts.sent:,} texts have no price: they count at the mean "
            "price of the others.",
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
