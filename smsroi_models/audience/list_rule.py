"""Whether being on the next lists depends on the draw of a campaign: then its texts chose them.

Texts count as recent only as far as draws decided them, given the lists that a customer was on.
That takes lists that no draw changed. Where customers who bought lately are put on the list, those
whom an earlier text made buy are on it because they were texted, and they are not like the others.

With Y the lists of the 30 days after a draw and T the draw, a campaign's difference is

    D = sum over strata of sum (T - share) Y,    Var D = sum of share (1 - share) n / (n - 1) S

with S the sum of squares of Y around its mean. Draws of different campaigns are independent, so
that the D of all campaigns add up, as do their variances: a rule of all lists shows in the sum, one
of a single list in its own D. Half the level goes to the sum, the other half to the campaigns by
Bonferroni. What the opt-outs that a text causes could do to D is taken off its size.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import norm

from smsroi_models.audience.counts import ListSums
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

# How seldom lists that follow nothing may be taken to follow purchases.
FALSE_ALARMS = 0.01


@dataclass(frozen=True, slots=True)
class ListRule(Record):
    """How lists differ by what an earlier draw decided.

    Attributes
    ----------
    difference : float
        Lists of the 30 days after a draw, a customer's mean when texted less when held out, over
        all campaigns.
    p_value : float
        Of no difference in any campaign, Bonferroni over their sum and each of them.
    """

    difference: float
    p_value: float


def list_rule(sums: Sequence[ListSums]) -> ListRule:
    """Test whether the lists that follow a draw depend on it.

    Parameters
    ----------
    sums : sequence of ListSums
        One for each campaign and stratum.

    Examples
    --------
    A hundred customers in either arm; 80 of the texted are on the next list, 50 of the others:

    >>> rule = list_rule([ListSums("a", "", 200, 100, 130, 130, 80, 200, 100, 0, 0)])
    >>> round(rule.difference, 9), rule.p_value < 0.001
    (0.3, True)
    """
    by_campaign: dict[str, list[float]] = {}
    weight = 0.0
    for one in sums:
        found = _difference(one)
        if found is None:
            continue
        total = by_campaign.setdefault(one.campaign_id, [0.0, 0.0, 0.0])
        for place, part in enumerate(found):
            total[place] += part
        weight += one.treated * (1 - one.treated / one.n)
    if not by_campaign:
        return ListRule(0.0, 1.0)
    alone = [_p_value(*total) for total in by_campaign.values()]
    whole = [sum(parts) for parts in zip(*by_campaign.values(), strict=True)]
    p_value = min(1.0, 2 * _p_value(*whole), 2 * len(alone) * min(alone))
    return ListRule(whole[0] / weight, p_value)


def require_free_lists(sums: Sequence[ListSums]) -> None:
    """Raise where lists follow what earlier texts caused.

    Raises
    ------
    NotEstimableError
        If the p-value of `list_rule` is below `FALSE_ALARMS`.
    """
    rule = list_rule(sums)
    if rule.p_value < FALSE_ALARMS:
        way = "more" if rule.difference > 0 else "fewer"
        raise NotEstimableError(
            "the lists follow what customers did after earlier texts, such as a purchase: those "
            f"drawn to be texted were on {abs(rule.difference):.2g} {way} lists in the 30 days "
            f"after than those held out (p {max(rule.p_value, 0.0001):.1g}), so that customers "
            "with many recent texts are others than those with few; draw lists that do not depend "
            "on recent purchases"
        )


def _difference(one: ListSums) -> tuple[float, float, float] | None:
    """Return D, its variance, and what opt-outs could do to it; None without both arms."""
    if not 0 < one.treated < one.n:
        return None
    share, mean = one.treated / one.n, one.lists / one.n
    squares = one.lists_squared - one.n * mean**2
    held = one.drawn - one.drawn_treated
    caused = one.left_treated / one.drawn_treated - (one.left - one.left_treated) / held
    slack = abs(caused) * mean * one.n * share * (1 - share)
    variance = share * (1 - share) * squares * one.n / (one.n - 1)
    return one.treated_lists - share * one.lists, max(variance, 0.0), slack


def _p_value(difference: float, variance: float, slack: float) -> float:
    beyond = abs(difference) - slack
    if variance <= 0 or beyond <= 0:
        return 1.0
    return 2 * float(norm.sf(beyond / math.sqrt(variance)))
