"""What knowing is worth: the expected value of a test's information, and what it costs.

With the true profit per text from N(mu, sigma^2) and a test of standard error s, the posterior
mean will be from N(mu, v^2) with v^2 = sigma^4 / (sigma^2 + s^2). The expected value of sample
information for N further texts is then

    N { E[max(0, posterior mean)] - max(0, mu) } = N v { phi(z) - z Phi(-z) },    z = |mu| / v

(Raiffa and Schlaifer 1961, sections 5.3 and 5.4: the unit normal loss).
"""

import math

from scipy import special

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.student import quantile
from smsroi_models.errors import NotEstimableError
from smsroi_models.planning.prior import Prior


def gain_of_choosing(mean: float, standard_deviation: float) -> float:
    """Return E[max(0, X)] - max(0, mean) for a normal X: what choosing after seeing X adds.

    Parameters
    ----------
    mean : float
    standard_deviation : float
        0 or more.

    References
    ----------
    Raiffa and Schlaifer (1961), Applied Statistical Decision Theory, section 5.4.

    Examples
    --------
    >>> round(gain_of_choosing(0.0, 1.0), 4)  # 1 / sqrt(2 pi)
    0.3989
    >>> gain_of_choosing(2.0, 0.0)
    0.0
    """
    if standard_deviation == 0:
        return 0.0
    z = abs(mean) / standard_deviation
    density = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    # Rounding may leave the difference of two tiny numbers just below zero.
    return standard_deviation * max(density - z * float(special.ndtr(-z)), 0.0)


def value_of_knowing(profit_per_text: Prior, standard_error: float, future_texts: int) -> float:
    """Return the expected value of a test's information for further texts, store currency.

    Parameters
    ----------
    profit_per_text : Prior
        Texts that are not sent earn nothing and cost nothing.
    standard_error : float
        Of the test, per text, same unit as the prior; above 0.
    future_texts : int
        Texts that the result decides about.

    Raises
    ------
    NotEstimableError
        If the prior's deviation is 0: there is nothing to learn.

    References
    ----------
    Raiffa and Schlaifer (1961), section 5.3.

    Examples
    --------
    Break-even expected, and a test as precise as the prior, so that v^2 = 1 / 2:

    >>> round(value_of_knowing(Prior(0.0, 1.0), 1.0, 1_000), 1)  # 1,000 x 0.7071 x 0.3989
    282.1
    """
    sigma = profit_per_text.standard_deviation
    if sigma == 0:
        raise NotEstimableError(
            "there is nothing to learn: the prior's standard deviation is 0, which says that the "
            "profit is known. State how unsure you are"
        )
    # As sigma / sqrt(1 + (s / sigma)^2), which overflows for no amount of money.
    preposterior = sigma / math.hypot(1.0, standard_error / sigma)
    return future_texts * gain_of_choosing(profit_per_text.mean, preposterior)


def cost_of_holding_out(
    n_holdout: int, contribution_per_text: Prior, confidence_level: float = 0.95
) -> Estimate:
    """Return what the held-out customers' texts would have earned, store currency.

    Below zero where texts are expected to lose money: holding out then saves. The interval is for
    the truth of this campaign, wider where the prior was pooled from few.

    Examples
    --------
    >>> cost = cost_of_holding_out(1_000, Prior(0.3, 0.2))
    >>> cost.estimate, round(cost.ci_lower), round(cost.ci_upper)
    (300.0, -92, 692)
    """
    mean = n_holdout * contribution_per_text.mean
    error = n_holdout * contribution_per_text.standard_deviation
    reach = quantile((1 + confidence_level) / 2, contribution_per_text.degrees_of_freedom) * error
    return Estimate(mean, error, mean - reach, mean + reach)


def profit_maximising_test_size(
    n_customers: int, standard_deviation: float, prior_deviation: float
) -> float:
    """Return how many customers try each of two texts before the rest get the better one.

    Both texts' mean profits per customer come from the same normal prior; the size maximises the
    expected profit of all. It is far smaller than that of a significance test.

    Parameters
    ----------
    n_customers : int
        Customers in all.
    standard_deviation : float
        Of profit between customers, above 0.
    prior_deviation : float
        Of the texts' mean profits, same unit, above 0.

    Returns
    -------
    float
        Customers for each text, not rounded.

    Raises
    ------
    NotEstimableError
        If ``prior_deviation`` is 0: the texts are known to be alike, there is nothing to learn.

    References
    ----------
    Feit and Berman (2019), Marketing Science 38(6), eq. 10.

    Examples
    --------
    >>> round(profit_maximising_test_size(100_000, (0.68 * 0.32) ** 0.5, 0.03))  # their table 1
    2284
    """
    if not prior_deviation > 0:
        raise NotEstimableError(
            f"prior_deviation is {prior_deviation}: texts that are known to be alike leave nothing "
            "to learn"
        )
    ratio = (standard_deviation / prior_deviation) ** 2
    # (root - a) as (root^2 - a^2) / (root + a): in a small audience the two are nearly the same.
    quarter, tail = n_customers / 4 * ratio, 0.75 * ratio
    return quarter / (math.sqrt(quarter + tail**2) + tail)
