"""Holdouts drawn anew and holdouts used again, against the sums written out by hand."""

import ibis
import numpy as np
import pandas as pd
import pytest

from smsroi_models.attribution.shared_draws import Draw, collect_shared_draws

N, CAMPAIGNS = 400, 5


def _store(held: dict[str, np.ndarray]) -> dict[str, ibis.Table]:
    """Return assignments of the customers 0 to N - 1: held out where ``held`` says so."""
    rows = [
        pd.DataFrame(
            {
                "campaign_id": name,
                "customer_id": [f"c{i}" for i in range(N)],
                "arm": np.where(out, "holdout", "treatment"),
            }
        )
        for name, out in held.items()
    ]
    return {"assignments": ibis.memtable(pd.concat(rows))}


def _draws(held: dict[str, np.ndarray], errors: list[float]) -> dict[str, Draw]:
    return {
        name: Draw(error, int((~out).sum()), int(out.sum()))
        for (name, out), error in zip(held.items(), errors, strict=True)
    }


def _drawn(rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(N) < N // 5


def test_the_same_holdout_in_every_campaign_adds_errors_not_variances() -> None:
    out, errors = _drawn(np.random.default_rng(1)), [1.0, 2.0, 3.0, 1.0, 0.5]
    held = {str(i): out for i in range(CAMPAIGNS)}
    expected = sum(errors) ** 2 / sum(error**2 for error in errors)
    assert collect_shared_draws(_store(held), _draws(held, errors)) == pytest.approx(expected)


def test_two_of_five_with_one_holdout_are_seen() -> None:
    rng = np.random.default_rng(2)
    held = {str(i): _drawn(rng) for i in range(CAMPAIGNS)}
    held["4"] = held["3"]
    found = collect_shared_draws(_store(held), _draws(held, [1.0] * CAMPAIGNS))
    # Chance leaves 4 deviations of at most 4 sqrt(2 / 400) once in 30,000.
    assert found == pytest.approx(1 + 2 / 5, abs=4 * (2 / N) ** 0.5)


def test_holdouts_drawn_anew_raise_no_alarm() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        held = {str(i): _drawn(rng) for i in range(CAMPAIGNS)}
        assert collect_shared_draws(_store(held), _draws(held, [1.0] * CAMPAIGNS)) == 1.0


def test_other_customers_and_one_campaign_share_nothing() -> None:
    rng = np.random.default_rng(3)
    held = {"a": _drawn(rng), "b": _drawn(rng)}
    assert collect_shared_draws(_store(held), {"a": _draws(held, [1.0, 1.0])["a"]}) == 1.0
    apart = _store(held)
    rows = apart["assignments"]
    mine = rows.mutate(customer_id=rows.campaign_id + rows.customer_id)
    assert collect_shared_draws({"assignments": mine}, _draws(held, [1.0, 1.0])) == 1.0
