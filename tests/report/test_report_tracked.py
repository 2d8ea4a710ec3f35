"""What the report says of tracked credit: the claims, and how they lie beside what was caused."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

import smsroi_models as smsroi
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.rules import PRESETS, rules_by_touch
from smsroi_models.attribution.tracked_records import Claim, RuleComparison, grouped
from smsroi_models.report.systems_page import systems_tables
from smsroi_models.report.tracked_figure import claims_by_rule
from smsroi_models.report.tracked_page import claims_table, finding, sentence
from smsroi_models.store.tables import TABLES


def _claim(name: str, orders: float, revenue: float) -> Claim:
    rule = PRESETS.get(name) or rules_by_touch(14)[name]
    return Claim(rule, orders, 0.0, revenue, 0.0, 0.0, Estimate(0.5, 0.1, 0.3, 0.7), "")


@pytest.fixture
def compared() -> RuleComparison:
    claims = (
        _claim("klaviyo_2024", 10, 500.0),
        _claim("sender", 10, 500.0),
        _claim("emotive", 90, 9_000.0),
        _claim("braze", 40, 2_000.0),
    )
    touches = (_claim("delivered", 99, 9_900.0), _claim("reply", 0, 0.0))
    caused = Estimate(2_000.0, 500.0, 1_000.0, 3_000.0)
    return RuleComparison("S", claims, touches, caused, 12_345.0, 0.95)


def test_the_sentence_holds_the_claims_against_what_was_caused(compared) -> None:
    said = sentence(compared, "USD", True)
    assert "4 attribution rules" in said
    assert "$500 (Klaviyo, from 2024-10-09) to $9,000 (Emotive)" in said
    assert "it caused $2,000 ($1,000 to $3,000)" in said
    assert "1 claims more than that interval; 2 claim less; 1 lies within it." in said


def test_a_running_campaign_has_claims_without_a_comparison(compared) -> None:
    running = replace(compared, incremental_revenue=None)
    said = sentence(running, "USD", False)
    assert "None of it is a measure of what the campaign caused." in said
    page = claims_table(running, "USD", False).text
    assert "Caused / claimed" not in page
    assert "caused" not in claims_by_rule(running, "USD", False).alt


def test_every_claim_above_what_was_caused_is_the_title(compared) -> None:
    nothing = replace(compared, incremental_revenue=Estimate(0.0, 100.0, -200.0, 200.0))
    assert finding(nothing, "USD", True).startswith("Every platform's rule claims more")
    assert finding(compared, "USD", True).startswith("The same orders are $500 or $9,000")


def test_equal_claims_are_one_line(compared) -> None:
    labels = [group.labels for group in grouped(compared.claims)]
    assert labels == [
        ("Klaviyo, from 2024-10-09", "Sender"),
        ("Braze, at 3 days",),
        ("Emotive",),
    ]
    page = claims_table(compared, "USD", True).text
    assert "Klaviyo, from 2024-10-09; Sender" in page
    assert "Any reply" not in page  # nobody ordered after one


def test_a_campaign_that_no_rule_credits_says_so(compared) -> None:
    nothing = replace(compared, claims=(_claim("emotive", 0, 0.0),))
    assert sentence(nothing, "USD", True).startswith("No rule credits")
    assert claims_by_rule(nothing, "USD", True).alt


def test_the_filter_of_machines_moves_clicks_and_claims_and_never_the_return(result) -> None:
    page = systems_tables(result.systems, result.tracked, "USD", 0.95).text
    links, kept = result.systems.links, result.tracked.of("click_bots_kept")
    assert f"{links.clicks:,} clicks" in page and f"{links.clicks_by_people:,} clicks" in page
    assert links.clicks_under("click") == links.clicks_by_people < links.clicks
    assert result.tracked.of("click").revenue <= kept.revenue + 0.01
    assert "read from the holdout: no click is in them" in page
    assert "Time from text to click" not in page  # one link for all: nobody is known
    assert "Cost per call" in page and "some would have come anyway" in page
    claims = claims_table(result.tracked, "USD", True).text
    assert "declared" not in claims  # told with the links alone


def test_the_time_to_click_is_told_on_links_of_ones_own(small_store) -> None:
    with smsroi.open_store(small_store) as store:
        found = smsroi.tracking_systems(store, "camp-02")
    page = systems_tables(found, None, "USD", 0.95).text
    assert "Time from text to click" in page and "nine in ten within" in page


def test_the_incremental_figure_of_the_holdout_is_the_same_without_any_click(result, small_store):
    """The statement of the page, tried: no clicks, no links, the same lift, profit and ROI."""
    with smsroi.open_store(small_store) as store:
        bare = {name: store[name].to_pandas() for name in TABLES if name in store}
    for name in ("clicks", "links", "events"):
        bare.pop(name)
    with tempfile.TemporaryDirectory() as folder:
        path = smsroi.write_store(bare, Path(folder) / "bare")
        with smsroi.open_store(path) as store:
            found = smsroi.analyze_campaign(store, "camp-01")
    # To the last digits, in which an engine's sums may differ.
    for name in ("profit", "roi"):
        same, own = (getattr(each.roi, name).to_dict() for each in (found, result))
        assert same == pytest.approx(own, rel=1e-9)
