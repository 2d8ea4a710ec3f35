"""A rating asked of a sample of both arms, which the satisfied are more ready to answer.

Unless the shop says so, texts do not change satisfaction: the arms then differ by chance alone, the
respondents from the invited by non-response.
"""

from dataclasses import dataclass

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
    picked,
    table_frame,
)
from smsroi_models.simulate.comments import draw_comments
from smsroi_models.simulate.history import History
from smsroi_models.simulate.shop import Shop

_LOWEST, _HIGHEST = 0.0, 10.0
_MEAN_SCORE, _SCORE_PER_SATISFACTION = 7.6, 1.8
NOISE = 0.8
"""Standard deviation of an answer about the opinion, on a scale from 0 to 10."""
_ANSWER_LOG_ODDS = 0.8  # per unit of satisfaction
_ANONYMOUS_SHARE = 0.03
_COMMENT_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class _Answers:
    """Invitations of every campaign, shape (n_invited,), and which of them were answered."""

    survey: Integers
    customer: Integers
    invited: Integers
    responded: Integers
    answered: Flags
    score: Floats


def survey_frames(history: History, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables ``surveys``, ``invitations`` and ``responses``."""
    asked = _ask(history, rng)
    return {
        "surveys": _surveys_frame(history),
        "invitations": table_frame(
            "invitations",
            {
                "survey_id": _survey_ids(asked.survey),
                "customer_id": history.customer_keys(asked.customer),
                "invited_at": history.times(asked.invited),
            },
        ),
        "responses": _responses_frame(history, asked, rng),
    }


def _ask(history: History, rng: np.random.Generator) -> _Answers:
    runs, shop = history.runs, history.request.shop
    invited = [np.flatnonzero(rng.random(len(r.customer)) < shop.invitation_share) for r in runs]
    customer = np.concatenate([r.customer[place] for r, place in zip(runs, invited, strict=True)])
    survey = np.repeat([r.plan.number for r in runs], [len(place) for place in invited])
    starts = np.array([r.plan.starts for r in runs])[survey]
    windows = np.array([r.plan.ends - r.plan.starts for r in runs])[survey]
    asked = starts + (windows * rng.uniform(0.5, 0.75, len(survey))).astype(np.int64)
    responded = asked + 60 + rng.exponential(DAY, len(survey)).astype(np.int64)
    satisfaction = history.customers.satisfaction[customer]
    willing = rng.random(len(survey)) < answering_share(satisfaction, shop)
    texted = np.concatenate([r.delivered[place] for r, place in zip(runs, invited, strict=True)])
    opinion = opinions(satisfaction, texted, shop)
    score = np.round(opinion + NOISE * rng.standard_normal(len(survey)))
    return _Answers(
        survey=survey,
        customer=customer,
        invited=asked,
        responded=responded,
        answered=willing & (responded < history.request.horizon),
        score=np.clip(score, _LOWEST, _HIGHEST),
    )


def opinions(satisfaction: Floats, texted: Flags, shop: Shop) -> Floats:
    """Return what customers would say on a scale from 0 to 10 but for chance, unrounded."""
    opinion: Floats = (
        _MEAN_SCORE + _SCORE_PER_SATISFACTION * satisfaction + shop.text_rating_effect * texted
    )
    return opinion


def answering_share(satisfaction: Floats, shop: Shop) -> Floats:
    """Return the probability of answering when asked; the satisfied answer more often."""
    odds = np.exp(_ANSWER_LOG_ODDS * satisfaction) * shop.response_share
    share: Floats = odds / (odds + 1 - shop.response_share)
    return share


def _survey_ids(survey: Integers) -> pa.Array:
    return identifiers("s", survey, 3)


def _surveys_frame(history: History) -> pd.DataFrame:
    number = np.arange(len(history.runs))
    question = "How likely are you to recommend us to a friend?"
    return table_frame(
        "surveys",
        {
            "survey_id": _survey_ids(number),
            "campaign_id": history.campaign_keys(number),
            "metric": picked(["nps"], np.zeros_like(number)),
            "scale_min": np.full(len(number), _LOWEST),
            "scale_max": np.full(len(number), _HIGHEST),
            "question": picked([question], np.zeros_like(number)),
        },
    )


def _responses_frame(history: History, asked: _Answers, rng: np.random.Generator) -> pd.DataFrame:
    row = np.flatnonzero(asked.answered)
    row = row[np.argsort(asked.responded[row], kind="stable")]
    score = asked.score[row]
    customer = np.where(rng.random(len(row)) < _ANONYMOUS_SHARE, NONE, asked.customer[row])
    silent = rng.random(len(row)) >= _COMMENT_SHARE
    # From a stream of its own: what is written moves no other draw.
    comments = draw_comments(score, silent, rng.spawn(1)[0])
    return table_frame(
        "responses",
        {
            "response_id": identifiers("a", np.arange(len(row)), 9),
            "survey_id": _survey_ids(asked.survey[row]),
            "customer_id": history.customer_keys(customer),
            "responded_at": history.times(asked.responded[row]),
            "score": score,
            "comment": comments.column(),
        },
    )
