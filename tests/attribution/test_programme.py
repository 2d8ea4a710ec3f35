"""A whole programme: its tables on a shop written by hand, its comparison, and its checks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

import smsroi_models as smsroi
from smsroi_models.attribution.campaigns import Campaign, read_campaign
from smsroi_models.attribution.cohorts import (
    cohort_lift,
    comparable,
    constant_share_p_value,
    pooled,
)
from smsroi_models.attribution.exposure import (
    Period,
    collect_monthly,
    exposed_outcomes,
    month_ends,
    read_period,
)
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.programme_spending import (
    collect_spending,
    costs_summed,
    read_reach,
    texts_summed,
)
from smsroi_models.attribution.programmes import programme_candidates, read_programmes
from smsroi_models.errors import DataError, NotEstimableError, NotReadyError, ParameterError
from smsroi_models.store.tables import TABLES

STARTS = datetime(2025, 3, 10, 10, tzinfo=UTC)
DAYS, PRE_DAYS = 60, 30
ENDS = STARTS + timedelta(days=DAYS)  # 9 May
SECOND = 1 / 86_400
# customer: arm, days after STARTS of assignment
PEOPLE = {
    "t1": ("treatment", 0),
    "t2": ("treatment", 0),
    "h1": ("holdout", 0),
    "h2": ("holdout", 0),
    "t3": ("treatment", 30),  # 9 April
    "h3": ("holdout", 31),
    "late": ("treatment", 60),  # exactly at the end: never counted
}
# customer, days after STARTS, revenue, discount, cost of goods
ORDERS = [
    ("t1", 0, 100.0, 0.0, 40.0),  # exactly at assignment: counted
    ("t1", 60 - SECOND, 10.0, 5.0, None),  # the last second: 10 - 0.4 x 15 = 4
    ("t1", 60, 999.0, 0.0, 1.0),  # exactly at the end: out
    ("t1", -30, 20.0, 0.0, 8.0),  # the pre-period's first second
    ("t1", -30 - SECOND, 500.0, 0.0, 8.0),  # just before it
    ("h1", 21.6, 50.0, 0.0, 20.0),  # 1 April 00:24
    ("h1", 21.5, 7.0, 0.0, 2.0),  # 31 March 22:00
    ("t3", 29, 12.0, 0.0, 5.0),  # before the own assignment
    ("t3", 30, 30.0, 0.0, 10.0),
    ("h3", 40, 8.0, 0.0, 2.0),
    ("late", 61, 66.0, 0.0, 6.0),
    ("nobody", 3, 777.0, 0.0, 7.0),
]
# campaign, customer, days after STARTS, status, segments, price
MESSAGES = [
    ("A", "t1", 1, "delivered", 2, 0.01),
    ("A", "t2", 1, "failed", 1, 0.0),
    ("A", "nobody", 1, "delivered", 1, None),  # paid at A's mean price: 0.02 / 3
    ("A", "t1", 2, "queued", 9, None),  # never went out
    ("B", "t1", 35, "delivered", 1, 0.5),
    ("B", "h2", 35, "sent", 1, 0.5),  # held out and texted
    ("B", "t3", 29, "delivered", 1, 0.5),  # before joining
    ("B", "t1", 60, "delivered", 1, 9.0),  # at the programme's end: not its cost
    ("OLD", "t1", -1, "delivered", 1, 9.0),  # before its start
    ("OLD", "t2", 1, "delivered", 1, 0.25),  # an old campaign that still texts
]
COSTS = [("A", "creative", 100.0), ("B", "agency", 30.0), ("B", "creative", 1.0)]
COSTS += [("OLD", "agency", 4_000.0), ("GLOBAL", "platform", 60.0), ("LATER", "agency", 500.0)]
CAMPAIGNS = {"GLOBAL": (0, DAYS), "OLD": (-40, 14), "A": (0, 14), "B": (28, 14), "LATER": (60, 14)}


def _at(days: float) -> datetime:
    return STARTS + timedelta(seconds=round(days * 86_400))


def _frames() -> dict[str, pd.DataFrame]:
    people = [*PEOPLE, "nobody"]
    assigned = [("GLOBAL", who, arm, days) for who, (arm, days) in PEOPLE.items()]
    assigned += [("A", "t1", "treatment", 0), ("A", "t2", "holdout", 0)]
    assigned += [("B", "t1", "treatment", 28), ("OLD", "t1", "treatment", -40)]
    rows: dict[str, list[dict[str, Any]]] = {
        "campaigns": [
            {
                "campaign_id": name,
                "name": name.title(),
                "starts_at": _at(days),
                "window_days": window,
                "margin_rate": 0.6,
                "currency": "USD",
            }
            for name, (days, window) in CAMPAIGNS.items()
        ],
        "customers": [{"customer_id": who, "acquired_at": _at(-400)} for who in people],
        "assignments": [
            {"campaign_id": name, "customer_id": who, "arm": arm, "assigned_at": _at(days)}
            for name, who, arm, days in assigned
        ],
        "orders": [
            {
                "order_id": f"o{i}",
                "customer_id": who,
                "ordered_at": _at(days),
                "revenue": revenue,
                "discount": discount,
                "cost_of_goods": cost,
            }
            for i, (who, days, revenue, discount, cost) in enumerate(ORDERS)
        ],
        "messages": [
            {
                "message_id": f"m{i}",
                "campaign_id": campaign,
                "customer_id": who,
                "sent_at": _at(days),
                "status": status,
                "segments": segments,
                "price": price,
            }
            for i, (campaign, who, days, status, segments, price) in enumerate(MESSAGES)
        ],
        "costs": [
            {"campaign_id": campaign, "cost_type": kind, "amount": amount}
            for campaign, kind, amount in COSTS
        ],
    }
    return {name: pd.DataFrame(found) for name, found in rows.items()}


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[smsroi.Store]:
    path = smsroi.write_store(_frames(), tmp_path_factory.mktemp("club") / "store")
    with smsroi.open_store(path) as store:
        yield store


@pytest.fixture(scope="module")
def campaign(club: smsroi.Store) -> Campaign:
    return read_campaign(club, "GLOBAL")


@pytest.fixture(scope="module")
def period(club: smsroi.Store, campaign: Campaign) -> Period:
    return read_period(club, campaign, ENDS + timedelta(days=30))


@pytest.fixture(scope="module")
def program() -> smsroi.simulate.Program:
    return smsroi.simulate_program(
        12_000, 3, np.random.default_rng(81), global_holdout_share=0.3, detail="core"
    )


@pytest.fixture(scope="module")
def simulated(
    program: smsroi.simulate.Program, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[smsroi.Store]:
    path = smsroi.write_store(program.tables, tmp_path_factory.mktemp("programme") / "store")
    with smsroi.open_store(path, threads=1) as store:
        yield store


@pytest.fixture(scope="module")
def result(simulated: smsroi.Store) -> smsroi.ProgrammeResult:
    return smsroi.analyze_programme(simulated, "GLOBAL-2025")


# Tables


def test_months_end_with_the_calendar(period: Period) -> None:
    ends = [f"{end:%m-%d %H}" for end in period.month_ends]
    assert ends == ["04-01 00", "05-01 00", "05-09 10"]
    names = [period.cohort_name(i) for i in range(4)]
    assert names == ["at the start", "2025-03", "2025-04", "2025-05"]
    moments = [period.month_ends[0] - timedelta(seconds=1), *period.month_ends]
    assert [period.month_of(moment) for moment in moments] == [0, 1, 2, 2]


def test_a_programme_that_begins_with_a_month_has_that_month() -> None:
    first = datetime(2025, 1, 1, tzinfo=UTC)
    assert month_ends(first, datetime(2025, 2, 1, tzinfo=UTC)) == (
        datetime(2025, 2, 1, tzinfo=UTC),
    )


def test_everybody_counts_from_the_own_assignment_to_the_end(
    club: smsroi.Store, campaign: Campaign, period: Period
) -> None:
    table = exposed_outcomes(club, campaign, period, pre_days=PRE_DAYS).to_pandas()
    found = table.set_index("customer_id")
    assert found["arm"].to_dict() == {who: PEOPLE[who][0] for who in PEOPLE if who != "late"}
    columns = ["cohort", "exposure_days", "revenue", "margin", "orders", "converted"]
    columns += ["pre_revenue", "pre_orders"]
    expected = {
        "t1": [0, 60, 110, 60 + 4, 2, 1, 20, 1],
        "t2": [0, 60, 0, 0, 0, 0, 0, 0],
        "h1": [0, 60, 57, 35, 2, 1, 0, 0],
        "h2": [0, 60, 0, 0, 0, 0, 0, 0],
        "t3": [2, 30, 30, 20, 1, 1, 12, 1],
        "h3": [2, 29, 8, 6, 1, 1, 0, 0],
    }
    for who, row in expected.items():
        assert found.loc[who, columns].tolist() == pytest.approx(row), who


def test_reading_earlier_ends_the_exposure_earlier(club: smsroi.Store, campaign: Campaign) -> None:
    early = read_period(club, campaign, _at(20))
    assert (early.until, early.elapsed_share) == (_at(20), pytest.approx(1 / 3))
    table = exposed_outcomes(club, campaign, early).to_pandas().set_index("customer_id")
    assert sorted(table.index) == ["h1", "h2", "t1", "t2"]
    assert table.loc["t1", "revenue"] == 100.0
    assert table.loc["h1", "revenue"] == 0.0


def test_months_add_up_each_arm_and_cohort(
    club: smsroi.Store, campaign: Campaign, period: Period
) -> None:
    customers = exposed_outcomes(club, campaign, period, pre_days=PRE_DAYS)
    added = collect_monthly(club, campaign, period, customers, ("pre_orders",))
    # Sum, then t^2 - (t - a)^2: t1 has 60, and 4 more in May; h1 5 in March and 30 in April.
    expected = {
        ("treatment", 0): [[60.0, 3_600.0, 60.0], [0.0, 0.0, 0.0], [4.0, 64.0**2 - 3_600.0, 4.0]],
        ("holdout", 0): [[5.0, 25.0, 0.0], [30.0, 35.0**2 - 25.0, 0.0], [0.0, 0.0, 0.0]],
        ("treatment", 2): [[0.0, 0.0, 0.0], [20.0, 400.0, 20.0], [0.0, 0.0, 0.0]],
        ("holdout", 2): [[0.0, 0.0, 0.0], [6.0, 36.0, 0.0], [0.0, 0.0, 0.0]],
    }
    assert added.keys() == expected.keys()
    for group, rows in expected.items():
        np.testing.assert_allclose(added[group], rows, rtol=1e-12)


def test_every_text_and_cost_of_the_period_counts_once(
    club: smsroi.Store, campaign: Campaign, period: Period
) -> None:
    found = {part.campaign_id: part for part in collect_spending(club, campaign, period)}
    assert list(found) == ["OLD", "A", "B"]  # by start; LATER starts at the very end
    a, b, old = found["A"], found["B"], found["OLD"]
    assert (a.sent, a.delivered, a.segments, a.priced, a.unpriced) == (3, 2, 4, 2, 1)
    assert a.texts == pytest.approx((0.02 + 0.02 / 3, 0.0, 0.0))
    assert a.costs == {"creative": 100.0}
    assert (b.sent, b.texts, b.costs) == (3, (0.0, 1.5, 0.0), {"agency": 30.0, "creative": 1.0})
    assert (old.sent, old.cost) == (1, 0.25)


def test_reach_tells_the_arms_and_the_outsiders_apart(
    club: smsroi.Store, campaign: Campaign, period: Period
) -> None:
    # t1 and t2 after joining; h2 though held out; nobody, and t3 before joining.
    assert read_reach(club, campaign, period) == {"treatment": 2, "holdout": 1, "outside": 2}


def test_a_period_without_an_arm_or_before_anybody_cannot_be_read(
    club: smsroi.Store, campaign: Campaign
) -> None:
    with pytest.raises(NotReadyError, match="GLOBAL"):
        read_period(club, campaign, STARTS)
    with pytest.raises(NotEstimableError, match="nobody in holdout"):
        read_period(club, read_campaign(club, "B"), ENDS)


def test_a_programme_is_told_from_its_campaigns(
    club: smsroi.Store, simulated: smsroi.Store
) -> None:
    assert read_programmes(club) == {"GLOBAL"}
    assert read_programmes(simulated) == {"GLOBAL-2025"}
    assert smsroi.is_programme(simulated, "GLOBAL-2025")
    assert not smsroi.is_programme(simulated, "camp-01")


def test_a_campaign_that_has_not_texted_yet_is_no_programme(
    program: smsroi.simulate.Program, tmp_path: Any
) -> None:
    """Its holdout is in the next campaign as often as those it will text."""
    tables = dict(program.tables)
    messages = tables["messages"]
    tables["messages"] = messages[messages["campaign_id"] != "camp-01"]
    campaigns = tables["campaigns"].copy()
    campaigns.loc[campaigns["campaign_id"] == "camp-01", "window_days"] = 45  # meets camp-02
    tables["campaigns"] = campaigns
    with smsroi.open_store(smsroi.write_store(tables, tmp_path / "store")) as store:
        assert read_programmes(store) == {"GLOBAL-2025"}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "snowflake"])
def test_the_queries_compile_elsewhere(dialect: str) -> None:
    tables = {name: ibis.table(table.schema(), name=name) for name, table in TABLES.items()}
    row = Campaign("GLOBAL", "G", STARTS, DAYS, 0.6, "USD", None)
    span = Period(STARTS, ENDS, STARTS, ENDS, month_ends(STARTS, ENDS))
    for query in (
        programme_candidates(tables),
        exposed_outcomes(tables, row, span),
        texts_summed(tables, span),
        costs_summed(tables, row, span),
    ):
        assert ibis.to_sql(query, dialect=dialect)


# Comparison


def _arm(values: Any) -> Moments:
    return Moments.from_rows(np.reshape(values, (-1, 1)), ["spend"])


def test_a_share_that_changed_over_time_does_not_bias() -> None:
    """Simpson's paradox: no effect in either cohort, a large one where they are thrown together.

    Early customers bought for 100, half of them held out; late ones for 10, a tenth held out.
    """
    early, late = [99.0, 101.0] * 50, [9.0, 11.0]
    cohorts = {0: (_arm(early), _arm(early)), 1: (_arm(late * 450), _arm(late * 50))}
    treated = cohorts[0][0].merge(cohorts[1][0])
    held = cohorts[0][1].merge(cohorts[1][1])
    naive = compare(treated, held, "spend")
    # (100 x 100 + 900 x 10) / 1,000 = 19 against (100 + 10) / 2 = 55
    assert naive.absolute_lift == pytest.approx(19 - 55)
    assert naive.ci_upper < 0
    lift = cohort_lift(pooled(cohorts), "spend")
    assert lift.absolute_lift == pytest.approx(0, abs=1e-9)
    assert lift.ci_lower < 0 < lift.ci_upper
    assert (lift.n_treatment, lift.n_holdout) == (1_000, 200)


def test_the_lift_of_cohorts_is_the_saturated_regression_with_hc2() -> None:
    """Oracle: least squares on stratum by arm, HC2, averaged over the treated (statsmodels).

    HC2 of a saturated model is s^2 / n of each cell (Imbens and Rubin 2015, section 7.5), so that
    both agree to rounding.
    """
    rng = np.random.default_rng(5)
    sizes = [(80, 40), (300, 35), (50, 60)]
    cells, values, design = [], [], []
    for s, (t, h) in enumerate(sizes):
        for arm, n in ((1, t), (0, h)):
            spend = rng.lognormal(1 + s, 1, n) + arm
            cells.append(_arm(spend))
            values.append(spend)
            design += [(s, arm)] * n
    strata = [(cells[2 * s], cells[2 * s + 1]) for s in range(3)]
    matrix = np.zeros((len(design), 6))
    for i, (s, arm) in enumerate(design):
        matrix[i, s], matrix[i, 3 + s] = 1, arm
    fitted = sm.OLS(np.concatenate(values), matrix).fit(cov_type="HC2")
    weights = np.array([0, 0, 0, *(t for t, _ in sizes)]) / 430
    test = fitted.t_test(weights)
    lift = cohort_lift(dict(enumerate(strata)), "spend")
    assert lift.absolute_lift == pytest.approx(float(test.effect[0]), rel=1e-10)
    assert lift.standard_error == pytest.approx(float(test.sd[0, 0]), rel=1e-10)


def test_one_stratum_is_the_plain_comparison() -> None:
    rng = np.random.default_rng(6)
    arms = _arm(rng.exponential(2, 90)), _arm(rng.exponential(2, 50))
    lift, plain = cohort_lift({0: arms}, "spend"), compare(*arms, "spend")
    for name in ("absolute_lift", "standard_error", "ci_lower", "ci_upper", "p_value"):
        assert getattr(lift, name) == pytest.approx(getattr(plain, name), rel=1e-12), name
    assert lift.degrees_of_freedom == pytest.approx(plain.degrees_of_freedom, rel=1e-12)


def test_a_joiner_without_a_past_is_compared_without_adjustment() -> None:
    rng = np.random.default_rng(7)
    past = rng.exponential(1, (400, 1))
    old = np.hstack([past + rng.normal(size=(400, 1)), past])
    new = np.hstack([rng.exponential(1, (400, 1)), np.zeros((400, 1))])
    columns = ["spend", "pre_orders"]
    strata = [
        tuple(Moments.from_rows(half, columns) for half in (rows[:200], rows[200:]))
        for rows in (old, new)
    ]
    lift = cohort_lift(dict(enumerate(strata)), "spend", ("pre_orders",))
    adjusted = compare(*strata[0], "spend", covariates=("pre_orders",))
    plain = compare(*strata[1], "spend")
    assert lift.covariates == ("pre_orders",)
    assert lift.absolute_lift == pytest.approx((adjusted.absolute_lift + plain.absolute_lift) / 2)


def test_small_cohorts_are_pooled_with_the_next_and_the_rest_with_the_last() -> None:
    def sized(*numbers: int) -> tuple[Moments | None, Moments | None]:
        return tuple(_arm(np.arange(n)) if n else None for n in numbers)  # type: ignore[return-value]

    cohorts = {
        0: sized(90, 40),
        1: sized(50, 10),
        2: sized(60, 0),
        3: sized(70, 25),
        5: sized(9, 2),
    }
    found = {first: (t.n, h.n) for first, (t, h) in pooled(cohorts, 30).items()}
    assert found == {0: (90, 40), 1: (50 + 60 + 70 + 9, 10 + 25 + 2)}
    assert pooled({0: sized(3, 0)}, 30) == {}


def test_a_month_in_which_nobody_could_be_held_out_is_left_out() -> None:
    assert comparable({0: (900, 100), 1: (500, 0), 2: (0, 200), 3: (2, 1)}) == {0, 3}


def test_the_share_is_tested_as_scipy_does() -> None:
    sizes = [(900, 100), (450, 70), (80, 4)]
    expected = stats.chi2_contingency(np.array(sizes), correction=False).pvalue
    assert constant_share_p_value(sizes) == pytest.approx(expected, rel=1e-10)


# The whole


def test_the_money_adds_up(
    result: smsroi.ProgrammeResult, program: smsroi.simulate.Program
) -> None:
    truth, roi = program.programme.loc["GLOBAL-2025"], result.roi
    assert roi.cost == pytest.approx(truth["cost"], rel=1e-12)
    assert roi.n_treatment == sum(cohort.n_treatment for cohort in result.cohorts)
    assert roi.profit.estimate == pytest.approx(roi.incremental_margin.estimate - roi.cost)
    assert sum(part.spending.cost for part in result.campaigns) == pytest.approx(roi.cost)
    # Unlike chance: five standard errors.
    error = roi.profit.estimate - truth["profit"]
    assert abs(error) < 5 * roi.profit.standard_error


def test_the_last_month_is_the_headline(result: smsroi.ProgrammeResult) -> None:
    last = result.months[-1]
    assert last.ends_at == result.period.until
    assert last.cost == pytest.approx(result.roi.cost, rel=1e-12)
    for name in ("estimate", "standard_error", "ci_lower", "ci_upper"):
        assert getattr(last.margin, name) == pytest.approx(
            getattr(result.roi.incremental_margin, name), rel=1e-6
        ), name


def test_the_figures_are_those_of_numpy(
    result: smsroi.ProgrammeResult, program: smsroi.simulate.Program
) -> None:
    """The unadjusted lift of margin once more, from the frames: the strata are months here."""
    tables, until = program.tables, result.period.until
    people = tables["assignments"].query("campaign_id == 'GLOBAL-2025'")
    people = people[people["assigned_at"] < until].set_index("customer_id")
    orders = tables["orders"].join(people, on="customer_id", how="inner")
    orders = orders[
        (orders["ordered_at"] >= orders["assigned_at"]) & (orders["ordered_at"] < until)
    ]
    goods = orders["cost_of_goods"].fillna(0.4 * (orders["revenue"] + orders["discount"]))
    margin = (orders["revenue"] - goods).groupby(orders["customer_id"]).sum()
    people["margin"] = margin.reindex(people.index).fillna(0.0)
    months = people["assigned_at"].dt.strftime("%Y-%m")
    first = people["assigned_at"] <= result.period.starts_at
    people["month"] = months.where(~first, "at the start")
    sizes = pd.crosstab(people["month"], people["arm"])
    found = {cohort.joined: (cohort.n_treatment, cohort.n_holdout) for cohort in result.cohorts}
    assert found == {n: (row["treatment"], row["holdout"]) for n, row in sizes.iterrows()}
    # The last month is short, with too few held out; it joins the one before.
    large = sizes.index[sizes["holdout"] >= 30].drop("at the start")
    assert list(large) == ["2025-01", "2025-02", "2025-03"]
    people["stratum"] = people["month"].replace("2025-04", "2025-03")
    means = people.pivot_table("margin", index="stratum", columns="arm")
    weights = people.query("arm == 'treatment'").groupby("stratum").size()
    expected = np.average(means["treatment"] - means["holdout"], weights=weights)
    assert result.n_strata == len(weights) == 4
    assert result.lift["margin"].unadjusted.absolute_lift == pytest.approx(expected, rel=1e-9)


def test_the_campaigns_figures_are_those_of_their_own_reports(
    result: smsroi.ProgrammeResult, simulated: smsroi.Store
) -> None:
    profits = []
    for part in result.campaigns:
        own = smsroi.analyze_campaign(simulated, part.spending.campaign_id).roi.profit
        for name in ("estimate", "standard_error", "ci_lower", "ci_upper"):
            assert getattr(part.profit, name) == pytest.approx(getattr(own, name), rel=1e-9)
        profits.append(own)
    total = result.sum_of_campaigns
    assert total.estimate == pytest.approx(sum(profit.estimate for profit in profits))
    assert total.standard_error == pytest.approx(
        np.sqrt(sum(profit.standard_error**2 for profit in profits))
    )


def test_everything_is_alike_in_a_sound_programme(result: smsroi.ProgrammeResult) -> None:
    status = {check.name: check.status for check in result.checks}
    assert "failed" not in {status[name] for name in status if name != "Enough power"}
    assert status["Holdout left alone"] == status["Joiners assigned alike"] == "passed"
    assert all("campaign caused" not in check.text for check in result.checks)


def test_money_in_another_unit_changes_nothing_else(
    program: smsroi.simulate.Program, result: smsroi.ProgrammeResult, tmp_path: Any
) -> None:
    tables = {name: table.copy() for name, table in program.tables.items()}
    for name, columns in (
        ("orders", ["revenue", "discount", "cost_of_goods"]),
        ("messages", ["price"]),
        ("costs", ["amount"]),
    ):
        tables[name][columns] *= 100
    tables["orders"] = tables["orders"].sample(frac=1, random_state=1)
    with smsroi.open_store(smsroi.write_store(tables, tmp_path / "store")) as store:
        cents = smsroi.analyze_programme(store, "GLOBAL-2025")
    assert cents.roi.profit.estimate == pytest.approx(100 * result.roi.profit.estimate, rel=1e-9)
    assert cents.roi.roi.ci_lower == pytest.approx(result.roi.roi.ci_lower, rel=1e-9)
    assert cents.outcome == result.outcome


def _changed(program: smsroi.simulate.Program, path: Any, **tables: pd.DataFrame) -> smsroi.Store:
    return smsroi.open_store(smsroi.write_store({**program.tables, **tables}, path / "store"))


def test_texts_to_the_holdout_and_to_strangers_are_told(
    program: smsroi.simulate.Program, tmp_path: Any
) -> None:
    arms = program.tables["assignments"].query("campaign_id == 'GLOBAL-2025'")
    held = arms.query("arm == 'holdout'")["customer_id"].iloc[:200]
    strangers = program.tables["customers"]["customer_id"]
    strangers = strangers[~strangers.isin(arms["customer_id"])].iloc[:400]
    messages = program.tables["messages"].copy()
    chosen = messages["campaign_id"] == "camp-02"
    places = messages.index[chosen][: len(held) + len(strangers)]
    messages.loc[places, "customer_id"] = [*held, *strangers]
    with _changed(program, tmp_path, messages=messages) as store:
        result = smsroi.analyze_programme(store, "GLOBAL-2025")
    failed = {check.name: check for check in result.checks if check.status == "failed"}
    assert failed["Holdout left alone"].text.startswith("200 of ")
    assert not failed["Holdout left alone"].invalidates
    assert failed["Texted customers belong to it"].text.startswith(f"{len(strangers)} of ")


def test_a_programme_whose_holdout_was_texted_gives_no_verdict(
    program: smsroi.simulate.Program, tmp_path: Any
) -> None:
    """Arms swapped on paper only: nearly all "held-out" customers were texted."""
    assignments = program.tables["assignments"].copy()
    own = assignments["campaign_id"] == "GLOBAL-2025"
    swapped = {"treatment": "holdout", "holdout": "treatment"}
    assignments.loc[own, "arm"] = assignments.loc[own, "arm"].map(swapped)
    with _changed(program, tmp_path, assignments=assignments) as store:
        result = smsroi.analyze_programme(store, "GLOBAL-2025")
    assert result.outcome == "invalid"
    assert {check.name for check in result.checks if check.invalidates} == {
        "Holdout left alone",
        "Treatment arm texted",
    }


def test_joiners_of_whom_none_is_held_out_are_left_out_and_told(
    program: smsroi.simulate.Program, tmp_path: Any
) -> None:
    assignments = program.tables["assignments"].copy()
    own = assignments["campaign_id"] == "GLOBAL-2025"
    late = assignments["assigned_at"] >= pd.Timestamp("2025-02-01T00:00Z")
    assignments = assignments[~(own & late & (assignments["arm"] == "holdout"))]
    with _changed(program, tmp_path, assignments=assignments) as store:
        result = smsroi.analyze_programme(store, "GLOBAL-2025")
    check = next(check for check in result.checks if check.name == "Joiners assigned alike")
    assert check.status == "failed" and "2025-02" in check.text
    assert result.roi.n_treatment == sum(c.n_treatment for c in result.cohorts[:2])
    assert [cohort.compared for cohort in result.cohorts] == [True, True, False, False, False]


def test_a_share_that_changed_is_told_and_does_no_harm(
    program: smsroi.simulate.Program, tmp_path: Any
) -> None:
    assignments = program.tables["assignments"].copy()
    own = assignments["campaign_id"] == "GLOBAL-2025"
    late = assignments["assigned_at"] >= pd.Timestamp("2025-02-01T00:00Z")
    dropped = assignments[own & late & (assignments["arm"] == "holdout")].iloc[::2]
    with _changed(program, tmp_path, assignments=assignments.drop(dropped.index)) as store:
        result = smsroi.analyze_programme(store, "GLOBAL-2025")
    check = next(check for check in result.checks if check.name == "Joiners assigned alike")
    assert check.status == "informational" and "share changed" in check.text


def test_costs_of_the_programme_count_for_the_time_that_is_over(
    program: smsroi.simulate.Program, tmp_path: Any
) -> None:
    own = {"campaign_id": ["GLOBAL-2025"], "cost_type": ["platform"], "amount": [900.0]}
    costs = pd.concat([program.tables["costs"], pd.DataFrame(own)], ignore_index=True)
    start = program.tables["campaigns"]["starts_at"].iloc[0]
    with _changed(program, tmp_path, costs=costs) as store:
        half = smsroi.analyze_programme(store, "GLOBAL-2025", start + pd.Timedelta(days=45))
    line = next(line for line in half.roi.ledger if line.label == "programme, platform")
    assert (line.amount, line.counted) == (900.0, pytest.approx(450.0))
    assert half.months[-1].cost == pytest.approx(half.roi.cost, rel=1e-12)
    assert not half.is_over
    # camp-02 began on day 30 and runs for 14 days; camp-03 has not begun.
    assert [part.spending.campaign_id for part in half.campaigns] == ["camp-01", "camp-02"]
    with _changed(program, tmp_path / "again", costs=costs) as store:
        mid = smsroi.analyze_programme(store, "GLOBAL-2025", start + pd.Timedelta(days=40))
    assert [part.reason for part in mid.campaigns] == ["", "its windows are not over"]


def test_a_store_without_messages_and_costs_knows_no_profit(
    program: smsroi.simulate.Program, tmp_path: Any
) -> None:
    names = ("campaigns", "customers", "assignments", "orders")
    tables = {name: program.tables[name] for name in names}
    with smsroi.open_store(smsroi.write_store(tables, tmp_path / "store")) as store:
        result = smsroi.analyze_programme(store, "GLOBAL-2025")
    assert (result.roi.cost, result.roi.profit, result.reach) == (None, None, None)
    assert (result.campaigns, result.sum_of_campaigns) == ((), None)
    assert {"messages", "costs"} <= set(result.missing)


def test_wrong_requests_are_refused(simulated: smsroi.Store) -> None:
    with pytest.raises(DataError, match="GLOBAL-2025"):
        smsroi.analyze_programme(simulated, "GLOBAL-2052")
    with pytest.raises(NotReadyError):
        smsroi.analyze_programme(simulated, "GLOBAL-2025", "2025-01-01")
    with pytest.raises(ParameterError):
        smsroi.analyze_programme(simulated, "GLOBAL-2025", confidence_level=95.0)
    with pytest.raises(DataError, match="not a store"):
        smsroi.analyze_programme("data/demo", "GLOBAL-2025")  # type: ignore[arg-type]


def test_a_campaign_with_texts_of_its_own_is_no_programme(simulated: smsroi.Store) -> None:
    with pytest.raises(DataError, match=r"'camp-01' is no programme: it sent .* texts of its own"):
        smsroi.analyze_programme(simulated, "camp-01")
