"""The record of everything that the report on customers' lifetime value shows."""

from dataclasses import dataclass
from datetime import date, datetime

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.base_groups import AliveByActivity, GroupValue
from smsroi_models.clv.base_margin import MarginRate
from smsroi_models.clv.base_model import HoldoutPeriod
from smsroi_models.clv.gamma_gamma import GammaGamma
from smsroi_models.clv.model_choice import ModelChoice
from smsroi_models.clv.purchase_model import PurchaseModel
from smsroi_models.clv.spend_independence import SpendCorrelation
from smsroi_models.clv.tracking import PurchaseTracking
from smsroi_models.clv.value import LifetimeTotal
from smsroi_models.lifetime_terms import LifetimeTerms
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True, eq=False)
class LifetimeResult(Record):
    """What a store's customers are worth; money in the store's currency, margin not revenue.

    Attributes
    ----------
    as_of : datetime
        UTC; midnight. Orders before it count.
    first_day, observation_end : date
        Day of the first purchase of all, and the last day observed.
    terms : LifetimeTerms
        Horizon, discount rate, unit of time and confidence level.
    margin : MarginRate
    currency : str
        Empty where the store has no campaign.
    n_customers, n_repeat_buyers : int
        Customers who have bought, and those who have on more than one day.
    n_without_orders : int or None
        Customers of the table ``customers`` without an order: they have no value here.
    model, model_reason : str
        The purchase model that the base is valued by, and why.
    choice : ModelChoice
        All models that were fitted, and their likelihoods.
    purchase_model : PurchaseModel
    spend_model : GammaGamma
    total : LifetimeTotal
        Of the whole base.
    alive, alive_repeat_buyers : Estimate
        Customers who have not left, uncertain by the parameters, and those of them who came back.
        BG/NBD takes everybody who never came back to be there: the second says more.
    value_by_model : dict of str to float
        Expected value of the base under each fitted model.
    groups : dict of str to tuple of GroupValue
        By ``cohort`` (time of first purchase) and, as far as known, ``segment`` and ``region``.
    activity : AliveByActivity
    correlation : SpendCorrelation or None
        Of spend with frequency; None where it cannot be told.
    holdout : HoldoutPeriod or None
        None where the past is too short to try the models on.
    tracking : PurchaseTracking
        Repeat purchases week by week against those expected: of the customers of calibration, by
        the model fitted on that time; without a holdout period, of everybody by the final model.
    checks : tuple of Check
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    store_fingerprint : str
    locale : str
        In which reports write money, numbers and dates.
    """

    as_of: datetime
    first_day: date
    observation_end: date
    terms: LifetimeTerms
    margin: MarginRate
    currency: str
    n_customers: int
    n_repeat_buyers: int
    n_without_orders: int | None
    model: str
    model_reason: str
    choice: ModelChoice
    purchase_model: PurchaseModel
    spend_model: GammaGamma
    total: LifetimeTotal
    alive: Estimate
    alive_repeat_buyers: Estimate
    value_by_model: dict[str, float]
    groups: dict[str, tuple[GroupValue, ...]]
    activity: AliveByActivity
    correlation: SpendCorrelation | None
    holdout: HoldoutPeriod | None
    tracking: PurchaseTracking
    checks: tuple[Check, ...]
    missing: dict[str, str]
    store_fingerprint: str
    locale: str = DEFAULT_LOCALE

    @property
    def observed_weeks(self) -> float:
        """Weeks from the first purchase of all to the end of the last day observed."""
        return ((self.observation_end - self.first_day).days + 1) / 7

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == "failed")
