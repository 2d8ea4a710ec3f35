"""What to do next after a campaign, most pressing first, each resting on a figure of its result.

The first is the decision on the campaign. Then come, in this order: who has to be left alone, what
failed in the comparison, what loses money (the largest amount first), and what would be misread.
Three are shown; where fewer are called for, fewer are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from smsroi_models.attribution.coupons import Coupons
from smsroi_models.attribution.design_checks import ENOUGH_POWER
from smsroi_models.records import Record
from smsroi_models.result import CampaignResult

Kind = Literal["decide", "leave alone", "mend", "codes", "segments", "opt-outs", "claims", "bots"]

MOST_STEPS = 3
# Codes that leaked in one redemption of twenty, and clicks of which machines make one of ten, are
# worth a hand's turn; less is what every campaign has.
LEAKED_SHARE = 0.05
BOT_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Step(Record):
    """One thing to do.

    Attributes
    ----------
    kind : str
    subject : str
        What of the result it is about: a check's name, a kind of code; empty where there is one.
    at_stake : float or None
        Money by which it is ranked, store currency; None where it is not ranked by money.
    """

    kind: Kind
    subject: str = ""
    at_stake: float | None = None


def next_steps(result: CampaignResult) -> tuple[Step, ...]:
    """Return what to do next: at least the decision, at most `MOST_STEPS`.

    Parameters
    ----------
    result : CampaignResult
    """
    money = sorted(_losing_money(result), key=lambda step: -(step.at_stake or 0.0))
    found = (
        Step("decide"),
        *_leave_alone(result),
        *_to_mend(result),
        *money,
        *_misread(result),
    )
    return found[:MOST_STEPS]


def _leave_alone(result: CampaignResult) -> Iterator[Step]:
    if result.audience is not None and result.audience.asked:
        yield Step("leave alone")


def _to_mend(result: CampaignResult) -> Iterator[Step]:
    """Yield the failed checks with a remedy that the decision does not tell already."""
    told = {check.name for check in (result.invalidated_by, result.carried_by_few) if check}
    # Where the answer is open, the decision says how large a test would have to be.
    if result.decision.action in ("keep testing", "change"):
        told.add(ENOUGH_POWER)
    for check in result.checks:
        if check.status == "failed" and check.remedy and check.name not in told:
            yield Step("mend", check.name)


def _losing_money(result: CampaignResult) -> Iterator[Step]:
    for coupon in leaking(result):
        yield Step("codes", coupon.kind, leaked_discount(coupon))
    if result.invalidated_by is not None or result.so_far is not None:
        return
    lost = segments_loss(result)
    if lost is not None:
        yield Step("segments", at_stake=lost)
    opt_outs = result.long_term.lost if result.long_term else None
    if opt_outs is not None and opt_outs.cost is not None and opt_outs.cost.ci_lower > 0:
        yield Step("opt-outs", at_stake=opt_outs.cost.estimate)


def leaking(result: CampaignResult) -> tuple[Coupons, ...]:
    """Return the codes of which more than `LEAKED_SHARE` leaked, the whole interval above it."""
    if result.systems is None:
        return ()
    shares = result.systems.leaked_share
    return tuple(
        coupon
        for coupon in result.systems.coupons or ()
        if coupon.kind in shares and shares[coupon.kind].ci_lower > LEAKED_SHARE
    )


def leaked_discount(coupon: Coupons) -> float:
    """Return the discount of leaked redemptions at the mean of all, in the store's currency.

    Examples
    --------
    >>> leaked_discount(Coupons("shared", 1, 40, 38, 900.0, 100.0, 300.0, 4, 6, 0))
    25.0
    """
    return coupon.discount * coupon.leaked / coupon.redemptions


def segments_loss(result: CampaignResult) -> float | None:
    """Return what texting the segments that clearly did not pay lost, in the store's currency.

    None where there are none, where that is not told (few large orders), or where no segment is
    left to text: the decision is then about all of them.
    """
    found = result.segments
    if found is None or found.leaning or found.break_even is None:
        return None
    lost = [part for part in found.segments if part.segment in found.did_not_pay]
    if not lost or len(lost) == len(found.segments) or result.decision.action == "stop":
        return None
    return sum(part.n_treatment * found.break_even - part.incremental.estimate for part in lost)


def _misread(result: CampaignResult) -> Iterator[Step]:
    if claimed_too_much(result):
        yield Step("claims")
    links = result.systems.links if result.systems else None
    if links is not None and links.clicks - links.clicks_by_people > BOT_SHARE * links.clicks:
        yield Step("bots")


def claimed_too_much(result: CampaignResult) -> bool:
    """Tell whether the highest claim lies above the interval of what was caused."""
    found = result.tracked
    if found is None or found.incremental_revenue is None or result.invalidated_by is not None:
        return False
    return found.highest.revenue > found.incremental_revenue.ci_upper
