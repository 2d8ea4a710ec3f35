"""Subscribers who tire of weekly texts, drawn row by row with a known hazard.

Everybody subscribed is drawn anew each week, to be texted or held out. Opting out and buying follow
the complementary log-log form, so that the truth at each frequency is a closed form: with ``d``
texts in the 30 days before, a text causes opt-outs with

    F(a + b + k d) - F(a),    F(x) = 1 - exp(-exp(x)).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.frequency_effects import MONTH_WEEKS
from smsroi_models.audience.hazard import Hazard, design
from smsroi_models.audience.subscription_value import (
    MarginPerText,
    SubscriptionValue,
    subscription_value,
)
from smsroi_models.audience.terms import COLUMNS, OUTCOMES, ScoreProducts

Floats = NDArray[np.float64]
Rows = dict[str, Floats]
TREATED_SHARE = 0.7


@dataclass(frozen=True)
class Habits:
    """Log hazards: of its own accord, of a text, and of each text of the 30 days before.

    The value of a text: margin, its error, margin per buyer, price, and the texts to come.
    """

    leaving: tuple[float, float, float] = (-6.5, 1.5, 0.3)
    buying: tuple[float, float, float] = (-3.5, 0.5, -0.1)
    unlike: float = 0.5  # deviation of customers' log hazards of buying
    margin: float = 0.30
    margin_error: float = 0.04
    per_buyer: float = 20.0
    price: float = 0.02
    texts_to_come: float = 25.0

    def caused(self, outcome: str, weekly: float) -> float:
        """Return the events that a text causes at that frequency."""
        own, text, each = self.leaving if outcome == "opted_out" else self.buying
        dose = MONTH_WEEKS * weekly
        spread = 0.0 if outcome == "opted_out" else self.unlike
        # Gauss-Hermite over how customers differ.
        z, weight = np.polynomial.hermite_e.hermegauss(21)
        shift = own + spread * z
        events = np.exp(-np.exp(shift)) - np.exp(-np.exp(shift + text + each * dose))
        return float(weight @ events / weight.sum())

    def value(self, rng: np.random.Generator) -> SubscriptionValue:
        """Return the value of a subscription as it would be read, the margin with its error."""
        seen = rng.normal(self.margin, self.margin_error)
        margin = MarginPerText(Estimate(seen, self.margin_error, seen, seen), np.inf, 9, 0.0)
        return subscription_value(
            margin,
            self.price,
            1.0,
            0,
            1.0,
            horizon_weeks=self.texts_to_come,
            discount_rate=0.0,
        )

    def profit(self, weekly: float, usual: float) -> float:
        """Return the true profit of a text at that frequency."""
        net = self.margin - self.price
        gain = self.per_buyer * (self.caused("bought", weekly) - usual)
        return net + gain - self.caused("opted_out", weekly) * self.texts_to_come * net

    def paying(self, usual: float) -> float:
        """Return the true frequency at which one more text stops paying."""

        def marginal(f: float) -> float:
            step = 1e-4
            slope = (self.profit(f + step, usual) - self.profit(f - step, usual)) / (2 * step)
            return self.profit(f, usual) + f * slope

        return float(optimize.brentq(marginal, 0.01, 3.0))


def drawn_rows(
    n_customers: int, n_campaigns: int, habits: Habits, rng: np.random.Generator
) -> Rows:
    """Draw the rows of weekly campaigns; ``customer_id`` numbers the customers."""
    texted = np.zeros((n_customers, n_campaigns + 4))
    subscribed = np.ones(n_customers, dtype=bool)
    unlike = habits.unlike * rng.standard_normal(n_customers)
    parts: list[Rows] = []
    for week in range(n_campaigns):
        who = np.flatnonzero(subscribed)
        treated = (rng.random(len(who)) < TREATED_SHARE).astype(float)
        before = texted[who, week : week + 4]  # the four weeks before
        month, past = before.sum(axis=1), min(week, 4)
        leave, buy = (
            own + treated * (text + each * month)
            for own, text, each in (habits.leaving, habits.buying)
        )
        gone = rng.random(len(who)) < -np.expm1(-np.exp(leave))
        bought = rng.random(len(who)) < -np.expm1(-np.exp(buy + unlike[who]))
        zero = np.zeros(len(who))
        parts.append(
            dict.fromkeys(COLUMNS, zero)
            | {
                "customer_id": who.astype(float),
                "treated": treated,
                "texts_7": before[:, -1],
                "texts_30": month,
                "expected_7": zero + TREATED_SHARE * (past > 0),
                "expected_30": zero + TREATED_SHARE * past,
                "opted_out": gone.astype(float),
                "bought": bought.astype(float),
            }
        )
        texted[who, week + 4] = treated
        subscribed[who[gone]] = False
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def cells_of(rows: Rows) -> Rows:
    """Return the combinations of the rows with their counts, as the engine would."""
    # What these four are says all: one whole number for each combination.
    weeks = np.rint(rows["expected_30"] / TREATED_SHARE)
    key = rows["treated"] + 10 * rows["texts_7"] + 100 * rows["texts_30"] + 1_000 * weeks
    _, first, place = np.unique(key.astype(int), return_index=True, return_inverse=True)
    found = {name: rows[name][first] for name in COLUMNS}
    found["n"] = np.bincount(place).astype(float)
    return found | {name: np.bincount(place, weights=rows[name]) for name in OUTCOMES}


def scores_of(rows: Rows, models: tuple[Hazard, ...]) -> ScoreProducts:
    """Return the products of customers' scores, from the rows."""
    scores = []
    for model in models:
        x = design(rows, model.terms)
        rate = np.exp(x @ model.coefficients)
        slope = np.where(rows[model.outcome] > 0, rate / np.expm1(rate), -rate)
        scores.append(x * slope[:, None])
    customer = rows["customer_id"].astype(int)
    stacked = np.column_stack(scores)
    sums = np.column_stack([np.bincount(customer, weights=column) for column in stacked.T])
    return ScoreProducts(len(np.unique(customer)), len(customer), sums.T @ sums)


def usual_buyers(rows: Rows, habits: Habits) -> float:
    """Return the buyers that the texts sent truly caused, each at the frequency it met."""
    sent = rows["texts_30"][rows["treated"] == 1] / MONTH_WEEKS
    doses, counts = np.unique(sent, return_counts=True)
    return float(np.average([habits.caused("bought", d) for d in doses], weights=counts))
