"""Laws of the clustered lift."""

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.clusters import clustered_lift, influences
from smsroi_models.attribution.collect import collect_cluster_scores, collect_moments
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.influence import ArmClusters, ClusterScores
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import DataError, NotEstimableError, ParameterError
from smsroi_models.holdout import holdout_lift

COLUMNS = ["spend", "pre"]


def _rows(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    household = np.repeat(np.arange(90), rng.integers(1, 4, 90))
    n = len(household)
    before = rng.gamma(2.0, 5.0, 90)[household] + rng.gamma(1.0, 5.0, n)
    return pd.DataFrame(
        {
            "arm": np.where(rng.random(90)[household] < 0.35, "holdout", "treatment"),
            "household": household,
            "spend": 0.5 * before + rng.gamma(1.0, 9.0, 90)[household] + rng.gamma(1.0, 5.0, n),
            "pre": before,
        }
    )


def _lift(rows: pd.DataFrame, covariates: tuple[str, ...], swapped: bool = False) -> Lift:
    names = ("holdout", "treatment") if swapped else ("treatment", "holdout")
    return holdout_lift(
        rows, treatment=names[0], holdout=names[1], covariates=covariates, cluster="household"
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(), ("pre",)]))
def test_swapping_the_arms_flips_the_sign(seed: int, covariates: tuple[str, ...]) -> None:
    rows = _rows(seed)
    here, there = _lift(rows, covariates), _lift(rows, covariates, swapped=True)
    assert there.absolute_lift == pytest.approx(-here.absolute_lift)
    assert there.ci_lower == pytest.approx(-here.ci_upper)
    assert there.degrees_of_freedom == pytest.approx(here.degrees_of_freedom)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-6, 1e6), st.sampled_from([(), ("pre",)]))
def test_the_currency_does_not_matter(seed: int, rate: float, covariates: tuple[str, ...]) -> None:
    rows = _rows(seed)
    here = _lift(rows, covariates)
    there = _lift(rows.assign(spend=rate * rows["spend"], pre=rate * rows["pre"]), covariates)
    assert there.standard_error == pytest.approx(rate * here.standard_error, rel=1e-9)
    assert there.p_value == pytest.approx(here.p_value, rel=1e-6, abs=1e-12)


def test_the_lift_is_the_plain_one_and_a_mean_far_away_loses_nothing() -> None:
    rows = _rows(4)
    plain = holdout_lift(rows, covariates=["pre"])
    here = _lift(rows, ("pre",))
    for name in ("absolute_lift", "mean_treatment", "mean_holdout", "relative_lift", "n_holdout"):
        assert getattr(here, name) == getattr(plain, name)
    far = _lift(rows.assign(spend=rows["spend"] + 1e7), ("pre",))
    # A float64 near 1e7 resolves 2e-9, beside an error near 1.
    assert far.standard_error == pytest.approx(here.standard_error, rel=1e-6)


@pytest.mark.parametrize("kind", ["pandas", "arrow", "duckdb"])
def test_tables_and_orders_of_rows_agree(kind: str) -> None:
    rows = _rows(5)
    mixed = rows.sample(frac=1.0, random_state=np.random.default_rng(1))
    # Any type names a cluster, and rows of other arms are none of them.
    mixed["household"] = "house " + mixed["household"].astype(str)
    extra = pd.DataFrame({"arm": ["left out"], "household": [None], "spend": [9.0], "pre": [9.0]})
    mixed = pd.concat([mixed, extra])
    arrow = pa.Table.from_pandas(mixed, preserve_index=False)
    table = {
        "pandas": lambda: mixed,
        "arrow": lambda: arrow,
        "duckdb": lambda: ibis.duckdb.connect().create_table("customers", arrow),
    }[kind]()
    here = _lift(rows, ("pre",))
    there = holdout_lift(table, covariates=["pre"], cluster="household")
    assert there.standard_error == pytest.approx(here.standard_error, rel=1e-9)
    assert there.degrees_of_freedom == pytest.approx(here.degrees_of_freedom, rel=1e-9)


def test_members_who_are_copies_tell_nothing_new() -> None:
    """Twice the members who spend the same: the same error, but for the corrections."""
    singles = _rows(6).drop_duplicates("household")
    single, twice = (_lift(rows, ()) for rows in (singles, pd.concat([singles, singles])))
    g = len(singles)
    # (N - 1) / (N - 2) of g and of 2 g customers.
    ratio = np.sqrt((2 * g - 1) / (2 * g - 2) / ((g - 1) / (g - 2)))
    assert twice.standard_error == pytest.approx(ratio * single.standard_error)
    assert twice.degrees_of_freedom == pytest.approx(single.degrees_of_freedom)


def test_scores_count_clusters_by_hand() -> None:
    """Households of 2, 1 and 1 texted, one of 2 held out, one that straddles: n^2 4, 1, 1, 1."""
    rows = pd.DataFrame(
        {
            "arm": ["treatment"] * 5 + ["holdout"] * 3,
            "household": [1, 1, 2, 3, 4, 4, 5, 5],
            "spend": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0],
        }
    )
    arms = collect_moments(rows, ["spend"])
    scores = collect_cluster_scores(rows, "household", influences(*arms, "spend"))
    assert (scores.clusters, scores.treatment.clusters, scores.holdout.clusters) == (5, 4, 2)
    assert scores.treatment.effective == pytest.approx(7**2 / 19)
    # Means 3 and 7: sums of deviations -3, 0, 1, 2 over 5, and -1, 1 over 3; 4 straddles.
    assert scores.treatment.squares == pytest.approx(14 / 25)
    assert scores.holdout.squares == pytest.approx(2 / 9)
    assert scores.products == pytest.approx(2 / 5 * -1 / 3)


def test_too_few_clusters_are_refused_and_one_large_one_counts_for_few() -> None:
    rows = _rows(7)
    few = rows.assign(household=rows["household"] % 9)
    with pytest.raises(NotEstimableError, match=r"treatment arm has 9 clusters.*at least 10"):
        _lift(few, ())
    agency = rows.assign(household=rows["household"].where(rows["arm"] == "treatment", 999))
    agency.loc[agency.index[agency["arm"] == "holdout"][::3], "household"] = np.arange(
        1000, 1000 + len(agency.index[agency["arm"] == "holdout"][::3])
    )
    with pytest.raises(NotEstimableError, match="clusters, which tell as much as 1"):
        _lift(agency, ())


def test_clusters_that_all_tell_the_same_are_refused() -> None:
    pairs = pd.DataFrame(
        {
            "arm": ["treatment"] * 40 + ["holdout"] * 40,
            "household": np.arange(80) // 2,
            "spend": [1.0, 3.0] * 40,
        }
    )
    with pytest.raises(NotEstimableError, match="sums to the same in every cluster"):
        _lift(pairs, ())
    rng = np.random.default_rng(2)
    spend = rng.gamma(1.0, 9.0, 40)
    moved = [Moments.from_rows(spend[:, None] + lift, ["spend"]) for lift in (2.0, 0.0)]
    squares = float(((spend - spend.mean()) ** 2).sum() / 40**2)
    arm = ArmClusters(40, 40.0, squares)
    with pytest.raises(NotEstimableError, match="the same in every cluster"):
        clustered_lift(*moved, "spend", ClusterScores(40, arm, arm, products=squares))


@pytest.mark.parametrize("unknown", [None, np.nan])
def test_an_unknown_cluster_is_refused(unknown: float | None) -> None:
    rows = _rows(8)
    household = [unknown if i < 3 else float(g) for i, g in enumerate(rows["household"])]
    table = pa.table({name: rows[name].to_list() for name in ("arm", *COLUMNS)})
    table = table.append_column("household", pa.array(household, pa.float64(), from_pandas=False))
    with pytest.raises(DataError, match="household is null in 3 rows: give each customer"):
        holdout_lift(table, cluster="household")
    with pytest.raises(DataError, match="no column"):
        holdout_lift(table, cluster="family")


def test_strata_and_clusters_together_are_not_offered() -> None:
    with pytest.raises(ParameterError, match="both together are not offered"):
        holdout_lift(_rows(1), strata="pre", cluster="household")
