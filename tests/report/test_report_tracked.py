"""What the report says of tracked credit: the claims, and how they lie beside what was caused."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import smsroi_models as smsroi
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.rules import PRESETS, rules_by_touch
from smsroi_models.attribution.tracked_records import Claim, RuleComparison, grouped
from smsroi_models.report import systems_figure
from smsroi_models.report.numbers import Money
from smsroi_models.report.rule_names import short_names
from smsroi_models.report.systems_page import systems_tables
from smsroi_models.report.tracked_figure import bars, claims_by_rule
from smsroi_models.report.tracked_page import (
    caused_per_claimed,
    claims_table,
    credited,
    finding,
    sentence,
)
from smsroi_models.store.tables import TABLES


def _claim(name: str, orders: float, revenue: float) -> Claim:
    rule = PRESETS.get(name) or rules_by_touch(14)[name]
    return Claim(rule, orders, 0.0, revenue, 0.0, 0.0, 0.0, Estimate(0.5, 0.1, 0.3, 0.7), "")


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


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ((-5_000.0, -200.0), "4 claim more than that interval. No rule comes near: all claim too"),
        ((9_500.0, 9_900.0), "4 claim less. No rule comes near."),
        ((3_000.0, 4_000.0), "1 claims more than that interval; 3 claim less. No rule comes near."),
        ((400.0, 9_900.0), "4 lie within it. So wide an interval cannot tell which rule comes"),
        ((400.0, 900.0), "2 lie within it. Which rule comes near differs from campaign"),
    ],
)
def test_whether_a_rule_comes_near_is_said_as_it_is(compared, ends, said) -> None:
    caused = Estimate(sum(ends) / 2, 1.0, *ends)
    assert said in sentence(replace(compared, incremental_revenue=caused), "USD", True)


def test_held_out_customers_among_the_claims_are_told(compared) -> None:
    assert "held out" not in claims_table(compared, "USD", True).text
    leaked = replace(compared.claims[2], held_out_orders=3.0, held_out_revenue=440.0)
    some = replace(compared, claims=(*compared.claims[:2], leaked, compared.claims[3]))
    page = claims_table(some, "USD", True).text
    assert "1 of the rules also claims orders of customers who were held out" in page
    assert "up to $440 of the $9,000 of Emotive." in page
    assert "$9,000<span" in page and "$440 held out</span>" in page


@pytest.mark.parametrize(
    ("factor", "as_share", "said"),
    [
        (Estimate(0.65, 0.15, 0.35, 0.94), True, ("0.65", "0.35 to 0.94")),
        (Estimate(14.0, 4.0, 7.0, 21.0), True, ("not a share", "this sees only a part")),
        (Estimate(2.03, 0.5, 1.09, 3.05), False, ("2.03", "1.09 to 3.05")),
        (Estimate(14.0, 4.0, 7.0, 21.0), False, ("above 1", "7.0 to 21.0")),
        (Estimate(-30.0, 70.0, -340.0, -10.0), True, ("below 0", "−340 to −10")),
        (Estimate(0.5, 2.0, -3.0, 4.0), True, ("cannot be told", "−3.0 to 4.0")),
        (None, True, ("not estimable", "too little is claimed")),
    ],
)
def test_a_quotient_that_is_no_share_is_not_called_one(factor, as_share, said) -> None:
    assert caused_per_claimed(factor, as_share=as_share) == said


def test_a_figure_tells_every_rule_apart(compared) -> None:
    presets = list(PRESETS.values())
    names = short_names(presets)
    assert set(names) == set(PRESETS) and len(set(names.values())) == len(PRESETS)
    assert names["klaviyo_before_2024_10"] == "Klaviyo (until Oct 2024)"
    # One's own rules: a cut that is taken stays whole, and a label that is taken gets its name.
    own = [replace(presets[0], name=name, label=label) for name, label in OWN.items()]
    assert list(short_names(own).values()) == list(OWN.values())
    alike = [replace(rule, label="Ours") for rule in own]
    assert list(short_names(alike).values()) == ["Ours (a)", "Ours (b)"]
    alt = claims_by_rule(compared, "USD", True).alt
    assert "Klaviyo, from 2024-10-09 / Sender $500" in alt


OWN = {"a": "Ours, a day", "b": "Ours, a week"}


def test_no_line_runs_through_the_values_of_the_figure(compared) -> None:
    """They stand right of the axes, where neither bars nor the band of what was caused reach."""
    figure = Figure()
    axes = figure.subplots()
    groups = grouped(compared.claims)
    revenue = [group.claim.revenue for group in groups]
    bars(axes, revenue, [g.labels[0] for g in groups], [0.3, 0.44, 0.3], Money("USD"))
    assert [text.get_text() for text in axes.texts] == ["$500", "$2,000", "$9,000"]
    assert all(text.xy[0] > 1 for text in axes.texts)


def test_equal_claims_stand_in_the_order_of_the_rules(compared) -> None:
    """An engine's last digits say nothing: the same names first in every run."""
    last = replace(compared.claims[1], revenue=500.0 - 1e-9)
    some = replace(compared, claims=(compared.claims[0], last, *compared.claims[2:]))
    assert grouped(some.claims)[0].claim is some.lowest is some.claims[0]


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


def test_each_system_is_drawn_beside_what_was_caused(compared) -> None:
    touches = (
        _claim("delivered", 99, 9_900.0),
        _claim("click_bots_kept", 40, 4_100.0),
        _claim("click", 40, 4_000.0),
        _claim("coupon", 1, 80.0),
        _claim("call", 0, 0.0),
        _claim("reply", 3, 30.0),
    )
    found = replace(compared, by_touch=touches)
    assert [claim.rule.name for claim in systems_figure.seen(found)] == ["click", "coupon"]
    axes = Figure().subplots()
    picture = systems_figure.by_system(found, "USD", True, axes)
    assert picture is not None
    assert picture.alt.startswith(
        "Tracked, by system: $80 to $4,000 of revenue; caused: $2,000 ($1"
    )
    assert "links $4,000 of 40 orders; coupons $80 of 1 order. They overlap." in picture.alt
    assert [text.get_text() for text in axes.texts] == ["$4,000", "$80"]
    assert [label.get_text() for label in axes.get_yticklabels()][1] == "coupons\n1 order"
    assert "95% interval" in axes.get_xlabel()
    alone = systems_figure.by_system(found, "USD", False)
    assert alone is not None and alone.alt.split(". ")[0].endswith("no measure of what was caused")
    one = systems_figure.by_system(replace(found, by_touch=touches[:3]), "USD", True)
    assert one is not None and one.alt.startswith("Tracked by links: $4,000 of revenue; caused")
    assert systems_figure.by_system(replace(found, by_touch=touches[:1]), "USD", True) is None


def test_one_amount_is_one_amount_however_it_was_added_up() -> None:
    """An engine adds up in an order of its own: the last digits of float64 follow from that."""
    amounts = (3_569.4999999999995, 3_569.5, 3_569.5000000000005)
    assert len({credited(_claim("click", 1, amount), Money("USD")) for amount in amounts}) == 1
