"""The lift where customers come in clusters: households, or people who share a phone.

    SE^2 = c sum_g (t_g - h_g)^2,    c = G / (G - 1) x (N - 1) / (N - K)

(Liang and Zeger 1986; with c it is CR1, statsmodels' ``cov_type="cluster"``). t_g and h_g are what
cluster g adds to the error of the arms' means (`Influence`); K is 2, and 2 more a covariate. A
cluster may straddle the arms. One customer a cluster gives White's error (HC1).

CR1 leans low where an arm has few clusters, or a few large ones. Student's t has the degrees of
freedom of the arms' effective clusters, (sum n_g^2)^2 / sum n_g^4 (Carter, Schnepel and Steigerwald
2017), less one each, by Welch-Satterthwaite; below `FEWEST_CLUSTERS` of them it is refused.
"""

from collections.abc import Sequence

import numpy as np

from smsroi_models.attribution.arm_means import ArmMean, arm_regression, plain_mean
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.influence import ArmClusters, ClusterScores, Influence
from smsroi_models.attribution.lift import adjusted_means, check_options, lift_between
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError

# Effective clusters an arm needs: with fewer, the interval covers less than it says.
FEWEST_CLUSTERS = 10.0


def influences(
    treatment: Moments, holdout: Moments, outcome: str, covariates: Sequence[str] = ()
) -> tuple[Influence, Influence]:
    """Return how customers move the arms' means, from which `clustered_lift`'s scores are summed.

    Raises
    ------
    NotEstimableError
        As `compare`.
    """
    covariates = tuple(covariates)
    common = treatment.select(covariates).merge(holdout.select(covariates)).mean
    found = []
    for arm, name in ((treatment, "treatment"), (holdout, "holdout")):
        rows = arm.select((outcome, *covariates))
        residual, leverage = np.eye(1, len(rows.columns))[0], np.zeros(len(rows.columns))
        if covariates:
            regression = arm_regression(arm, outcome, covariates, name)
            residual[1:] = -regression.slopes
            leverage[1:] = regression.pull(common - rows.mean[1:]) / (arm.n - 1)
        found.append(Influence(rows.columns, arm.n, rows.mean, residual, leverage))
    return found[0], found[1]


def clustered_lift(
    treatment: Moments,
    holdout: Moments,
    outcome: str,
    scores: ClusterScores,
    *,
    covariates: Sequence[str] = (),
    confidence_level: float = 0.95,
) -> Lift:
    """Compare an outcome between the arms, with an error that lets customers of a cluster go along.

    The lift is that of `compare`, per customer; only its error, degrees of freedom and what follows
    from them differ.

    Parameters
    ----------
    treatment, holdout : Moments
        Of customers.
    outcome : str
    scores : ClusterScores
        From `collect_cluster_scores`, by the `influences` of the same outcome and covariates.
    covariates : sequence of str
        Columns measured before assignment.
    confidence_level : float
        In (0, 1).

    Raises
    ------
    NotEstimableError
        As `compare`; or if an arm has fewer than 10 effective clusters, or their sums do not vary.
    ParameterError
        If the confidence level lies outside (0, 1).

    References
    ----------
    Liang and Zeger (1986), Biometrika 73(1). Carter, Schnepel and Steigerwald (2017), Review of
    Economics and Statistics 99(4).

    Examples
    --------
    Ten couples an arm who spend alike tell as much as ten customers, not twenty:

    >>> def arm(level):
    ...     rows = [[level - 1], [level - 1], [level + 1], [level + 1]] * 5
    ...     return Moments.from_rows(rows, ["y"])
    >>> squares = 10 * (2 * 1 / 20) ** 2  # each couple moves the mean by 2 x 1 / 20
    >>> couples = ArmClusters(10, 10.0, squares)
    >>> scores = ClusterScores(20, couples, couples, products=0.0)
    >>> lift = clustered_lift(arm(6.0), arm(5.0), "y", scores)
    >>> lift.absolute_lift, lift.degrees_of_freedom
    (1.0, 18.0)
    >>> round(lift.standard_error**2 / (2 * squares), 4)  # 20 / 19 x 39 / 38
    1.0803
    """
    check_options(confidence_level, "two-sided", "log")
    covariates = tuple(covariates)
    means = (
        adjusted_means(treatment, holdout, outcome, covariates)
        if covariates
        else (plain_mean(treatment, outcome, "treatment"), plain_mean(holdout, outcome, "holdout"))
    )
    n, k = treatment.n + holdout.n, 2 + 2 * len(covariates)
    correction = scores.clusters / max(scores.clusters - 1, 1) * (n - 1) / (n - k)
    treated = _clustered(means[0], scores.treatment, correction, outcome, "treatment")
    held = _clustered(means[1], scores.holdout, correction, outcome, "holdout")
    return lift_between(
        treated,
        held,
        outcome=outcome,
        method="cluster-robust",
        covariates=covariates,
        sizes=(treatment.n, holdout.n),
        confidence_level=confidence_level,
        covariance=correction * scores.products,
        most_df=scores.clusters - 1,
    )


def _clustered(
    mean: ArmMean, found: ArmClusters, correction: float, outcome: str, name: str
) -> ArmMean:
    if found.effective < FEWEST_CLUSTERS:
        raise NotEstimableError(
            f"the {name} arm has {found.clusters} clusters, which tell as much as "
            f"{found.effective:.3g} of equal size: at least {FEWEST_CLUSTERS:g} are needed; assign "
            "more clusters, or leave the largest out on purpose"
        )
    # Beside the error of customers taken one by one, no more than what rounding leaves of zero.
    if found.squares <= 1e-12 * mean.variance:
        raise NotEstimableError(
            f"{outcome} sums to the same in every cluster of the {name} arm: its sampling error "
            "cannot be estimated; check how the clusters were made"
        )
    return ArmMean(mean.value, correction * found.squares, found.effective - 1)
