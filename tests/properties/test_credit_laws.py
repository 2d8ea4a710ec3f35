"""Laws of credit on a simulated shop: two forms of it agree, and nothing is sold twice."""

import ibis
import numpy as np
import pytest

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import read_campaign, read_last_order_at
from smsroi_models.attribution.collect import collect_moments
from smsroi_models.attribution.credit import with_credit
from smsroi_models.attribution.credit_totals import TRACKED, collect_credited
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import outcomes
from smsroi_models.attribution.rules import PRESETS
from smsroi_models.attribution.touches import ledger
from smsroi_models.soundness import horizon

COLUMNS = ("revenue", "pre_revenue", "pre_orders")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    program = smsroi.simulate_program(2_000, 2, np.random.default_rng(5))
    path = smsroi.write_store(program.tables, tmp_path_factory.mktemp("credit") / "shop")
    with smsroi.open_store(path, threads=1) as store:
        campaign = read_campaign(store, "camp-02")
        moment = horizon(read_last_order_at(store))
        rows = ledger(store, campaign, moment, 31).to_pyarrow()
        yield store, campaign, moment, ibis.memtable(rows)


@pytest.fixture(scope="module")
def credits(shop):
    store, _, _, rows = shop
    return {
        name: store.connection.to_pandas(with_credit(rows, rule)) for name, rule in PRESETS.items()
    }


def test_totals_and_moments_are_those_of_the_rows(shop, credits) -> None:
    store, campaign, moment, _ = shop
    customers = outcomes(store, campaign, moment)
    arms = collect_moments(customers, COLUMNS)
    people = customers.to_pandas()
    found = collect_credited(store, campaign, moment, PRESETS, arms, 90)
    for name, credit in credits.items():
        mine = credit[(credit.campaign_id == campaign.campaign_id) & (credit.type == "order")]
        tracked = (mine.credit * mine.revenue).groupby(mine.customer_id).sum()
        people[TRACKED] = people.customer_id.map(tracked).fillna(0.0)
        assert found[name].orders == pytest.approx(mine.credit.sum())
        assert found[name].revenue == pytest.approx(people[TRACKED].sum())
        for arm, got in zip(("treatment", "holdout"), found[name].arms, strict=True):
            rows = people[people.arm == arm][[*COLUMNS, TRACKED]]
            expected = Moments.from_rows(rows, [*COLUMNS, TRACKED])
            np.testing.assert_allclose(got.mean, expected.mean, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(got.covariance, expected.covariance, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", PRESETS)
def test_no_more_is_credited_than_the_rule_gives_away(credits, name) -> None:
    credit = credits[name]
    assert credit.credit.between(0, 1).all()
    whole = ["conversion_id", "campaign_id"] if PRESETS[name].credit == "all" else "conversion_id"
    given = credit.groupby(whole).credit.sum()
    assert (given <= 1 + 1e-12).all()
    # All of a conversion or nothing: parts are of the same whole.
    assert np.isclose(given, given.round()).all()


def test_a_wider_window_credits_no_fewer_orders_under_all(shop) -> None:
    store, campaign, _, rows = shop
    rules = [
        smsroi.AttributionRule("w", "W", click_days=days, delivered_hours=24 * days, credit="all")
        for days in (1, 3, 9, 30)
    ]
    credited = []
    for rule in rules:
        credit = store.connection.to_pandas(with_credit(rows, rule))
        credited.append(credit[credit.campaign_id == campaign.campaign_id].credit.sum())
    assert credited == sorted(credited)
