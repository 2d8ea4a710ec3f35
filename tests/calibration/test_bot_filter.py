"""How well the filter of machines' clicks does, against who made each click in the simulator.

``docs/tracked.md`` prints the table; the test holds every figure of it against a new run.

Precision: machines' clicks among those left out. Recall: those left out among machines' clicks.
Clicks on one link go together, so that errors are those of a ratio over links; where a share is 0
or 1, Wilson's interval over links. On a link that all share, clicks are taken one by one.
"""

import math
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from smsroi_models.attribution.bots import BOT_REASONS, judged_clicks
from smsroi_models.attribution.shares import share_of
from smsroi_models.attribution.student import interval
from smsroi_models.simulate import Shop, simulate_program
from smsroi_models.store.tables import TABLES

DOCS = Path(__file__).resolve().parents[2] / "docs" / "tracked.md"
WORLDS = {
    "scanners that open at once": Shop(),
    "and machines that wait": Shop(patient_bot_share=0.02, burst_bot_share=0.01),
    "and people in haste": Shop(patient_bot_share=0.02, burst_bot_share=0.01, hasty_share=0.05),
}
RULES = {
    "click_declared": "declared",
    "click_timing": "declared, timing",
    "click": "declared, timing, bursts",
}
ROW = "| {} | {} | {} | {} |"


def _judged(shop: Shop) -> pd.DataFrame:
    program = simulate_program(12_000, 4, np.random.default_rng(31), shop=shop)
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    names = ("links", "clicks", "messages")
    store = {n: ibis.memtable(program.tables[n], schema=TABLES[n].schema()) for n in names}
    found = connection.to_pandas(judged_clicks(store))
    assert program.click_truth is not None
    return found.merge(program.click_truth, on="click_id", validate="one_to_one")


def _ratio(part: pd.Series, of: pd.Series, link: pd.Series) -> str:
    """Write the share of clicks with ``of`` that have ``part``, and its interval."""
    frame = pd.DataFrame({"a": part & of, "b": of}).groupby(link).sum()
    frame = frame[frame.b > 0]
    share = frame.a.sum() / frame.b.sum()
    if share in (0.0, 1.0):
        wilson = share_of(round(share * len(frame)), len(frame))
        low, high = wilson.ci_lower, wilson.ci_upper
    else:
        error = ((frame.a - share * frame.b) ** 2).sum() ** 0.5 / frame.b.sum()
        low, high = interval(share, error, math.inf, 0.95, "two-sided")
    return f"{100 * share:.1f} ({100 * low:.1f} to {100 * high:.1f})"


@pytest.fixture(scope="module")
def judged() -> dict[str, pd.DataFrame]:
    return {name: _judged(shop) for name, shop in WORLDS.items()}


def _rows(judged: dict[str, pd.DataFrame]) -> list[str]:
    rows = []
    for world, clicks in judged.items():
        own = clicks[clicks.customer_id.notna()]
        rows += [_row(world, label, own, rule, own.link_id) for rule, label in RULES.items()]
    shared = judged["scanners that open at once"]
    shared = shared[shared.customer_id.isna()]
    world = "the same, on a link that all share"
    return [*rows, _row(world, "declared, timing, bursts", shared, "click", shared.click_id)]


def _row(world: str, label: str, clicks: pd.DataFrame, rule: str, unit: pd.Series) -> str:
    out = clicks.reason.isin(BOT_REASONS[rule])
    precision, recall = _ratio(clicks.machine, out, unit), _ratio(out, clicks.machine, unit)
    return ROW.format(world, label, precision, recall)


def test_the_printed_scores_are_those_of_a_run(judged) -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [row for row in _rows(judged) if row not in text] == []


def test_what_the_filter_can_and_cannot_do(judged) -> None:
    """Laws of the worlds, whatever the seed."""
    first, waiting, hasty = (clicks for clicks in judged.values())
    named = first.reason.isin(BOT_REASONS["click_declared"])
    assert first.machine[named].all()  # nobody human calls himself a robot
    # A scanner in the first world opens within ten seconds, and no human does, on links of one's
    # own; on a link that all share nobody's text is known, and 3 of 10 scanners pass.
    own = first.customer_id.notna()
    assert (first.machine == first.reason.notna())[own].all()
    # A machine that waits and opens once is never found.
    once = waiting[waiting.machine & waiting.reason.isna() & waiting.customer_id.notna()]
    assert len(once) > 50
    # People in haste are taken for machines.
    assert (hasty.reason[~hasty.machine] == "too_soon").sum() > 20
