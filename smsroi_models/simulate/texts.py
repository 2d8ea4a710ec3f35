"""The texts of a campaign: status, billed segments, price; and what the campaign cost."""

from dataclasses import dataclass

import numpy as np

from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import Floats, Integers
from smsroi_models.simulate.shop import Shop

STATUSES = ("delivered", "read", "undelivered", "failed")
_DELIVERED, _READ, _UNDELIVERED, _FAILED = range(4)
_FAILED_SHARE = 0.3  # of the texts that were not delivered


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one campaign, one per treated customer; arrays have shape (n_treatment,).

    ``place`` is the position among the assigned, ``price`` that of one segment (NaN: null),
    ``fixed_costs`` the costs beside the texts by type.
    """

    place: Integers
    status: Integers
    segments: Integers
    price: Floats
    fixed_costs: tuple[tuple[str, float], ...]

    @property
    def cost(self) -> float:
        """Cost of the campaign exactly as its tables add up; a null price counts nothing."""
        texts = float(np.nansum(self.segments * self.price))
        return texts + sum(amount for _, amount in self.fixed_costs)


def draw_texts(run: Run, shop: Shop, rng: np.random.Generator) -> Texts:
    """Draw the texts to the treatment arm; a text that failed has price 0."""
    place = np.flatnonzero(run.treated)
    size = len(place)
    good = np.where(rng.random(size) < shop.read_share, _READ, _DELIVERED)
    bad = np.where(rng.random(size) < _FAILED_SHARE, _FAILED, _UNDELIVERED)
    status = np.where(run.delivered[place], good, bad)
    price = np.where(status == _FAILED, 0.0, shop.price_per_segment)
    price[rng.random(size) < shop.missing_price_share] = np.nan
    return Texts(
        place=place,
        status=status,
        segments=run.plan.segments + (rng.random(size) < shop.long_text_share).astype(np.int64),
        price=price,
        fixed_costs=_fixed_costs(run, shop),
    )


def _fixed_costs(run: Run, shop: Shop) -> tuple[tuple[str, float], ...]:
    every = (("creative", shop.creative_cost), ("platform", shop.platform_cost))
    with_agency = run.plan.number % 3 == 2
    return (*every, ("agency", shop.agency_cost)) if with_agency else every
