"""Whether lists follow what earlier draws decided: simulated programmes, and sums by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from weekly_shop import AS_OF, shop_frames

from smsroi_models.audience.counts import ListSums
from smsroi_models.audience.list_rule import FALSE_ALARMS, list_rule, require_free_lists
from smsroi_models.audience.list_sums import collect_list_sums
from smsroi_models.errors import NotEstimableError
from smsroi_models.store.connect import open_store
from smsroi_models.store.write import write_store

Rows = np.ndarray[Any, np.dtype[np.float64]]


def _sums(
    rule: str, rng: np.random.Generator, n: int = 4_000, campaigns: int = 10
) -> list[ListSums]:
    """Simulate weekly campaigns; a text lifts buying from 5 to 15 % and opting out by 1 %."""
    keen = rng.gamma(1.0, 1.0, n)
    bought, there = np.full(n, -9), np.ones(n, bool)
    on, texted, gone = (np.zeros((campaigns, n), bool) for _part in range(3))
    for k in range(campaigns):
        share = np.clip(0.2 + 0.3 * keen, 0, 0.9) if rule == "keen" else 0.4
        on[k] = (rng.random(n) < share) & there
        if rule == "recent":
            on[k] |= there & (k - bought <= 4)
        texted[k] = on[k] & (rng.random(n) < 0.5)
        bought[rng.random(n) < np.clip(0.05 * keen + 0.1 * texted[k], 0, 1)] = k
        # Those who leave were on more lists: leaving must not pass for a rule of lists.
        gone[k] = there & (rng.random(n) < 0.002 + 0.01 * texted[k] * keen)
        there &= ~gone[k]
    return [
        _stratum(
            f"c{k}",
            texted[k, on[k]],
            on[k + 1 : k + 5].sum(0)[on[k]],
            gone[k : k + 5].any(0)[on[k]],
        )
        for k in range(campaigns - 1)
    ]


def _stratum(name: str, texted: Any, lists: Any, left: Any) -> ListSums:
    stays = ~left
    t, y = texted[stays].astype(float), lists[stays].astype(float)
    return ListSums(
        name,
        "",
        len(y),
        t.sum(),
        y.sum(),
        (y**2).sum(),
        (t * y).sum(),
        len(texted),
        texted.sum(),
        left.sum(),
        (texted & left).sum(),
    )


@pytest.mark.parametrize("rule", ["chance", "keen"])
def test_lists_that_follow_nothing_a_text_changed_pass(rule: str) -> None:
    """At 1 %, of 200 programmes 2 are expected; 8 or more come once in a thousand."""
    rng = np.random.default_rng(5)
    alarms = [list_rule(_sums(rule, rng)).p_value < FALSE_ALARMS for _run in range(200)]
    assert sum(alarms) < 8


def test_lists_that_follow_purchases_are_found() -> None:
    rng = np.random.default_rng(6)
    found = [list_rule(_sums("recent", rng)) for _run in range(20)]
    assert all(rule.p_value < FALSE_ALARMS and rule.difference > 0 for rule in found)
    with pytest.raises(NotEstimableError, match="lists follow what customers did after earlier"):
        require_free_lists(_sums("recent", rng))


def test_a_single_list_that_follows_a_draw_is_found_among_many() -> None:
    """Half of the texted and 20 % of the others are on the list after one of nine campaigns."""
    fair = [ListSums(f"f{i}", "", 200, 100, 100, 100, 50, 200, 100, 0, 0) for i in range(8)]
    assert list_rule(fair).p_value == 1
    odd = ListSums("odd", "", 200, 100, 70, 70, 50, 200, 100, 0, 0)
    assert list_rule([*fair, odd]).p_value < FALSE_ALARMS


def test_without_both_arms_nothing_is_tested() -> None:
    assert list_rule([]).p_value == 1
    assert list_rule([ListSums("a", "", 50, 50, 9, 9, 9, 50, 50, 0, 0)]).p_value == 1


def test_the_engine_counts_the_lists_of_the_month_after(tmp_path: Path) -> None:
    """Against a loop over customers and campaigns."""
    frames = shop_frames()
    with open_store(write_store(frames, tmp_path / "store"), threads=1) as store:
        sums = {one.campaign_id: one for one in collect_list_sums(store, AS_OF)}
    drawn = frames["assignments"]
    outs = frames["subscriptions"].query("event == 'opt_out'")
    month = pd.Timedelta(days=30)
    for name, rows in drawn.groupby("campaign_id"):
        lists, left, treated = [], [], []
        for row in rows.itertuples():
            later = drawn[drawn.customer_id == row.customer_id].assigned_at - row.assigned_at
            gone = outs[outs.customer_id == row.customer_id].occurred_at - row.assigned_at
            lists.append(((later > pd.Timedelta(0)) & (later <= month)).sum())
            left.append(((gone >= pd.Timedelta(0)) & (gone < month)).any())
            treated.append(row.arm == "treatment")
        assert sums[str(name)] == _stratum(
            str(name), np.array(treated), np.array(lists), np.array(left)
        )
