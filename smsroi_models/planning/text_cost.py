"""What a text will cost: segments times the price of one times those who are texted."""

import math
from dataclasses import dataclass

from smsroi_models.errors import ParameterError
from smsroi_models.planning.text_fields import FieldedSegments
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class SegmentPrice(Record):
    """The price of one segment, and where it is from.

    Attributes
    ----------
    price : float
        Of one segment, store currency.
    currency : str
    campaign_id : str
        The campaign whose texts it is the median of; empty where it was given.
    last_sent_at : str
        ISO date of the last of them; empty where it was given.
    """

    price: float
    currency: str
    campaign_id: str = ""
    last_sent_at: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.price) and self.price >= 0):
            raise ParameterError(
                f"the price of a segment is {self.price}: it must be a number of 0 or more"
            )


@dataclass(frozen=True, slots=True)
class TextCost(Record):
    """What it costs to text everybody once, store currency.

    Attributes
    ----------
    n_recipients : int
    price : SegmentPrice
    fixed_cost : float
        Beside the texts.
    lowest, highest : float
        If everybody got the shortest, and the longest, form of the text; with the fixed cost.
    extra_for_characters : float
        What the characters cost that make the longest form UCS-2; 0 where there are none.
    """

    n_recipients: int
    price: SegmentPrice
    fixed_cost: float
    lowest: float
    highest: float
    extra_for_characters: float


def text_cost(
    counted: FieldedSegments, n_recipients: int, price: SegmentPrice, fixed_cost: float = 0.0
) -> TextCost:
    """Return the cost of texting everybody once, from the shortest to the longest form.

    Parameters
    ----------
    counted : FieldedSegments
    n_recipients : int
        At least 1.
    price : SegmentPrice
    fixed_cost : float
        At least 0, store currency.

    Raises
    ------
    ParameterError
        If nobody is texted, or the fixed cost is negative or not finite.

    Examples
    --------
    >>> from smsroi_models.planning.text_fields import count_fielded
    >>> dear = count_fielded("x" * 100 + "😀", {})
    >>> cost = text_cost(dear, 1000, SegmentPrice(0.01, "EUR"), fixed_cost=5.0)
    >>> cost.highest, cost.extra_for_characters  # 2 segments of 1
    (25.0, 10.0)
    """
    if n_recipients < 1:
        raise ParameterError(f"{n_recipients} recipients: a text goes to 1 or more")
    if not (math.isfinite(fixed_cost) and fixed_cost >= 0):
        raise ParameterError(f"the fixed cost is {fixed_cost}: it must be a number of 0 or more")
    segment = price.price * n_recipients
    longest = counted.longest
    return TextCost(
        n_recipients,
        price,
        fixed_cost,
        counted.shortest.segments * segment + fixed_cost,
        longest.segments * segment + fixed_cost,
        (longest.segments - longest.segments_without) * segment,
    )
