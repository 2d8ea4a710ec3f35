"""Other campaigns beside this one, and what a test could detect."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from corner_shop import AS_OF, ASSIGNED, WINDOW_DAYS, shop_frames
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from smsroi_models.attribution.campaigns import read_campaign
from smsroi_models.attribution.design_checks import (
    detectable_profit,
    enough_power,
    held_out_alike,
    other_campaigns,
)
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.overlap import collect_overlap, collect_strata
from smsroi_models.roi import CostLine, return_on_investment
from smsroi_models.store.connect import Store, open_store
from smsroi_models.store.write import write_store


def test_texts_of_other_campaigns_within_the_window(shop: Store) -> None:
    # AUTUMN texted t3 a day after SPRING's assignment.
    assert collect_overlap(shop, read_campaign(shop, "SPRING"), AS_OF) == (1, 0)
    # SPRING's texts to t3 and h1 had gone out before AUTUMN assigned them.
    assert collect_overlap(shop, read_campaign(shop, "AUTUMN"), AS_OF) == (0, 0)


def test_only_texts_that_went_out_within_the_own_window_count(tmp_path: Path) -> None:
    frames = shop_frames()
    end = pd.Timedelta(days=WINDOW_DAYS)
    frames["messages"] = pd.DataFrame(
        [
            ("a", "h1", ASSIGNED, "sent"),  # the window's first instant
            ("b", "h1", ASSIGNED + end - pd.Timedelta(seconds=1), "sent"),  # twice is once
            ("c", "h2", ASSIGNED + end, "sent"),  # its end: out
            ("d", "h3", ASSIGNED, "canceled"),  # never went out
            ("e", "t4", ASSIGNED + end + pd.Timedelta(days=1), "sent"),  # t4's own window: in
            ("f", "t5", ASSIGNED + pd.Timedelta(days=6), "sent"),  # not ready
        ],
        columns=["message_id", "customer_id", "sent_at", "status"],
    ).assign(campaign_id="AUTUMN", segments=1, price=0.01)
    frames["assignments"] = frames["assignments"].query("campaign_id == 'SPRING'")
    with open_store(write_store(frames, tmp_path / "store")) as store:
        assert collect_overlap(store, read_campaign(store, "SPRING"), AS_OF) == (1, 1)


@pytest.mark.parametrize(
    ("texted", "status"),
    [((0, 0), "passed"), ((250, 60), "informational"), ((250, 120), "failed")],
)
def test_other_campaigns_may_text_both_arms_alike(texted: tuple[int, int], status: str) -> None:
    assert other_campaigns(texted, (1_000, 250)).status == status


def test_the_bound_is_that_of_fishers_test() -> None:
    """1 in 1,000; Fisher's exact test is a little stricter than the normal one."""
    for held in range(40, 130):
        table = [[250, 750], [held, 250 - held]]
        exact = float(stats.fisher_exact(table).pvalue)
        status = other_campaigns((250, held), (1_000, 250)).status
        if not 0.0005 < exact < 0.003:
            assert status == ("failed" if exact < 0.001 else "informational"), (held, exact)


def test_the_arms_of_each_stratum_are_counted(tmp_path: Path) -> None:
    frames = shop_frames()
    strata = {"t1": "north", "t2": "north", "h1": "north", "t3": "south", "h2": "south"}
    frames["assignments"]["stratum"] = frames["assignments"]["customer_id"].map(strata)
    with open_store(write_store(frames, tmp_path / "store")) as store:
        found = collect_strata(store, read_campaign(store, "SPRING"))
    assert found == {"north": (2, 1), "south": (1, 1), None: (2, 1)}


def test_one_stratum_has_nothing_to_differ(shop: Store) -> None:
    assert held_out_alike(collect_strata(shop, read_campaign(shop, "SPRING"))) is None


@pytest.mark.parametrize("held", [15, 20, 30, 38, 45, 60])
def test_shares_held_out_are_compared_as_scipy_does(held: int) -> None:
    counts = {"a": (160, 40), "b": (200 - held, held), "c": (80, 20)}
    chance = stats.chi2_contingency([list(arms) for arms in counts.values()], correction=False)
    check = held_out_alike(counts)
    assert check is not None
    assert check.status == ("failed" if chance.pvalue < 0.001 else "passed")
    assert check.invalidates == (check.status == "failed")


def _lift(n_treatment: int, n_holdout: int) -> Lift:
    arms = [
        Moments.from_rows(np.resize([[0.0], [10.0]], (n, 1)), ["margin"])
        for n in (n_treatment, n_holdout)
    ]
    return compare(*arms)


def test_the_detectable_profit_is_the_one_statsmodels_finds() -> None:
    lift = _lift(8_000, 2_000)
    size = NormalIndPower().solve_power(nobs1=8_000, alpha=0.05, power=0.8, ratio=0.25)
    # Half of 0 and half of 10: standard deviation 5. Student's t at 3,000 degrees of freedom is
    # within 0.1 % of the normal, and 7e-5 of the variance is n / (n - 1).
    assert detectable_profit(lift, 8_000) == pytest.approx(8_000 * 5 * size, rel=2e-3)


def test_power_is_judged_where_the_result_is_unclear() -> None:
    lift = _lift(8_000, 2_000)
    least = detectable_profit(lift, 8_000)
    for cost, status in ((least * 1.01, "passed"), (least * 0.99, "failed")):
        # Profit of exactly zero: as unclear as can be.
        idle = replace(
            lift,
            absolute_lift=cost / 8_000,
            ci_lower=lift.ci_lower + cost / 8_000,
            ci_upper=lift.ci_upper + cost / 8_000,
        )
        roi = return_on_investment(idle, idle, [CostLine("texts", cost, cost)])
        check = enough_power(roi, idle)
        assert check is not None and check.status == status
        # The true return it needs, and never that this campaign had one.
        assert f"paid in 4 of 5 cases where its true ROI is {least / cost:.0%}" in check.text
    clear = return_on_investment(lift, lift, [CostLine("texts", 10 * least, 10 * least)])
    check = enough_power(clear, lift)
    assert clear.outcome == "lost" and check is not None and check.status == "passed"


def test_power_says_nothing_without_a_cost() -> None:
    lift = _lift(800, 200)
    assert enough_power(return_on_investment(lift, lift, None), lift) is None
