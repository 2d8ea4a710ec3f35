"""The records of tracked credit: what a rule claims, beside what the holdout says was caused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.rules import AttributionRule
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Claim(Record):
    """What one rule credits a campaign with, among the customers that its lift counts.

    Attributes
    ----------
    rule : AttributionRule
    orders, events : float
        Credited orders and conversion events; whole, but for a linear rule.
    revenue : float
        Of the credited orders, net of refunds, store currency.
    event_value : float
        Of the credited events, store currency; no order is among them.
    held_out_orders : float
        Credited orders of held-out customers, such as with a code that leaked to them.
    held_out_revenue : float
        Of these, store currency; part of ``revenue``.
    factor : Estimate or None
        incremental revenue / ``revenue``, with interval; None where it is not estimable, or the
        campaign is still running.
    no_factor : str
        Why not; empty where there is one.
    """

    rule: AttributionRule
    orders: float
    events: float
    revenue: float
    event_value: float
    held_out_orders: float
    held_out_revenue: float
    factor: Estimate | None
    no_factor: str


@dataclass(frozen=True, slots=True)
class TrackedCredit(Record):
    """One rule's claim, beside the incremental revenue of the same customers and days.

    Attributes
    ----------
    campaign_id : str
    claim : Claim
    incremental_revenue : Estimate
        What the holdout says was caused, store currency.
    total_revenue : float
        Of all orders of the customers counted in treatment, credited or not.
    confidence_level : float
    """

    campaign_id: str
    claim: Claim
    incremental_revenue: Estimate
    total_revenue: float
    confidence_level: float


@dataclass(frozen=True, slots=True)
class RuleComparison(Record):
    """What each platform would claim for the same orders, beside what the campaign caused.

    Attributes
    ----------
    campaign_id : str
    claims : tuple of Claim
        One a rule, in the order of `PRESETS`.
    by_touch : tuple of Claim
        Orders after each kind of touch in the outcome window, whatever else touched them: they
        overlap, and are not to be added up.
    incremental_revenue : Estimate or None
        What the holdout says was caused, store currency; None while the campaign runs.
    total_revenue : float
        Of all orders of the customers counted in treatment, credited or not.
    confidence_level : float
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("claims",)

    campaign_id: str
    claims: tuple[Claim, ...]
    by_touch: tuple[Claim, ...]
    incremental_revenue: Estimate | None
    total_revenue: float
    confidence_level: float

    @property
    def lowest(self) -> Claim:
        """The smallest claim of revenue."""
        return min(self.claims, key=_cents)

    @property
    def highest(self) -> Claim:
        """The largest claim of revenue."""
        return max(self.claims, key=_cents)

    def of(self, name: str) -> Claim:
        """Return the claim under the rule of that name; `KeyError` if there is none."""
        return {claim.rule.name: claim for claim in (*self.claims, *self.by_touch)}[name]


@dataclass(frozen=True, slots=True)
class Group(Record):
    """Rules that credit the same orders' revenue, and so claim the same.

    Attributes
    ----------
    claims : tuple of Claim
        At least one.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("claims",)

    claims: tuple[Claim, ...]

    @property
    def claim(self) -> Claim:
        """That of the first of them."""
        return self.claims[0]

    @property
    def labels(self) -> tuple[str, ...]:
        """What a report calls the rules."""
        return tuple(claim.rule.label for claim in self.claims)


def grouped(claims: Sequence[Claim]) -> tuple[Group, ...]:
    """Return the claims from the smallest to the largest, equal ones as one.

    Two are equal where orders and revenue are, to the cent, and those of held-out customers.
    """
    groups: dict[tuple[float, ...], list[Claim]] = {}
    for claim in sorted(claims, key=_cents):
        amounts = round(claim.revenue, 2), round(claim.held_out_revenue, 2)
        groups.setdefault((*amounts, round(claim.orders, 6)), []).append(claim)
    return tuple(Group(tuple(part)) for part in groups.values())


def _cents(claim: Claim) -> float:
    """Return the revenue to the cent: of equal claims the first is the same in every run.

    An engine adds up in an order of its own, and the last digits follow from that.
    """
    return round(claim.revenue, 2)
