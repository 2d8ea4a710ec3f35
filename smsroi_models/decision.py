"""What to do next: a stated rule on profit, fixed before the outcomes are seen."""

from dataclasses import dataclass

from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class DecisionRule(Record):
    """When a campaign is repeated, stopped, changed or tested further.

    Attributes
    ----------
    minimum_profit : float
        Profit a campaign has to make to be worth repeating, store currency.
    power : float
        Probability with which a further test is to be conclusive, in (0, 1).
    most_customers : int or None
        The largest further test worth running, customers; None for no bound.
    """

    minimum_profit: float = 0.0
    power: float = 0.8
    most_customers: int | None = None
