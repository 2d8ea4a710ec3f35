"""Who may still be texted: opt-ins, opt-outs and how many texts each customer has had."""

from dataclasses import dataclass, field

import numpy as np

from smsroi_models.simulate.buyers import Customers
from smsroi_models.simulate.columns import DAY, NEVER, NONE, Flags, Integers
from smsroi_models.simulate.shop import Shop

_MONTH = 30 * DAY
_MEAN_HESITATION = DAY / 2
OPT_IN_SOURCES = ("checkout", "form", "keyword")
_SOURCE_SHARES = (0.6, 0.25, 0.15)


@dataclass(slots=True)
class Audience:
    """The state of every customer's subscription, moved on campaign by campaign.

    Attributes
    ----------
    opted_out
        Seconds since the programme's start, `NEVER` if not; shape (n_customers,), as all here.
    opt_out_cause
        Number of the campaign whose text was the cause; `NONE` for the customer's own accord.
    opt_in_source
        Row of `OPT_IN_SOURCES`.
    texts
        Texts delivered so far.
    barred
        Whether the customer is in the global holdout, out of every campaign.
    deliveries
        Of each campaign so far: when it started, and the rows of those who got its text.
    """

    opted_out: Integers
    opt_out_cause: Integers
    opt_in_source: Integers
    texts: Integers
    barred: Flags
    deliveries: list[tuple[int, Integers]] = field(default_factory=list)

    def may_be_texted(self, customers: Customers, at: int) -> Flags:
        """Return who is a customer, has opted in and not out by then, and is not barred."""
        subscribed = customers.opted_in & (customers.acquired < at) & (self.opted_out > at)
        return subscribed & ~self.barred

    def recent_texts(self, at: int, days: int) -> Integers:
        """Return how many texts each customer got of campaigns of the ``days`` before ``at``."""
        count = np.zeros(len(self.texts), dtype=np.int64)
        for starts, recipients in self.deliveries:
            if at - days * DAY <= starts < at:
                count[recipients] += 1
        return count

    def receive(
        self,
        recipients: Integers,
        sent: Integers,
        campaign: int,
        starts: int,
        shop: Shop,
        rng: np.random.Generator,
    ) -> None:
        """Count a delivered text to each recipient and let some of them opt out because of it."""
        growth = 1 + shop.opt_out_growth * self.texts[recipients]
        for days, each in (
            (7, shop.recent_opt_out_growth_7),
            (30, shop.recent_opt_out_growth_30),
        ):
            growth = growth * (1 + each) ** self.recent_texts(starts, days)[recipients]
        self.deliveries.append((starts, recipients))
        annoyed = rng.random(len(recipients)) < shop.text_opt_out_share * growth
        self.texts[recipients] += 1
        hesitation = 5 + np.floor(rng.exponential(_MEAN_HESITATION, int(annoyed.sum())))
        leaves = sent[annoyed] + hesitation.astype(np.int64)
        leaver = recipients[annoyed]
        earlier = leaves < self.opted_out[leaver]
        self.opted_out[leaver[earlier]] = leaves[earlier]
        self.opt_out_cause[leaver[earlier]] = campaign


def draw_audience(customers: Customers, shop: Shop, rng: np.random.Generator) -> Audience:
    """Draw who opts out of their own accord, and when: a constant hazard from acquisition."""
    size = len(customers)
    hazard = -np.log1p(-shop.base_opt_out_share) / _MONTH
    patience = rng.standard_exponential(size)
    opted_out = np.full(size, NEVER, dtype=np.int64)
    if hazard > 0:
        # One second at least, so that an opt-out follows its opt-in; NEVER bounds the cast.
        waits = np.minimum(1 + patience / hazard, NEVER // 4).astype(np.int64)
        opted_out = np.where(customers.opted_in, customers.acquired + waits, NEVER)
    source = rng.choice(len(OPT_IN_SOURCES), size=size, p=_SOURCE_SHARES)
    return Audience(
        opted_out=opted_out,
        opt_out_cause=np.full(size, NONE, dtype=np.int64),
        opt_in_source=np.where(customers.opted_in, source, NONE),
        texts=np.zeros(size, dtype=np.int64),
        barred=np.zeros(size, dtype=np.bool_),
    )
