"""Whether campaigns drew their holdouts anew, or held the same customers out again.

A lift is a sum over customers c of what each spent, by ``z_ic``: ``1 / n_t`` of those whom campaign
i texted and ``-1 / n_h`` of those held out. Where customers spend alike whichever campaign runs,
the sum of lifts with standard errors s_i has the variance

    V = sum_c (sum_i u_ic)^2,    u_ic = s_i z_ic / sqrt(1 / n_t + 1 / n_h).

Independent draws make it ``S = sum s_i^2``, but for chance; the same holdout in each campaign makes
it ``(sum s_i)^2``. Where customers spend less than alike the truth lies between S and V. By chance
``V / S`` differs from 1 with a deviation of at most ``sqrt(2) sum s_i^2 N_i^-0.5 / S``, N_i being
both arms of campaign i.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import ibis
from ibis import _

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.store.tables import ARMS

# Independent draws pass that many deviations once in 30,000 portfolios. A tenth more variance
# makes an interval of 95 % hold in 94 %: less is let be.
_DEVIATIONS, _LEAST = 4.0, 0.1
_SCHEMA = {"campaign_id": "string", "arm": "string", "unit": "float64"}


class Draw(NamedTuple):
    """What one campaign's draw came to.

    Attributes
    ----------
    standard_error : float
        Of what the campaign adds to the sum, in the sum's unit; above 0.
    n_treatment, n_holdout : int
        Customers assigned.
    """

    standard_error: float
    n_treatment: int
    n_holdout: int


def collect_shared_draws(store: Tables, draws: Mapping[str, Draw]) -> float:
    """Collect, in one query, by how much shared holdouts may raise the variance of a sum.

    Returns
    -------
    float
        V / S, where the same customers were held out more often than chance does; otherwise 1.

    Parameters
    ----------
    store : Tables
        With ``assignments``.
    draws : mapping of str to Draw
        By campaign; everyone assigned to it counts.
    """
    if len(draws) < 2:
        return 1.0
    variances = {name: draw.standard_error**2 for name, draw in draws.items()}
    independent = math.fsum(variances.values())
    together = float(summed_squares(store, draws).as_scalar().to_pyarrow().as_py())
    ratio = together / independent
    chance = math.sqrt(2) * math.fsum(
        variances[name] / math.sqrt(draw.n_treatment + draw.n_holdout)
        for name, draw in draws.items()
    )
    return ratio if ratio - 1 > max(_DEVIATIONS * chance / independent, _LEAST) else 1.0


def summed_squares(store: Tables, draws: Mapping[str, Draw]) -> ibis.Table:
    """Return, lazily, ``together``: V, in one row."""
    rows = []
    for name, (error, n_treatment, n_holdout) in draws.items():
        whole = error / math.sqrt(1 / n_treatment + 1 / n_holdout)
        for arm, unit in zip(ARMS, (whole / n_treatment, -whole / n_holdout), strict=True):
            rows.append({"campaign_id": name, "arm": arm, "unit": unit})
    units = ibis.memtable(rows, schema=_SCHEMA)
    assigned = store["assignments"].select("campaign_id", "customer_id", "arm")
    each = (
        assigned.join(units, ["campaign_id", "arm"])
        .group_by("customer_id")
        .aggregate(unit=_.unit.sum())
    )
    return each.aggregate(together=(_.unit * _.unit).sum())
