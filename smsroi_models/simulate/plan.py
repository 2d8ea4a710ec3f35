"""What each campaign of a simulated programme is meant to do, before anybody is texted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smsroi_models.errors import ParameterError
from smsroi_models.simulate.columns import DAY
from smsroi_models.simulate.shop import require

_NAMES = (
    "New season preview",
    "Opening hours reminder",
    "Deep discount weekend",
    "Members' week",
    "Back in stock",
    "Last chance",
)
_CONVERSION_EFFECTS = (0.02, 0.0, 0.004, 0.01, 0.03, 0.002)
_SPEND_EFFECTS = (0.05, 0.0, -0.05, 0.0, 0.10, 0.0)
_DISCOUNTS = (0.10, 0.0, 0.30, 0.05, 0.15, 0.20)


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign as planned.

    Attributes
    ----------
    number
        Position in the programme, from 0.
    name
        What people call it.
    starts, ends
        Seconds since the programme's start: assignment, and the end of the outcome window.
    conversion_effect
        Mean probability of an extra order for an assigned customer who gets the text.
    spend_effect
        Relative change of the list amount of such a customer's orders after the text.
    discount
        Discount of its coupon, as a share of list price.
    """

    number: int
    name: str
    starts: int
    ends: int
    conversion_effect: float
    spend_effect: float
    discount: float

    @property
    def campaign_id(self) -> str:
        """Key of the campaign."""
        return f"camp-{self.number + 1:02d}"

    @property
    def coupon(self) -> str:
        """Shared code of the campaign, or the beginning of its unique ones."""
        return f"TEXT{self.number + 1:02d}"

    @property
    def personal(self) -> bool:
        """Whether each recipient gets a link and a coupon of their own: every second campaign."""
        return self.number % 2 == 1

    @property
    def segments(self) -> int:
        """Usual number of billed segments of the text."""
        return 1 + self.number % 2

    @property
    def message(self) -> str:
        """The text that is sent."""
        offer = f" {self.discount:.0%} off with your code." if self.discount else ""
        return f"{self.name}: come and see.{offer} Reply STOP to end."


def make_plans(
    n_campaigns: int,
    window_days: int,
    spacing_days: int,
    conversion_effects: Sequence[float] | None,
    spend_effects: Sequence[float] | None,
    discounts: Sequence[float] | None,
) -> tuple[Plan, ...]:
    """Return the campaigns in order of time, defaults filled in.

    Raises
    ------
    ParameterError
        If a list has another length than ``n_campaigns``, a conversion effect or a discount lies
        outside [0, 1], or a spend effect is not finite and above -1.
    """
    conversion = _effects(
        "conversion_effects", conversion_effects, _CONVERSION_EFFECTS, n_campaigns
    )
    spend = _effects("spend_effects", spend_effects, _SPEND_EFFECTS, n_campaigns)
    discount = _effects("discounts", discounts, _DISCOUNTS, n_campaigns)
    for value in conversion.tolist():
        require(0 <= value <= 1, "conversion_effects", value, "hold shares in [0, 1]")
    for value in discount.tolist():
        require(0 <= value <= 1, "discounts", value, "hold shares in [0, 1]")
    for value in spend.tolist():
        require(-1 < value < math.inf, "spend_effects", value, "hold finite values above -1")
    if discounts is None:
        # A campaign without effect must have none at all: its coupon gives nothing away.
        idle = (conversion == 0) & (spend == 0)
        discount = np.where(idle, 0.0, discount)
    return tuple(
        Plan(
            number=number,
            name=_name(number),
            starts=number * spacing_days * DAY,
            ends=(number * spacing_days + window_days) * DAY,
            conversion_effect=float(conversion[number]),
            spend_effect=float(spend[number]),
            discount=float(discount[number]),
        )
        for number in range(n_campaigns)
    )


def _effects(
    name: str, given: Sequence[float] | None, defaults: tuple[float, ...], length: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if given is None:
        return np.resize(np.asarray(defaults, dtype=np.float64), length)
    rule = f"hold one number per campaign ({length} here)"
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"{name} = {given!r} breaks the rule that {name} must {rule}. Pass a list of numbers."
        ) from error
    require(values.shape == (length,), name, given, rule)
    return values


def _name(number: int) -> str:
    cycle, place = divmod(number, len(_NAMES))
    return _NAMES[place] if cycle == 0 else f"{_NAMES[place]} {cycle + 1}"
