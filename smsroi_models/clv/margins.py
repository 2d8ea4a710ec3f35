"""What is left of revenue as margin, over all orders before some moment."""

from datetime import datetime

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Campaign, Tables, instant
from smsroi_models.errors import NotEstimableError


def collect_margin_share(store: Tables, campaign: Campaign, before: datetime) -> float:
    """Collect margin per unit of revenue of all orders before a moment.

    Margin is that of `outcomes`: revenue less cost of goods or, where that is null, less
    ``(1 - margin_rate)`` of the list price.

    Raises
    ------
    NotEstimableError
        If those orders brought no revenue.
    """
    list_price_cost = (1 - campaign.margin_rate) * (_.revenue + _.discount)
    margin = _.revenue - ibis.coalesce(_.cost_of_goods, list_price_cost)
    sums = store["orders"].filter(_.ordered_at < instant(before))
    found = sums.aggregate(revenue=_.revenue.sum(), margin=margin.sum()).to_pyarrow().to_pylist()[0]
    if not found["revenue"] or found["revenue"] <= 0:
        raise NotEstimableError(
            f"the orders before {before:%Y-%m-%d} brought no revenue: there is no margin to predict"
        )
    return float(found["margin"] / found["revenue"])
