"""What a campaign's opt-outs cost: subscriptions that it lost, times what one is worth.

    cost = n L V,    L = lift of opted_out,    V = value of a subscription from the window's end on

L is randomised; V rests on other campaigns' holdouts and on the programme's pace, so that the two
are independent and their product has an interval of its own (`audience.products`). The window's
money less this cost is the lift of ``margin - V opted_out``, whose error holds the covariance of
buying and leaving; to its variance the error of V adds (L^2 + SE(L)^2) SE(V)^2.

The days after the window already hold part of the loss: who left is texted less by the campaigns
that follow, and buys less. It cannot be told from the rest of what changed in them. So the cost is
taken from the window's money alone, and from no longer view.
"""

import math
from collections.abc import Sequence

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.shares import difference_of_shares
from smsroi_models.audience.products import product_estimate
from smsroi_models.audience.subscription_value import SubscriptionValue
from smsroi_models.clv.carried_on import returned, widened
from smsroi_models.clv.long_term_records import LostSubscriptions
from smsroi_models.errors import NotEstimableError


def lost_subscriptions(
    treatment: Moments,
    holdout: Moments,
    value: SubscriptionValue | None,
    *,
    reason: str = "",
    covariates: Sequence[str] = (),
    cost: float | None = None,
    confidence_level: float = 0.95,
) -> LostSubscriptions:
    """Put a price on the opt-outs that a campaign caused.

    Parameters
    ----------
    treatment, holdout : Moments
        Of ``margin``, ``opted_out`` and the covariates.
    value : SubscriptionValue or None
        Not from this campaign's own holdout.
    reason : str
        Why there is no value.
    covariates : sequence of str
    cost : float, optional
        Of the campaign, store currency; None where it is not known.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If nobody opted out in either arm.

    References
    ----------
    Agresti and Caffo (2000), The American Statistician 54(4), where an arm has no opt-out at all.

    Examples
    --------
    Of 100 texted 10 left, of 100 held out 5; a subscription is worth 20 (40 texts at 0.50):

    >>> from smsroi_models.audience.subscription_value import given_margin, subscription_value
    >>> names = ["margin", "opted_out"]
    >>> texted = Moments.from_rows([[3.0, 1.0]] * 10 + [[2.0, 0.0]] * 90, names)
    >>> held = Moments.from_rows([[1.0, 1.0]] * 5 + [[0.5, 0.0]] * 95, names)
    >>> worth = subscription_value(
    ...     given_margin(0.5), 0.0, 1.0, 0, 9.0, horizon_weeks=40, discount_rate=0.0
    ... )
    >>> found = lost_subscriptions(texted, held, worth)
    >>> round(found.opt_outs.estimate, 9), round(found.cost.estimate, 9)
    (5.0, 100.0)
    >>> round(found.after.margin.estimate, 9)  # 100 x (2.1 - 0.525) less 100
    57.5
    """
    covariates = tuple(covariates)
    n = treatment.n
    lift = _opted_out(treatment, holdout, covariates, confidence_level)
    caused = lift.scaled(n)
    if value is None:
        return LostSubscriptions(caused, None, None, None, reason)
    worth = value.value
    sums = {"net": {"margin": 1.0, "opted_out": -worth.estimate}} | {
        name: {name: 1.0} for name in covariates
    }
    arms = treatment.combine(sums), holdout.combine(sums)
    net = compare(*arms, "net", covariates=covariates, confidence_level=confidence_level)
    of_value = math.hypot(lift.estimate, lift.standard_error) * worth.standard_error
    return LostSubscriptions(
        opt_outs=caused,
        value=value,
        cost=product_estimate(
            caused,
            worth,
            degrees_of_freedom=value.degrees_of_freedom,
            confidence_level=confidence_level,
        ),
        after=returned(widened(net, of_value, n), cost, net.degrees_of_freedom),
        reason="",
    )


def opt_outs_caused(
    treatment: Moments, holdout: Moments, confidence_level: float = 0.95
) -> Estimate:
    """Return the customers who opted out because of a campaign; below zero where fewer did.

    Where nobody of one arm opted out, as in a small holdout, the interval is that of Agresti and
    Caffo, as for what the opt-outs cost.

    Parameters
    ----------
    treatment, holdout : Moments
        Of ``opted_out``, 0 or 1.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        If nobody opted out in either arm, or an arm has fewer than two customers.

    References
    ----------
    Agresti and Caffo (2000), The American Statistician 54(4).

    Examples
    --------
    Of 98 texted 10 left, of 98 held out none. With one more of each kind 11 and 1 in 100 did,
    whose difference is 10 points give or take 6.4:

    >>> arms = [Moments.from_sums("opted_out", 98, left, left) for left in (10, 0)]
    >>> found = opt_outs_caused(*arms)
    >>> round(found.estimate, 9), round(found.ci_lower, 1), round(found.ci_upper, 1)
    (10.0, 3.5, 16.1)
    """
    if min(treatment.n, holdout.n) < 2:
        raise NotEstimableError("an arm has fewer than two customers: it shows no spread")
    try:
        lift = compare(
            treatment, holdout, "opted_out", proportion=True, confidence_level=confidence_level
        )
    except NotEstimableError:  # nobody opted out in one arm
        shares = difference_of_shares(treatment, holdout, "opted_out", confidence_level)
        return shares.scaled(treatment.n)
    return lift.scaled(treatment.n)


def _opted_out(
    treatment: Moments, holdout: Moments, covariates: tuple[str, ...], level: float
) -> Estimate:
    """Return the lift of opting out; also where nobody did in one arm, as in a small holdout."""
    shares = treatment.mean_of("opted_out"), holdout.mean_of("opted_out")
    if all(0 < share < 1 for share in shares):
        lift = compare(
            treatment, holdout, "opted_out", covariates=covariates, confidence_level=level
        )
        return lift.scaled(1.0)
    return difference_of_shares(treatment, holdout, "opted_out", level)
