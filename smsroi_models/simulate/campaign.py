"""One campaign: who is assigned, who gets the text, and what it makes them do.

Both potential outcomes of everybody assigned are known. A customer who is treated and gets the
text (`Run.delivered`) makes an extra order with probability ``extra_probability``, and the list
amounts of all orders between the text and the window's end are multiplied by 1 + spend effect.
Nothing else differs: orders before the text, after the window, and of customers who did not get
the text are those that they would have made anyway.
"""

from dataclasses import dataclass

import numpy as np

from smsroi_models.simulate.audience import Audience
from smsroi_models.simulate.buyers import BaseOrders, Customers, draw_amounts
from smsroi_models.simulate.columns import DAY, NONE, Flags, Floats, Integers
from smsroi_models.simulate.plan import Plan
from smsroi_models.simulate.shop import Shop

_SHORTEST_DELAY, _LONGEST_DELAY = 60, 7_200
_MEAN_DECISION = 2 * DAY


@dataclass(frozen=True, slots=True)
class Run:
    """A campaign as it went; arrays have shape (n_assigned,) unless said otherwise.

    Attributes
    ----------
    plan
        What was planned.
    customer
        Row of each assigned customer.
    treated, delivered
        Whether in the treatment arm; whether, in it, the text was delivered.
    sent
        Seconds; when a text goes out, or would go out to a holdout customer.
    extra_probability
        Probability of an extra order once the text is delivered.
    extra_place, extra_time, extra_amount
        Extra orders made, shape (n_extra,): position among the assigned, seconds, list amount
        before the spend effect.
    base_order, base_place
        Base orders of assigned customers between the text and the window's end, shape (n_base,):
        row of the order, position of its customer among the assigned.
    already_buying
        Whether a customer makes a base order at any time in the window.
    """

    plan: Plan
    customer: Integers
    treated: Flags
    delivered: Flags
    sent: Integers
    extra_probability: Floats
    extra_place: Integers
    extra_time: Integers
    extra_amount: Floats
    base_order: Integers
    base_place: Integers
    already_buying: Flags

    @property
    def treated_customers(self) -> Integers:
        """Row of each treated customer, shape (n_treatment,)."""
        return self.customer[self.treated]


def run_campaign(
    plan: Plan,
    customers: Customers,
    orders: BaseOrders,
    audience: Audience,
    holdout_share: float,
    shop: Shop,
    rng: np.random.Generator,
) -> Run:
    """Assign everybody who may be texted, text the treatment arm and draw the consequences.

    Arms are drawn independently for each customer, so that their sizes vary.
    """
    customer = np.flatnonzero(audience.may_be_texted(customers, plan.starts))
    size = len(customer)
    treated = rng.random(size) >= holdout_share
    delivered = treated & (rng.random(size) < shop.delivery_share)
    sent = plan.starts + rng.integers(_SHORTEST_DELAY, _LONGEST_DELAY, size)
    recent = audience.recent_texts(plan.starts, 30)[customer]
    probability = _extra_probability(plan, customer, customers, orders, shop, rng)
    probability = probability * (1 - shop.recent_response_loss_share) ** recent
    ordering = delivered & (rng.random(size) < probability)
    place = np.flatnonzero(ordering)
    base_order, base_place, already_buying = _base_orders_in_window(
        plan, customer, sent, len(customers), orders
    )
    run = Run(
        plan=plan,
        customer=customer,
        treated=treated,
        delivered=delivered,
        sent=sent,
        extra_probability=probability,
        extra_place=place,
        extra_time=_decision_times(sent[place], plan.ends, rng),
        extra_amount=draw_amounts(customers.mean_amount[customer[place]], shop, rng),
        base_order=base_order,
        base_place=base_place,
        already_buying=already_buying,
    )
    audience.receive(customer[delivered], sent[delivered], plan.number, plan.starts, shop, rng)
    return run


def _extra_probability(
    plan: Plan,
    customer: Integers,
    customers: Customers,
    orders: BaseOrders,
    shop: Shop,
    rng: np.random.Generator,
) -> Floats:
    """Spread the conversion effect over the assigned: more for frequent and for active buyers.

    Its mean over the assigned is the effect, as long as no probability has to be cut at 1.
    """
    typical_rate = shop.r / shop.alpha / (7 * DAY)
    activity = 0.5 + 0.5 * customers.rate[customer] / typical_rate
    dormant = orders.dropped_out[customer] <= plan.starts
    weight = customers.response[customer] * activity
    weight = np.where(dormant, shop.dormant_response_share * weight, weight)
    total = weight.sum()
    if total == 0:
        return np.full(len(customer), plan.conversion_effect)
    scaled = plan.conversion_effect * weight * (len(customer) / total)
    probability: Floats = np.minimum(scaled, 1.0)
    return probability


def _decision_times(sent: Integers, ends: int, rng: np.random.Generator) -> Integers:
    """Draw times from an exponential decay after the text, cut off at the window's end."""
    left = ends - sent
    reach = -np.expm1(-left / _MEAN_DECISION)
    wait = -_MEAN_DECISION * np.log1p(-rng.random(len(sent)) * reach)
    time: Integers = sent + np.minimum(np.floor(wait).astype(np.int64), left - 1)
    return time


def _base_orders_in_window(
    plan: Plan, customer: Integers, sent: Integers, n_customers: int, orders: BaseOrders
) -> tuple[Integers, Integers, Flags]:
    place_of = np.full(n_customers, NONE, dtype=np.int64)
    place_of[customer] = np.arange(len(customer))
    row = np.flatnonzero((orders.time >= plan.starts) & (orders.time < plan.ends))
    place = place_of[orders.customer[row]]
    row, place = row[place != NONE], place[place != NONE]
    already_buying = np.zeros(len(customer), dtype=np.bool_)
    already_buying[place] = True
    after_text = orders.time[row] >= sent[place]
    return row[after_text], place[after_text], already_buying
