"""The terms on which customers are valued: how far ahead, at what rate, in which unit of time."""

import math
from dataclasses import dataclass
from typing import get_args

from smsroi_models.clv.discounting import Discounting
from smsroi_models.clv.rfm import DAYS, TimeUnit
from smsroi_models.errors import ParameterError
from smsroi_models.records import Record
from smsroi_models.soundness import check_parameters

DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class LifetimeTerms(Record):
    """How customers are valued.

    Attributes
    ----------
    horizon_weeks : float
        Above 0.
    discount_rate_per_year : float
        At least 0, effective: 0.1 makes what is due in a year worth 1 / 1.1.
    time_unit : {"week", "day"}
        Of the models' times.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    ParameterError
        If one of them lies outside its range.

    Examples
    --------
    >>> terms = LifetimeTerms(52.0, 0.1, "week", 0.95)
    >>> round((1 + terms.discounting.rate) ** (365.25 / 7), 9)
    1.1
    """

    horizon_weeks: float
    discount_rate_per_year: float
    time_unit: TimeUnit
    confidence_level: float

    def __post_init__(self) -> None:
        check_parameters(self.confidence_level, 0)
        for name, least in (("horizon_weeks", "above 0"), ("discount_rate_per_year", "at least 0")):
            value = getattr(self, name)
            kept = isinstance(value, int | float) and math.isfinite(value)
            if not kept or value < 0 or (value == 0 and least == "above 0"):
                raise ParameterError(f"{name} is {value!r}: it must be a finite number {least}")
        if self.time_unit not in get_args(TimeUnit):
            raise ParameterError(f"time_unit is {self.time_unit!r}: it must be 'week' or 'day'")

    @property
    def days_a_unit(self) -> float:
        """Days in the unit of time."""
        return DAYS[self.time_unit]

    @property
    def discounting(self) -> Discounting:
        """The horizon and the discount rate in the unit of time."""
        growth = math.log1p(self.discount_rate_per_year) * self.days_a_unit / DAYS_A_YEAR
        return Discounting(7 * self.horizon_weeks / self.days_a_unit, math.expm1(growth))
