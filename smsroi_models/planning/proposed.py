"""The record of everything that a plan's page shows."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from smsroi_models.attribution.checks import Check
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.planning.holdout import Basis, HoldoutOption, Stakes
from smsroi_models.planning.prior import PastLift
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class Spending(Record):
    """What the audience does in a window without the campaign.

    Attributes
    ----------
    n_customers : int
        Customers measured.
    mean_margin, deviation_of_margin : float
        Per customer, store currency.
    conversion : float
        Share who bought, in [0, 1].
    covariates : tuple of str
    r_squared : float
        Share of the margin's variance that the covariates explain, in [0, 1).
    """

    n_customers: int
    mean_margin: float
    deviation_of_margin: float
    conversion: float
    covariates: tuple[str, ...]
    r_squared: float


@dataclass(frozen=True, slots=True)
class PowerCurve(Record):
    """How often a true ROI is told from none, by holdout share.

    ``roi`` holds ratios from 0 (break-even), ``chance`` the probability in [0, 1], at each of them,
    that the interval of profit lies above zero.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("roi", "chance")

    holdout_share: float
    roi: tuple[float, ...]
    chance: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Proposal(Record):
    """A campaign that is still to come: what to hold out, and what that costs, shows and is worth.

    Attributes
    ----------
    as_of : datetime
        UTC; what the store says up to then.
    window_days, pre_days : int
    segment : str or None
        Of the audience; None for everybody who can be texted.
    currency : str
    confidence_level : float
    power : float
        Probability with which the detectable return is seen.
    spending : Spending
    stakes : Stakes
    cost_per_text_of, fixed_cost_of : str
        Id of the past campaign that a cost was read from; empty where it was given.
    past : tuple of PastLift
        Campaigns of the store that were measured against a sound holdout.
    options : tuple of HoldoutOption
        By rising share.
    recommended : HoldoutOption
    chosen : HoldoutOption
        The recommended one, unless a share was given.
    basis : str
        ``"value"``, ``"power"`` (no value could be put on knowing) or ``"given"``.
    curves : tuple of PowerCurve
        The chosen share's first.
    checks : tuple of Check
        Failed ones first.
    store_fingerprint : str
    locale : str
        In which reports write money, numbers and dates.
    """

    as_of: datetime
    window_days: int
    pre_days: int
    segment: str | None
    currency: str
    confidence_level: float
    power: float
    spending: Spending
    stakes: Stakes
    cost_per_text_of: str
    fixed_cost_of: str
    past: tuple[PastLift, ...]
    options: tuple[HoldoutOption, ...]
    recommended: HoldoutOption
    chosen: HoldoutOption
    basis: Basis
    curves: tuple[PowerCurve, ...]
    checks: tuple[Check, ...]
    store_fingerprint: str
    locale: str = DEFAULT_LOCALE
