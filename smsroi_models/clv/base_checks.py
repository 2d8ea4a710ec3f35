"""Everything that is checked before the value of a customer base is trusted."""

from collections.abc import Sequence
from datetime import date

from smsroi_models.attribution.checks import Check, cut_off
from smsroi_models.clv.gamma_gamma import GammaGamma

# Standard errors of the parameters are large-sample ones: docs/lifetime_value.md, how many.
FEW_REPEAT_BUYERS = 200
# Shares of customers of whom earlier orders are missing.
FEW_EARLIER, MANY_EARLIER = 0.02, 0.1
MUCH_ASSUMED = 0.25
# The value under another model that describes the customers as well, as a share of this one's.
LARGEST_DISAGREEMENT = 0.15
_RANK = {"failed": 0, "informational": 1, "passed": 2}


def ranked(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return the checks, failed ones first."""
    return tuple(sorted(checks, key=lambda check: _RANK[check.status]))


def orders_reach(last_day: date, observation_end: date, orders_per_day: float) -> Check:
    """Check that orders run to the end of what counts as observed, so that silence means leaving.

    Whole days alone are counted: a shop sleeps at night.

    Parameters
    ----------
    last_day : date
        Of the last order.
    observation_end : date
        Last day observed.
    orders_per_day : float
    """
    name = "Orders reach to the end"
    silent_days = (observation_end - last_day).days
    if not cut_off(orders_per_day, silent_days):
        return Check(name, "passed", f"Orders run up to {last_day:%Y-%m-%d}.")
    return Check(
        name,
        "failed",
        f"The last order counted is of {last_day:%Y-%m-%d}, and {silent_days} days up to "
        f"{observation_end:%Y-%m-%d} have none; at {orders_per_day:.1f} orders a day, the end is "
        "probably missing. Every customer then looks as if gone, and the value is too low.",
        "Export the orders again, or read as of the day of the export.",
    )


def enough_repeat_buyers(n_repeat_buyers: int, n_customers: int) -> Check:
    """Check that there are enough repeat buyers for the parameters' errors to be what they say."""
    name = "Enough repeat buyers"
    seen = f"{n_repeat_buyers:,} of {n_customers:,} customers have bought on more than one day"
    if n_repeat_buyers >= FEW_REPEAT_BUYERS:
        return Check(name, "passed", f"{seen}.")
    return Check(
        name,
        "failed",
        f"{seen}. With fewer than {FEW_REPEAT_BUYERS} the models rest on a handful of people, and "
        "intervals are narrower than they should be.",
        "Wait for more orders, or take in more of the past.",
    )


def history_long_enough(observed_weeks: float, horizon_weeks: float) -> Check:
    """Check that the past reaches back as far as the figures look ahead."""
    name = "History as long as the horizon"
    seen = f"Orders reach back {observed_weeks:.0f} weeks; the figures look {horizon_weeks:g} ahead"
    if observed_weeks >= horizon_weeks:
        return Check(name, "passed", f"{seen}.")
    far = horizon_weeks > 2 * observed_weeks
    return Check(
        name,
        "failed" if far else "informational",
        f"{seen}. How customers leave is carried on beyond what anybody has observed"
        + (", by far: the figures are a guess." if far else "."),
        "Shorten the horizon." if far else "",
    )


def past_complete(earlier_share: float | None, earlier_days: int) -> tuple[Check, ...]:
    """Check that the store holds customers' first orders; none where it does not say."""
    if earlier_share is None:
        return ()
    name = "Orders from the beginning"
    seen = (
        f"{earlier_share:.1%} of the customers were acquired more than {earlier_days} days before "
        "their first order in the store"
    )
    if earlier_share <= FEW_EARLIER:
        return (Check(name, "passed", f"{seen}."),)
    return (
        Check(
            name,
            "failed" if earlier_share > MANY_EARLIER else "informational",
            f"{seen}: their earlier orders are probably missing, so that they look like newcomers "
            "and the rates at which customers buy and leave are mistaken.",
            "Add the older orders, or leave customers out who came before them.",
        ),
    )


def margin_known(assumed_share: float) -> tuple[Check, ...]:
    """Say how much of the revenue has no booked cost; none where the margin rate was given."""
    name = "Margin booked"
    seen = f"The cost of goods is booked for {1 - assumed_share:.0%} of revenue"
    if assumed_share <= MUCH_ASSUMED:
        return (Check(name, "passed", f"{seen}."),)
    return (
        Check(
            name,
            "informational",
            f"{seen}; of the rest, the latest campaign's margin rate is assumed, and the value "
            "moves with it in proportion.",
            "Book the cost of goods with the orders.",
        ),
    )


def spend_has_spread(spend_model: GammaGamma) -> tuple[Check, ...]:
    """Say where spend has so long a tail that no range for what will come can be given."""
    if spend_model.q > 2:
        return ()
    return (
        Check(
            "Tail of spend",
            "informational",
            f"Mean spend differs so much between customers (q = {spend_model.q:.2f}, at most 2) "
            "that its variance is infinite: what the customers will actually bring has no range.",
            "Look for test orders and bulk buyers among the largest.",
        ),
    )


def models_agree(values: dict[str, float], rivals: Sequence[str], model: str) -> tuple[Check, ...]:
    """Check that models which describe the customers as well value them alike.

    Parameters
    ----------
    values : dict of str to float
        Value of the base by model.
    rivals : sequence of str
        Models that the likelihood cannot tell from the chosen one.
    model : str
        The chosen one.
    """
    others = [name for name in rivals if name != model and name in values]
    if not others:
        return ()
    name = "Models agree"
    ratios = [values[other] / values[model] for other in others]
    worst = max(ratios, key=lambda ratio: abs(ratio - 1))
    seen = (
        "Another model that describes the customers as well makes the value "
        f"{abs(worst - 1):.0%} {'higher' if worst > 1 else 'lower'}"
    )
    if abs(worst - 1) <= LARGEST_DISAGREEMENT:
        return (Check(name, "passed", f"{seen}."),)
    return (
        Check(
            name,
            "informational",
            f"{seen}. The interval does not hold that: it takes the chosen model for true.",
            "Wait for more orders, or shorten the horizon.",
        ),
    )
