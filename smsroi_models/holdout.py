"""The lift of one outcome, from a table of one row per assigned customer."""

from collections.abc import Sequence
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from smsroi_models.attribution.clusters import clustered_lift, influences
from smsroi_models.attribution.collect import (
    as_ibis,
    collect_cluster_scores,
    collect_moments,
    collect_moments_by,
)
from smsroi_models.attribution.compliance import ComplierLift, compare_compliers
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import check_covariates, compare
from smsroi_models.attribution.ratios import compare_ratios
from smsroi_models.attribution.strata import post_stratified
from smsroi_models.errors import ParameterError


def holdout_lift(
    table: ibis.Table | pd.DataFrame | pa.Table,
    arm: str = "arm",
    outcome: str = "spend",
    treatment: Any = "treatment",
    holdout: Any = "holdout",
    covariates: Sequence[str] = (),
    strata: str | None = None,
    cluster: str | None = None,
    confidence_level: float = 0.95,
) -> Lift:
    """Return the effect of assignment on an outcome, per assigned customer.

    Every assigned customer is one row, also those who were not reached or did nothing (outcome
    0); dropping them breaks the comparison. A true/false outcome is treated as a proportion.

    Parameters
    ----------
    table : pandas.DataFrame, pyarrow.Table or ibis.Table
    arm, outcome : str
        Column names. The outcome is numeric or true/false, never null.
    treatment, holdout : object
        The two values of ``arm`` that are compared; rows with another value are left out.
    covariates : sequence of str
        Numeric columns measured before assignment; empty for the difference in means.
    strata : str, optional
        Column of the groups within which the arms were drawn; null is a group of its own. The lift
        is then that of the customers assigned to treatment, estimated within each group.
    cluster : str, optional
        Column of the households, shared phones and the like whose members go along, never null; a
        customer alone is a cluster of one. The lift stays, its interval no longer takes members for
        independent. The table is then read twice.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If a column is missing, not numeric, or has null or infinite values.
    NotEstimableError
        If an arm is empty or nothing varies in it, a stratum has fewer than two customers in one of
        its arms, or an arm has too few clusters.
    ParameterError
        If the confidence level lies outside (0, 1), both arms have the same value or one of another
        kind than the column's, a covariate stands twice or is the outcome, or strata and clusters
        are asked for together.

    Examples
    --------
    >>> import pandas as pd
    >>> spend = pd.DataFrame({"arm": ["treatment"] * 3 + ["holdout"] * 3,
    ...                       "spend": [1.0, 2.0, 6.0, 0.0, 1.0, 2.0]})
    >>> lift = holdout_lift(spend)
    >>> lift.mean_treatment, lift.mean_holdout, lift.absolute_lift
    (3.0, 1.0, 2.0)
    """
    _check_names(arm, treatment, holdout, covariates, outcome)
    columns = [outcome, *covariates]
    if strata is not None and cluster is not None:
        raise ParameterError(
            f"strata is {strata!r} and cluster {cluster!r}: both together are not offered; where "
            "the share held out is the same in all strata, leave strata out"
        )
    names = [name for name in (arm, *columns, strata, cluster) if name is not None]
    rows = as_ibis(table, list(dict.fromkeys(names)))
    values = {"arm": arm, "treatment": treatment, "holdout": holdout}
    if strata is not None:
        groups = collect_moments_by(rows, columns, strata, **values)
        return post_stratified(
            groups, outcome, covariates=covariates, confidence_level=confidence_level
        )
    treated, held = collect_moments(rows, columns, **values)
    if cluster is not None:
        scores = collect_cluster_scores(
            rows, cluster, influences(treated, held, outcome, covariates), **values
        )
        return clustered_lift(
            treated,
            held,
            outcome,
            scores,
            covariates=covariates,
            confidence_level=confidence_level,
        )
    return compare(
        treated,
        held,
        outcome,
        covariates=covariates,
        proportion=rows[outcome].type().is_boolean(),
        confidence_level=confidence_level,
    )


def complier_lift(
    table: ibis.Table | pd.DataFrame | pa.Table,
    arm: str = "arm",
    received: str = "delivered",
    outcome: str = "spend",
    treatment: Any = "treatment",
    holdout: Any = "holdout",
    covariates: Sequence[str] = (),
    confidence_level: float = 0.95,
) -> ComplierLift:
    """Return the effect of the text per customer whom assignment made receive it.

    Everyone assigned is one row, received or not. Leaving out whom the text did not reach would
    compare people who differ; this does not.

    Parameters
    ----------
    table : pandas.DataFrame, pyarrow.Table or ibis.Table
    arm, received, outcome : str
        Column names; ``received`` is true/false or 1/0, never null.
    treatment, holdout : object
        The two values of ``arm`` that are compared; rows with another value are left out.
    covariates : sequence of str
        Numeric columns measured before assignment.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    DataError
        If a column is missing, not numeric, or has null or infinite values.
    NotEstimableError
        If assignment hardly changed who received the text, or an arm is empty or does not vary.
    ParameterError
        If the confidence level lies outside (0, 1), both arms have the same value or one of another
        kind than the column's, a covariate stands twice or is the outcome, or the outcome is
        ``received``.

    References
    ----------
    Imbens and Angrist (1994), Econometrica 62(2), theorem 1.

    Examples
    --------
    >>> import pandas as pd
    >>> spend = pd.DataFrame({"arm": ["treatment"] * 80 + ["holdout"] * 80,
    ...                       "delivered": [False, True] * 40 + [False] * 80,
    ...                       "spend": [0.0, 4.0] * 40 + [0.0, 2.0] * 40})
    >>> complier_lift(spend).absolute_lift  # 1 a customer, half of them reached
    2.0
    """
    _check_names(arm, treatment, holdout, covariates, outcome, received)
    columns = list(dict.fromkeys([outcome, received, *covariates]))
    rows = as_ibis(table, list(dict.fromkeys([arm, *columns])))
    treated, held = collect_moments(rows, columns, arm=arm, treatment=treatment, holdout=holdout)
    return compare_compliers(
        treated,
        held,
        outcome,
        received,
        covariates=covariates,
        confidence_level=confidence_level,
    )


def ratio_lift(
    table: ibis.Table | pd.DataFrame | pa.Table,
    numerator: str,
    denominator: str,
    arm: str = "arm",
    treatment: Any = "treatment",
    holdout: Any = "holdout",
    confidence_level: float = 0.95,
) -> Lift:
    """Return the difference of a ratio of means between the arms, such as revenue per order.

    Parameters
    ----------
    table : pandas.DataFrame, pyarrow.Table or ibis.Table
        One row per assigned customer.
    numerator, denominator : str
        Numeric columns, never null; 0 for who did nothing.
    arm, treatment, holdout, confidence_level
        As in `holdout_lift`.

    Raises
    ------
    DataError
        If a column is missing, not numeric, or has null or infinite values.
    NotEstimableError
        If the denominator's mean is not clearly above zero in an arm, or the ratio does not vary.
    ParameterError
        If the confidence level lies outside (0, 1), both arms have the same value, or both
        columns are one.

    References
    ----------
    Deng, Knoblich and Lu (2018), KDD, eq. 3.

    Examples
    --------
    >>> import pandas as pd
    >>> orders = pd.DataFrame({"arm": ["treatment"] * 4 + ["holdout"] * 4,
    ...                        "orders": [1, 2, 1, 2] * 2,
    ...                        "revenue": [9.0, 21.0, 11.0, 19.0, 9.0, 15.0, 9.0, 15.0]})
    >>> lift = ratio_lift(orders, "revenue", "orders")
    >>> lift.mean_treatment, lift.mean_holdout  # 60 / 6 and 48 / 6
    (10.0, 8.0)
    """
    _check_names(arm, treatment, holdout, ())
    columns = list(dict.fromkeys([numerator, denominator]))
    rows = as_ibis(table, list(dict.fromkeys([arm, *columns])))
    treated, held = collect_moments(rows, columns, arm=arm, treatment=treatment, holdout=holdout)
    return compare_ratios(treated, held, numerator, denominator, confidence_level=confidence_level)


def _check_names(
    arm: str, treatment: Any, holdout: Any, covariates: Sequence[str], *outcomes: str
) -> None:
    if treatment == holdout:
        raise ParameterError(
            f"treatment and holdout are both {treatment!r}: name the two values of {arm} to compare"
        )
    if isinstance(covariates, str):
        raise ParameterError(f"covariates is {covariates!r}: hand over a list, [{covariates!r}]")
    check_covariates(covariates, *outcomes)
