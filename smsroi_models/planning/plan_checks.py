"""Whether a planned campaign can answer its question: each check passed, failed or informs."""

from collections.abc import Sequence
from datetime import datetime

from smsroi_models.attribution.checks import FEW_BUYERS, Check
from smsroi_models.attribution.design_checks import WEAK_ROI
from smsroi_models.planning.holdout import SHARES, HoldoutOption, Stakes
from smsroi_models.planning.prior import FEWEST_CAMPAIGNS

# Beyond a profit of three times the cost, what a test could show is no longer what one hopes for.
MOST_ROI = 3.0


def sight(chosen: HoldoutOption, options: Sequence[HoldoutOption]) -> Check:
    """Check that a return one could hope for would be seen."""
    name = "Returns that can be seen"
    roi = chosen.detectable.roi
    assert roi is not None  # a campaign without any cost is refused
    best = min((o.detectable.roi for o in options if o.detectable.roi is not None), default=roi)
    seen = (
        f"A true ROI of {roi:.0%} would be called a gain in {chosen.detectable.power:.0%} of cases"
    )
    if roi <= WEAK_ROI:
        return Check(name, "passed", f"{seen}.")
    wider = "Text a larger audience, or lengthen the window"
    remedy = f"{wider}; holding out more shows down to {best:.0%}." if best < roi else f"{wider}."
    text = f"{seen}; a smaller one will more likely read as unclear."
    return Check(name, "failed" if roi > MOST_ROI else "informational", text, remedy)


def buyers_expected(chosen: HoldoutOption, conversion: float, n_customers: int) -> Check:
    """Check that enough held-out customers will buy for the report to trust its intervals."""
    name, expected = "Enough buyers", round(chosen.buyers_held_out)
    if chosen.buyers_held_out >= FEW_BUYERS:
        text = f"About {expected:,} held-out customers are expected to buy."
        return Check(name, "passed", text)
    needed = FEW_BUYERS / (conversion * n_customers) if conversion else float("inf")
    share = next((share for share in SHARES if share >= needed), None)
    return Check(
        name,
        "failed",
        f"About {expected:,} held-out customers are expected to buy. Below {FEW_BUYERS}, a handful "
        "of large orders can carry the result, and its report will say so.",
        f"Hold out {100 * share:.3g}% or more, or lengthen the window."
        if share
        else "No share of this audience has as many: lengthen the window, or text more customers.",
    )


def expectation(stakes: Stakes, n_past: int) -> list[Check]:
    """Say where the expected profit comes from, and when it is a loss."""
    name, profit = "Expected profit", stakes.profit_per_text
    if profit is None:
        text = (
            f"Nothing is expected of this campaign: {n_past} past campaigns with a sound holdout "
            f"are {FEWEST_CAMPAIGNS - n_past} short of {FEWEST_CAMPAIGNS}. No value is put on "
            "knowing, nor a cost on holding out."
        )
        remedy = "Give the profit per text that you expect, and how unsure you are."
        return [Check(name, "informational", text, remedy)]
    if profit.standard_deviation == 0:
        text = "The profit is said to be known for certain: there is nothing to learn."
        return [Check(name, "failed", text, "Say how unsure you are.")]
    source = (
        f"pooled from {profit.n_campaigns} past campaigns" if profit.n_campaigns else "as given"
    )
    if profit.mean > 0:
        return [Check(name, "passed", f"A profit is expected, {source}.")]
    one_more = stakes.contribution_per_text
    assert one_more is not None
    # With the fixed costs spent anyway, one more text may still earn more than it costs.
    why = (
        "each text earns more than its own price, but together they do not earn the fixed costs"
        if one_more.mean > 0
        else "whoever is not texted saves money"
    )
    text = f"A loss is expected, {source}: {why}."
    return [Check(name, "informational", text, "Change the campaign, or text few to learn.")]


def worth_knowing(chosen: HoldoutOption) -> list[Check]:
    """Check that knowing is worth what holding out costs; nothing without a value."""
    if chosen.net_value is None:
        return []
    name = "Worth its cost"
    if chosen.net_value > 0:
        return [Check(name, "passed", "Knowing is worth more than holding out costs.")]
    return [
        Check(
            name,
            "informational",
            "On these expectations holding out costs more than knowing is worth for the decision "
            "ahead; what remains is proof.",
            "Hold out less, or learn for more campaigns to come.",
        )
    ]


def opted_in(known: bool, n_customers: int, n_measured: int) -> Check:
    """Say who can be texted, and whose spending was measured."""
    name = "Audience"
    if not known:
        return Check(
            name,
            "failed",
            "The store has no subscriptions: every customer counts as opted in.",
            "Import opt-ins and opt-outs, or the list will be shorter than planned.",
        )
    text = (
        f"{n_customers:,} customers can be texted; the spending of {n_measured:,} of them, "
        "customers for the whole window, was measured."
    )
    return Check(name, "passed", text)


def reach(first_order_at: datetime, needed_from: datetime) -> Check:
    """Check that the store's orders go back far enough to measure a window and its pre-period."""
    name = "Orders reach back"
    if first_order_at <= needed_from:
        return Check(name, "passed", "Orders cover the window and the period before it.")
    return Check(
        name,
        "failed",
        f"The first order of the store is of {first_order_at:%Y-%m-%d}, but what customers spend "
        f"is measured from {needed_from:%Y-%m-%d} on: spending varies more than it seems here.",
        "Import older orders.",
    )


def fixed_costs_known(known: bool) -> list[Check]:
    """Say that nothing but the texts counts towards the cost; nothing where more is known."""
    if known:
        return []
    text = "No cost beside the texts is booked or given: returns are better here than they will be."
    return [Check("Costs booked", "failed", text, "Give the fixed cost of the campaign.")]


def tables(findings: Sequence[tuple[str, str, str]]) -> list[Check]:
    """Hand on what was found wrong in the tables: name of the table, message and remedy."""
    return [Check(f"Table {name}", "informational", text, todo) for name, text, todo in findings]


def failed_first(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks in the order in which a reader wants them."""
    rank = {"failed": 0, "informational": 1, "passed": 2}
    return tuple(sorted(checks, key=lambda check: rank[check.status]))
