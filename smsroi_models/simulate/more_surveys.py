"""Surveys beside the net promoter score: satisfaction, effort, and the intent to buy.

They are drawn from a stream of their own, so that nothing else in the programme depends on them.
Satisfaction and effort measure what the net promoter score does, on other scales; the intent is
that of people who buy as often as they do, and seldom of those who have left.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.simulate.columns import (
    DAY,
    NONE,
    Flags,
    Floats,
    Integers,
    identifiers,
    joined,
    picked,
    table_frame,
)
from smsroi_models.simulate.history import History
from smsroi_models.simulate.surveys import NOISE, answering_share, opinions

SCALES = {"csat": (1.0, 5.0), "ces": (1.0, 7.0), "intent": (1.0, 5.0)}
QUESTIONS = {
    "csat": "How satisfied are you with us?",
    "ces": "How easy was it to order from us?",
    "intent": "How likely are you to buy from us within a month?",
}
_MEAN_INTENT, _INTENT_PER_LOG_RATE, _LEFT, _INTENT_NOISE = 3.2, 0.6, 1.2, 0.9


def more_survey_frames(
    history: History, metrics: tuple[str, ...], rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Return rows of ``surveys``, ``invitations`` and ``responses`` for every campaign and metric.

    The surveys' keys are those of the net promoter score with the metric behind: ``s000-csat``.
    """
    parts = [
        _frames(history, number, metric, rng)
        for metric in metrics
        for number in range(len(history.runs))
    ]
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def _frames(
    history: History, number: int, metric: str, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    run, shop, horizon = history.runs[number], history.request.shop, history.request.horizon
    place = np.flatnonzero(rng.random(len(run.customer)) < shop.invitation_share)
    customer, length = run.customer[place], run.plan.ends - run.plan.starts
    invited = run.plan.starts + (length * rng.uniform(0.5, 0.75, len(place))).astype(np.int64)
    responded = invited + 60 + rng.exponential(DAY, len(place)).astype(np.int64)
    willing = rng.random(len(place)) < answering_share(
        history.customers.satisfaction[customer], shop
    )
    score = expected_answer(history, metric, customer, run.delivered[place], responded)
    noise = _noise(metric) * rng.standard_normal(len(place))
    low, high = SCALES[metric]
    answered = np.flatnonzero(willing & (responded < horizon))
    answered = answered[np.argsort(responded[answered], kind="stable")]
    score = np.clip(np.round(score + noise), low, high)[answered]
    return {
        "surveys": _survey_row(history, number, metric),
        "invitations": table_frame(
            "invitations",
            {
                "survey_id": _ids(number, metric, len(place)),
                "customer_id": history.customer_keys(customer),
                "invited_at": history.times(invited),
            },
        ),
        "responses": table_frame(
            "responses",
            {
                "response_id": joined(
                    identifiers(f"{metric}", np.full(len(answered), number), 3),
                    identifiers("-", np.arange(len(answered)), 8),
                ),
                "survey_id": _ids(number, metric, len(answered)),
                "customer_id": history.customer_keys(customer[answered]),
                "responded_at": history.times(responded[answered]),
                "score": score,
                "comment": picked([""], np.full(len(answered), NONE)),
            },
        ),
    }


def expected_answer(
    history: History, metric: str, customer: Integers, texted: Flags, at: Integers
) -> Floats:
    """Return what customers would answer but for chance, on the metric's scale, unrounded."""
    low, high = SCALES[metric]
    customers, shop = history.customers, history.request.shop
    if metric != "intent":
        rating = opinions(customers.satisfaction[customer], texted, shop)
        return low + (high - low) * rating / 10
    rate = customers.rate[customer] * 7 * DAY / (shop.r / shop.alpha)
    left = history.orders.dropped_out[customer] <= at
    readiness = _INTENT_PER_LOG_RATE * np.log(np.maximum(rate, 1e-3)) - _LEFT * left
    return _MEAN_INTENT + readiness + shop.text_rating_effect * texted * (high - low) / 10


def _noise(metric: str) -> float:
    low, high = SCALES[metric]
    return _INTENT_NOISE if metric == "intent" else NOISE * (high - low) / 10


def _ids(number: int, metric: str, count: int) -> pa.Array:
    return picked([survey_id(number, metric)], np.zeros(count, dtype=np.int64))


def survey_id(number: int, metric: str) -> str:
    """Return the key of a campaign's survey.

    >>> survey_id(0, "nps"), survey_id(1, "csat")
    ('s000', 's001-csat')
    """
    return f"s{number:03d}" + ("" if metric == "nps" else f"-{metric}")


def _survey_row(history: History, number: int, metric: str) -> pd.DataFrame:
    low, high = SCALES[metric]
    one = np.zeros(1, dtype=np.int64)
    return table_frame(
        "surveys",
        {
            "survey_id": _ids(number, metric, 1),
            "campaign_id": history.campaign_keys(one + number),
            "metric": picked([metric], one),
            "scale_min": np.array([low]),
            "scale_max": np.array([high]),
            "question": picked([QUESTIONS[metric]], one),
        },
    )
