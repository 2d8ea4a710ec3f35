"""Whether two arms can be compared: each check passed, failed or informs."""

import math
from dataclasses import dataclass
from typing import Literal

from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.skewness import share_above_truth, skewness_of_difference
from smsroi_models.attribution.student import p_value
from smsroi_models.records import Record

# With a holdout of a fifth and 50 buyers in it, an idle campaign's lift of money is called positive
# in 5 to 8 % of cases instead of 2.5 %; from 100 on, skewness as observed can be relied on to tell.
# Measured by the calibration suite: docs/methods.md.
FEW_BUYERS = 100
# 4 % of intervals on one side of the truth instead of 2.5 %. Where tails are heavy, the skewness
# observed is less than the true one: what fails here is worse than it looks.
MOST_ONE_SIDED = 1.6
# Half a day: less is the hour at which a list was worked through.
SAME_TIME_DAYS = 0.5
# Of arms drawn at random, one in a thousand campaigns fails by chance.
UNBALANCED_P_VALUE = 0.001


@dataclass(frozen=True, slots=True)
class Check(Record):
    """One check: a short name, its status, what was seen, and what to do about it.

    ``invalidates`` says of a failed check that no verdict can be given at all.
    """

    name: str
    status: Literal["passed", "failed", "informational"]
    text: str
    remedy: str = ""
    invalidates: bool = False


def cut_off(orders_per_day: float, silent_days: float) -> bool:
    """Tell whether orders have been silent too long for the silence to be chance.

    Orders as a Poisson process: a silence as long is rarer than 1 in 1,000.

    Examples
    --------
    >>> cut_off(2.0, 3.0), cut_off(2.0, 4.0)
    (False, True)
    """
    return orders_per_day * silent_days >= -math.log(0.001)


def buyers(arm: Moments) -> int:
    """Return how many customers of an arm bought, from the mean of ``converted``."""
    return round(arm.n * arm.mean_of("converted"))


def enough_buyers(treatment: Moments, holdout: Moments, confidence_level: float) -> Check:
    """Check that the interval of the margin covers about as often as it says.

    Fails with fewer than `FEW_BUYERS` buyers in an arm, and where skewness makes the interval miss
    on one side more than `MOST_ONE_SIDED` times as often as stated.

    Parameters
    ----------
    treatment, holdout : Moments
        Of ``converted``, ``margin`` and ``margin_cubed``.
    confidence_level : float
    """
    name, remedy = "Enough buyers", "Hold out a larger share, or lengthen the window."
    texted, held = buyers(treatment), buyers(holdout)
    skewness = skewness_of_difference(treatment, holdout, "margin", "margin_cubed")
    above = share_above_truth(skewness, confidence_level)
    stated = (1 - confidence_level) / 2
    leaning = "better" if above > stated else "worse"
    if min(texted, held) < FEW_BUYERS:
        seen = (
            f"Only {min(texted, held)} {'texted' if texted < held else 'held-out'} customers "
            f"bought. With fewer than {FEW_BUYERS}, a handful of large orders can carry the result"
        )
    elif max(above, 2 * stated - above) > MOST_ONE_SIDED * stated:
        seen = "A few large orders carry much of the result, and the arms are too unequal to cancel"
    else:
        text = f"{texted:,} texted and {held:,} held-out customers bought."
        return Check(name, "passed", text)
    return Check(
        name,
        "failed",
        f"{seen}: intervals of money miss the truth more often than they say, mostly by making the "
        f"campaign look {leaning} than it was.",
        remedy,
    )


def chance_of_difference(treatment: Moments, holdout: Moments, column: str) -> float:
    """Return how often a random draw of the arms would make them differ as much, in [0, 1].

    The variance is that of the difference under random assignment of all customers, which stands
    where nothing varies within an arm: arms that differ wholly are no special case.

    References
    ----------
    Neyman (1923); Imbens and Rubin (2015), Causal Inference, section 5.5: under no difference, the
    variance of all customers times ``1 / n_t + 1 / n_h``.

    Examples
    --------
    >>> ordered, idle = [[1.0]] * 50, [[0.0]] * 50
    >>> arms = [Moments.from_rows(rows, ["pre_orders"]) for rows in (ordered, idle)]
    >>> chance_of_difference(*arms, "pre_orders") < 1e-6
    True
    >>> chance_of_difference(arms[0], arms[0], "pre_orders")
    1.0
    """
    everybody = treatment.select([column]).merge(holdout.select([column]))
    variance = everybody.variance_of(column) * (1 / treatment.n + 1 / holdout.n)
    difference = treatment.mean_of(column) - holdout.mean_of(column)
    if difference == 0 or variance == 0:
        return 1.0
    return p_value(difference / math.sqrt(variance), everybody.n - 2, "two-sided")


def balanced(treatment: Moments, holdout: Moments) -> Check:
    """Check that the arms ordered alike before assignment, as arms drawn at random do.

    Looks at ``pre_orders``: its tails are lighter than money's, so that chance seldom fails it.
    """
    name = "Arms alike before"
    means = treatment.mean_of("pre_orders"), holdout.mean_of("pre_orders")
    if max(means) == 0:
        return Check(name, "informational", "There are no orders before assignment to compare.")
    if chance_of_difference(treatment, holdout, "pre_orders") >= UNBALANCED_P_VALUE:
        return Check(name, "passed", "Texted and held-out customers ordered alike beforehand.")
    before = [f"{mean:.3f}" for mean in means]
    return Check(
        name,
        "failed",
        f"Before assignment the texted had placed {before[0]} orders a customer, the held-out "
        f"{before[1]}. Chance hardly makes arms so different: they were probably not drawn at "
        "random from one list, and then nothing here shows what the campaign caused.",
        "Look at how the holdout was drawn.",
        invalidates=True,
    )


def same_clock(treatment: Moments, holdout: Moments) -> Check:
    """Check that both arms were assigned at the same time, so that their windows are the same.

    Looks at ``assigned_day``, the time of assignment in days. Arms filled as customers came along
    may differ by chance.
    """
    name = "Same clock"
    days = treatment.mean_of("assigned_day") - holdout.mean_of("assigned_day")
    chance = chance_of_difference(treatment, holdout, "assigned_day")
    if chance >= UNBALANCED_P_VALUE or abs(days) <= SAME_TIME_DAYS:
        return Check(name, "passed", "Both arms were assigned at the same time.")
    return Check(
        name,
        "failed",
        f"The texted were assigned {abs(days):.1f} days {'after' if days > 0 else 'before'} the "
        "held-out, on average: their windows are not the same days, and what the season changed "
        "cannot be told from what the campaign changed.",
        "Give held-out customers the time at which they would have been texted.",
        invalidates=True,
    )
