"""The terms on which customers are valued: how far ahead, at what rate, in which unit of time."""

import math
from dataclasses import dataclass
from typing import get_args

from smsroi_models.clv.discounting import Discounting, finite_number
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
        In [0, 1], effective: 0.1 makes what is due in a year worth 1 / 1.1.
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
        weeks, rate = self.horizon_weeks, self.discount_rate_per_year
        if not (finite_number(weeks) and weeks > 0):
            raise ParameterError(f"horizon_weeks is {weeks!r}: it must be a finite number above 0")
        if not (finite_number(rate) and 0 <= rate <= 1):
            raise ParameterError(
                f"discount_rate_per_year is {rate!r}: it is a share a year, at least 0 and at most "
                "1; for 10 % write 0.1"
            )
        object.__setattr__(self, "confidence_level", float(self.confidence_level))
        object.__setattr__(self, "horizon_weeks", float(weeks))
        object.__setattr__(self, "discount_rate_per_year", float(rate))
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
