"""What the design of a test lets it say: other campaigns beside it, and what it could detect."""

from collections.abc import Mapping

from scipy import special

from smsroi_models.attribution.checks import UNBALANCED_P_VALUE, Check, chance_of_difference
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.student import quantile
from smsroi_models.roi import Roi

# A profit as large as the cost: a test that would miss it in more than one case of five is weak.
WEAK_ROI = 1.0
POWER = 0.8
ENOUGH_POWER = "Enough power"


def other_campaigns(texted: tuple[int, int], assigned: tuple[int, int]) -> Check:
    """Check that other campaigns texted both arms alike.

    Parameters
    ----------
    texted : pair of int
        Customers of the treatment arm and of the holdout whom another campaign texted within
        their window.
    assigned : pair of int
        Customers counted in each arm.

    Examples
    --------
    >>> other_campaigns((0, 0), (800, 200)).status
    'passed'
    >>> other_campaigns((400, 100), (800, 200)).status, other_campaigns((0, 100), (800, 200)).status
    ('informational', 'failed')
    """
    name = "Other campaigns"
    if not any(texted):
        return Check(name, "passed", "No other campaign texted these customers in their window.")
    treated, held = (
        Moments.from_sums("texted", n, k, k) for k, n in zip(texted, assigned, strict=True)
    )
    seen = (
        f"Other campaigns texted {treated.mean_of('texted'):.1%} of the texted and "
        f"{held.mean_of('texted'):.1%} of the held-out"
    )
    if chance_of_difference(treated, held, "texted") >= UNBALANCED_P_VALUE:
        text = f"{seen} in their window: the figures are what this campaign added to theirs."
        return Check(name, "informational", text)
    return Check(
        name,
        "failed",
        f"{seen} in their window, which chance hardly explains: part of the difference is those "
        "campaigns' doing.",
        "Draw the arms of campaigns that run side by side independently of each other.",
    )


def held_out_alike(strata: Mapping[str | None, tuple[int, int]]) -> Check | None:
    """Check that the same share was held out of every stratum; None where there is one stratum.

    Parameters
    ----------
    strata : mapping of str to pair of int
        Customers of treatment and holdout assigned in each stratum.

    References
    ----------
    Pearson (1900): the chi-square test of homogeneity, with one degree of freedom a stratum less
    one.

    Examples
    --------
    >>> held_out_alike({"gold": (80, 20), "new": (800, 200)}).status
    'passed'
    >>> held_out_alike({"gold": (50, 50), "new": (800, 200)}).status
    'failed'
    """
    if len(strata) < 2:
        return None
    name = "Held out alike"
    sizes = [sum(arms) for arms in strata.values()]
    share = sum(held for _, held in strata.values()) / sum(sizes)
    distance = sum(
        (held - n * share) ** 2 / (n * share * (1 - share))
        for n, (_, held) in zip(sizes, strata.values(), strict=True)
    )
    if special.chdtrc(len(strata) - 1, distance) >= UNBALANCED_P_VALUE:
        text = f"The same share was held out of each of the {len(strata)} strata."
        return Check(name, "passed", text)
    shares = [held / n for n, (_, held) in zip(sizes, strata.values(), strict=True)]
    return Check(
        name,
        "failed",
        f"Between {min(shares):.1%} and {max(shares):.1%} of a stratum was held out: who is in "
        "which arm depends on the stratum, and so does what they buy.",
        "Estimate the lift within strata: smsroi.holdout_lift(..., strata=...).",
        invalidates=True,
    )


def detectable_profit(margin: Lift, n_treatment: int) -> float:
    """Return the profit, above break-even, that a test of this precision shows in 4 of 5 cases.

    ``(t + t_power) x standard error x customers texted``, in the margin's unit.

    References
    ----------
    Bloom (1995), Minimum detectable effects, Evaluation Review 19(5), p. 547-556.
    """
    df = margin.degrees_of_freedom
    reach = quantile((1 + margin.confidence_level) / 2, df) + quantile(POWER, df)
    return reach * margin.standard_error * n_treatment


def enough_power(roi: Roi, margin: Lift) -> Check | None:
    """Check that a profit as large as the cost would have been seen; None where cost is unknown.

    Only an unclear result fails: where the answer is clear the precision was enough.
    """
    if not roi.cost:
        return None
    name = ENOUGH_POWER
    least = detectable_profit(margin, roi.n_treatment) / roi.cost
    text = (
        "A test as precise as this one finds that a campaign paid in 4 of 5 cases where its true "
        f"ROI is {least:.0%}, and less often where it is lower"
    )
    if roi.outcome != "unclear":
        return Check(name, "passed", f"{text}; this campaign's was clear.")
    if least <= WEAK_ROI:
        return Check(name, "passed", f"{text}.")
    return Check(
        name,
        "failed",
        f"{text}: this one, or its holdout, was too small.",
        "Before the next one, let `smsroi plan` say how many to text and to hold out.",
    )
