"""The truth of who made each click: recorded, and without a draw of its own."""

import numpy as np
import pandas as pd
import pytest

from smsroi_models.simulate import Program, Shop, simulate_program


def _program(**shop: float) -> Program:
    return simulate_program(4_000, 2, np.random.default_rng(3), shop=Shop(**shop))


@pytest.fixture(scope="module")
def plain() -> Program:
    return _program()


def test_each_click_has_its_maker(plain) -> None:
    assert plain.click_truth.click_id.tolist() == plain.tables["clicks"].click_id.tolist()
    clicks = plain.tables["clicks"].merge(plain.click_truth, on="click_id")
    named = clicks.user_agent.str.contains("Scanner|Bot|requests", na=False)
    assert clicks.machine[named].all() and clicks.machine.sum() > named.sum()
    # 3 % of the delivered texts, whose number is their status.
    delivered = plain.tables["messages"].status.isin(["delivered", "read"]).sum()
    assert clicks.machine.sum() == pytest.approx(0.03 * delivered, rel=0.2)


def test_no_machine_that_waits_no_draw() -> None:
    """Shares of nothing leave every table as it is."""
    with_none = _program(patient_bot_share=0.0, burst_bot_share=0.0, hasty_share=0.0)
    without = _program()
    for name, table in without.tables.items():
        pd.testing.assert_frame_equal(table, with_none.tables[name])
    assert "click truth" not in without.tables


def test_a_core_program_has_no_clicks_to_tell_of() -> None:
    core = simulate_program(300, 1, np.random.default_rng(1), detail="core")
    assert core.click_truth is None


def test_machines_that_wait_come_in_bursts_or_alone_under_a_browsers_name() -> None:
    program = _program(bot_share=0.0, patient_bot_share=0.05, burst_bot_share=0.05)
    clicks = program.tables["clicks"].merge(program.click_truth, on="click_id")
    machines = clicks[clicks.machine]
    assert machines.user_agent.str.startswith("Mozilla").all()
    links = program.tables["links"].dropna(subset="customer_id")
    own = machines.merge(links, on="link_id").merge(
        program.tables["messages"], on=["campaign_id", "customer_id"]
    )
    wait = (own.clicked_at - own.sent_at).dt.total_seconds()
    assert wait.min() >= 30 and wait.max() < 1_803
    sizes = set(own.groupby("link_id").size())
    assert sizes == {1, 4, 5}  # alone, a burst, and both on one link


def test_hasty_people_click_within_ten_seconds() -> None:
    program = _program(bot_share=0.0, hasty_share=0.5)
    links = program.tables["links"].dropna(subset="customer_id")
    own = (
        program.tables["clicks"]
        .merge(links, on="link_id")
        .merge(program.tables["messages"], on=["campaign_id", "customer_id"])
    )
    wait = (own.clicked_at - own.sent_at).dt.total_seconds()
    first = wait.groupby(own.link_id).min()
    assert (first < 10).mean() == pytest.approx(0.5, abs=4 * (0.25 / len(first)) ** 0.5)
    assert not program.click_truth.machine.any()
