"""The customers of a simulated shop and the orders they make of their own accord.

Purchases follow the BG/NBD model (Fader, Hardie and Lee 2005, section 3), amounts the Gamma-Gamma
model (Fader and Hardie 2013). The first order is made at acquisition and is time zero of both.
"""

from dataclasses import dataclass

import numpy as np

from smsroi_models.simulate.columns import DAY, NEVER, NONE, Flags, Floats, Integers
from smsroi_models.simulate.plan import Plan
from smsroi_models.simulate.request import Request
from smsroi_models.simulate.shop import Shop

SEGMENTS = ("occasional", "regular", "frequent")
REGIONS = ("north", "east", "south", "west")
_REGION_SHARES = (0.35, 0.25, 0.25, 0.15)
_SLOWEST = 1e-100


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers in order of acquisition; every array has shape (n_customers,).

    Attributes
    ----------
    acquired
        Seconds since the programme's start; negative before it.
    recruited_by, referrer
        Number of a campaign, row of a customer; `NONE` where there is none.
    rate
        Orders per second while not dropped out.
    dropout
        Probability of dropping out after a repeat order.
    mean_amount
        Mean list amount of the customer's orders, in the store's currency.
    response
        Relative response to a text, mean 1.
    satisfaction
        Standard normal; what surveys try to measure.
    opted_in
        Whether the customer agreed to be texted at acquisition.
    segment, region
        Rows of `SEGMENTS` and `REGIONS`; the shop's segment is a blurred view of the rate.
    """

    acquired: Integers
    recruited_by: Integers
    referrer: Integers
    rate: Floats
    dropout: Floats
    mean_amount: Floats
    response: Floats
    satisfaction: Floats
    opted_in: Flags
    segment: Integers
    region: Integers

    def __len__(self) -> int:
        return len(self.acquired)


@dataclass(frozen=True, slots=True)
class BaseOrders:
    """Orders that no campaign caused.

    ``customer``, ``time`` (seconds) and ``amount`` (list amount, currency) have shape (n_orders,);
    ``dropped_out`` (seconds, `NEVER` if not before the horizon) has shape (n_customers,).
    """

    customer: Integers
    time: Integers
    amount: Floats
    dropped_out: Integers


def draw_customers(request: Request, rng: np.random.Generator) -> Customers:
    """Draw customers acquired between ``shop.history_days`` before the start and the horizon."""
    shop, n_customers = request.shop, request.n_customers
    acquired = _acquisition_times(n_customers, request.horizon, shop, rng)
    rows = np.arange(n_customers)
    referred = (rng.random(n_customers) < shop.referred_share) & (rows > 0)
    # A small shape lets a Gamma draw underflow to 0, by which waiting times would be divided.
    rate_per_week = np.maximum(rng.gamma(shop.r, 1 / shop.alpha, n_customers), _SLOWEST)
    # numpy's gamma takes a scale; a mean amount is p / nu with nu ~ Gamma(q, rate v).
    mean_amount = shop.p * shop.v / rng.gamma(shop.q, 1.0, n_customers)
    return Customers(
        acquired=acquired,
        recruited_by=_recruiting_campaigns(acquired, request.plans, shop, rng),
        referrer=np.where(referred, (rng.random(n_customers) * rows).astype(np.int64), NONE),
        rate=rate_per_week / (7 * DAY),
        dropout=rng.beta(shop.a, shop.b, n_customers),
        mean_amount=mean_amount,
        response=rng.gamma(shop.response_shape, 1 / shop.response_shape, n_customers),
        satisfaction=rng.standard_normal(n_customers),
        opted_in=rng.random(n_customers) < shop.opt_in_share,
        segment=_segments(rate_per_week * shop.alpha / shop.r, rng),
        region=rng.choice(len(REGIONS), size=n_customers, p=_REGION_SHARES),
    )


def draw_base_orders(
    customers: Customers, horizon: int, shop: Shop, rng: np.random.Generator
) -> BaseOrders:
    """Draw every order before the horizon, one round of repeat orders at a time."""
    buyer = np.arange(len(customers))
    clock = customers.acquired.astype(np.float64)
    dropped_out = np.full(len(customers), NEVER, dtype=np.int64)
    who, when = [buyer], [customers.acquired]
    while len(buyer):
        clock = clock + rng.standard_exponential(len(buyer)) / customers.rate[buyer]
        bought = clock < horizon
        buyer, clock = buyer[bought], clock[bought]
        # Floor, so that an order before the horizon in continuous time stays before it.
        time = np.floor(clock).astype(np.int64)
        who.append(buyer)
        when.append(time)
        stopped = rng.random(len(buyer)) < customers.dropout[buyer]
        dropped_out[buyer[stopped]] = time[stopped]
        buyer, clock = buyer[~stopped], clock[~stopped]
    customer = np.concatenate(who)
    amount = draw_amounts(customers.mean_amount[customer], shop, rng)
    return BaseOrders(customer, np.concatenate(when), amount, dropped_out)


def draw_amounts(mean_amount: Floats, shop: Shop, rng: np.random.Generator) -> Floats:
    """Draw a list amount, in cents' precision, for each order from its customer's mean amount.

    Rounding a smooth density to cents shifts no mean by more than a negligible fraction of a cent.
    """
    return np.round(rng.standard_gamma(shop.p, len(mean_amount)) * (mean_amount / shop.p), 2)


def _acquisition_times(
    n_customers: int, horizon: int, shop: Shop, rng: np.random.Generator
) -> Integers:
    late = rng.random(n_customers) < shop.recruited_share
    place = rng.random(n_customers)
    early = (place - 1) * shop.history_days * DAY
    return np.sort(np.floor(np.where(late, place * horizon, early)).astype(np.int64))


def _recruiting_campaigns(
    acquired: Integers, plans: tuple[Plan, ...], shop: Shop, rng: np.random.Generator
) -> Integers:
    chosen = rng.random(len(acquired)) < shop.campaign_recruited_share
    starts = np.array([plan.starts for plan in plans])
    latest = np.searchsorted(starts, acquired, side="right") - 1
    in_window = acquired < np.array([plan.ends for plan in plans])[latest]
    return np.where(chosen & (latest >= 0) & in_window, latest, NONE)


def _segments(relative_rate: Floats, rng: np.random.Generator) -> Integers:
    seen = relative_rate * rng.lognormal(0.0, 0.5, len(relative_rate))
    return np.digitize(seen, (0.5, 2.0)).astype(np.int64)
