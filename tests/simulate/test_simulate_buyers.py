"""The orders that customers make of their own accord follow the published models."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from smsroi_models.simulate import Program, Shop, simulate_program

STANDARD_ERRORS = 4.0


def idle_program(shop: Shop, seed: int, n_customers: int = 20_000) -> Program:
    """Return a programme whose campaign changes nothing, so that all orders are base orders."""
    return simulate_program(
        n_customers,
        1,
        np.random.default_rng(seed),
        conversion_effects=[0.0],
        spend_effects=[0.0],
        shop=shop,
        detail="core",
    )


def repeat_orders_before_the_start(program: Program) -> pd.DataFrame:
    start = program.tables["campaigns"]["starts_at"].iloc[0]
    customers = program.tables["customers"].query("acquired_at < @start")
    orders = program.tables["orders"].query("ordered_at < @start")
    count = orders.groupby("customer_id").size()
    return pd.DataFrame(
        {
            "weeks": ((start - customers["acquired_at"]) / pd.Timedelta(weeks=1)).to_numpy(),
            "repeats": count.loc[customers["customer_id"]].to_numpy() - 1,
        }
    )


def expected_repeats(shop: Shop, weeks: np.ndarray) -> np.ndarray:
    """E[X(t)] of Fader, Hardie and Lee (2005), equation 9."""
    r, alpha, a, b = shop.r, shop.alpha, shop.a, shop.b
    series = hyp2f1(r, b, a + b - 1, weeks / (alpha + weeks))
    return (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + weeks)) ** r * series)


@pytest.mark.parametrize(
    "shop",
    [
        Shop(),
        # The CDNOW estimates of the paper, section 4: many orders in a year, early dropout.
        Shop(r=0.243, alpha=4.414, a=0.793, b=2.426),
    ],
    ids=["default", "CDNOW"],
)
def test_repeat_orders_average_what_the_paper_expects(shop: Shop) -> None:
    seen = repeat_orders_before_the_start(idle_program(shop, seed=9))
    surplus = seen["repeats"] - expected_repeats(shop, seen["weeks"].to_numpy())
    standard_error = surplus.std() / np.sqrt(len(surplus))
    assert abs(surplus.mean()) < STANDARD_ERRORS * standard_error
    assert STANDARD_ERRORS * standard_error < 0.1 * seen["repeats"].mean()


def test_the_share_without_a_repeat_order_shows_gamma_rates() -> None:
    shop = Shop(r=0.7, alpha=10.0)
    seen = repeat_orders_before_the_start(idle_program(shop, seed=10))
    # Nobody drops out before a repeat order, so P(X(t) = 0) = (alpha / (alpha + t))^r.
    silent = (shop.alpha / (shop.alpha + seen["weeks"])) ** shop.r
    standard_error = np.sqrt((silent * (1 - silent)).sum()) / len(seen)
    difference = (seen["repeats"] == 0).mean() - silent.mean()
    assert abs(difference) < STANDARD_ERRORS * standard_error


def first_two_amounts(program: Program) -> pd.DataFrame:
    orders = program.tables["orders"].sort_values("ordered_at")
    orders["place"] = orders.groupby("customer_id").cumcount()
    amount = {
        place: orders[orders["place"] == place].set_index("customer_id")["revenue"]
        for place in (0, 1)
    }
    return pd.DataFrame(amount)


def test_amounts_average_what_the_gamma_gamma_model_expects() -> None:
    shop = Shop(refund_share=0.0)
    first = first_two_amounts(idle_program(shop, seed=11))[0]
    expected = shop.p * shop.v / (shop.q - 1)
    standard_error = first.std() / np.sqrt(len(first))
    assert abs(first.mean() - expected) < STANDARD_ERRORS * standard_error
    assert expected == pytest.approx(60, abs=0.1)  # what the default's documentation promises


def test_amounts_of_one_customer_are_alike_as_the_gamma_gamma_model_expects() -> None:
    # q above 4, so that the covariance has a standard error at all.
    shop = Shop(refund_share=0.0, p=3.0, q=12.0, v=220.0, alpha=4.0)
    pairs = first_two_amounts(idle_program(shop, seed=12)).dropna()
    # Two amounts share the mean p / nu, so their covariance is its variance, nu ~ Gamma(q, v).
    expected = shop.p**2 * shop.v**2 / ((shop.q - 1) ** 2 * (shop.q - 2))
    products = (pairs[0] - pairs[0].mean()) * (pairs[1] - pairs[1].mean())
    standard_error = products.std() / np.sqrt(len(products))
    assert abs(products.mean() - expected) < STANDARD_ERRORS * standard_error
    assert expected > 2 * STANDARD_ERRORS * standard_error


def test_a_few_customers_in_a_hundred_order_in_two_weeks(program: Program) -> None:
    assigned = program.tables["assignments"].query("arm == 'holdout'")
    both = assigned.merge(program.tables["orders"], on="customer_id")
    window = pd.Timedelta(days=14)
    inside = both["ordered_at"].between(
        both["assigned_at"], both["assigned_at"] + window, inclusive="left"
    )
    buyers = both[inside].drop_duplicates(["campaign_id", "customer_id"])
    assert 0.02 < len(buyers) / len(assigned) < 0.04
