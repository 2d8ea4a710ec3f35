"""What everyone assigned would have answered, asked or not: the truth of a survey.

An answer is an opinion plus normal noise, rounded and cut to the scale. Its distribution is known
for each customer with the text and without, and so is the score of everybody assigned.
"""

import math

import numpy as np
import pandas as pd

from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import Floats
from smsroi_models.simulate.history import History
from smsroi_models.simulate.surveys import NOISE, opinions


def opinion_truth(history: History) -> pd.DataFrame:
    """Return one row a campaign: the net promoter score that its arms would have given.

    Columns ``score_treatment``, ``score_holdout``, ``difference``, in points: expected over
    everybody assigned to either arm, had all been in the one or in the other.
    """
    rows = [_truth(history, run) for run in history.runs]
    ids = [run.plan.campaign_id for run in history.runs]
    return pd.DataFrame(rows, index=pd.Index(ids, name="campaign_id", dtype="str"))


def _truth(history: History, run: Run) -> dict[str, float]:
    shop = history.request.shop
    satisfaction = history.customers.satisfaction[run.customer]
    told = [
        _points(opinions(satisfaction, np.full(len(satisfaction), texted), shop))
        for texted in (True, False)
    ]
    reached = shop.delivery_share * told[0] + (1 - shop.delivery_share) * told[1]
    return {
        "score_treatment": reached,
        "score_holdout": told[1],
        "difference": reached - told[1],
    }


def _points(opinion: Floats) -> float:
    """Return the net promoter score of people with these opinions: 9 from 8.5 on, 6 below 6.5."""
    if not len(opinion):
        return 0.0
    promoters, not_detractors = (_above(opinion, cut).mean() for cut in (8.5, 6.5))
    return float(100 * (promoters + not_detractors - 1))


def _above(opinion: Floats, cut: float) -> Floats:
    values = np.unique(np.round(opinion, 4), return_inverse=True)
    shares = [math.erfc((cut - value) / (NOISE * math.sqrt(2))) / 2 for value in values[0].tolist()]
    found: Floats = np.array(shares)[values[1]]
    return found
