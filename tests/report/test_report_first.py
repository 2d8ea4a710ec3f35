"""The first half-page: what to do next by the stated rule, how sure, and the returns drawn."""

import math
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.coupons import Coupons
from smsroi_models.attribution.effects import Estimate
from smsroi_models.clv.long_term_records import CarriedOn
from smsroi_models.next_steps import MOST_STEPS, Step, next_steps, segments_loss
from smsroi_models.report import figures, page, payload, words
from smsroi_models.report.escaped import coded
from smsroi_models.report.next_steps_page import advice
from smsroi_models.report.results import RESULTS_MIME
from smsroi_models.result import CampaignResult

GAIN, OPEN = Estimate(900.0, 100.0, 700.0, 1_100.0), Estimate(500.0, 500.0, -480.0, 1_480.0)
WEAK = Check("Enough power", "failed", "It shows an ROI of 300 % or more.", "Plan a larger one.")
CLOCK = Check("Same clock", "failed", "The arms began two days apart.", "Assign at one time.")
SPLIT = Check("Sample ratio", "failed", "Too few were held out.", "Find who.", invalidates=True)


def kinds(result: CampaignResult) -> list[tuple[str, str]]:
    return [(step.kind, step.subject) for step in next_steps(result)]


@pytest.fixture
def calm(result: CampaignResult) -> CampaignResult:
    """A campaign that clearly paid, of which nothing but its decision is to be told."""
    assert result.audience is not None
    return replace(
        result,
        roi=replace(result.roi, profit=GAIN, probability_of_profit=0.995),
        checks=(),
        audience=replace(result.audience, asked=0),
        segments=None,
        systems=None,
        tracked=None,
        long_term=None,
        after_window=None,
    )


def leaky(result: CampaignResult, kind: str, low: float, discount: float) -> CampaignResult:
    assert result.systems is not None
    coupon = Coupons(kind, 1, 40, 38, 900.0, discount, 300.0, 4, 6, 0)
    shares = {**result.systems.leaked_share, kind: Estimate(0.25, 0.07, low, 0.4)}
    others = tuple(c for c in result.systems.coupons or () if c.kind != kind)
    systems = replace(result.systems, coupons=(*others, coupon), leaked_share=shares)
    return replace(result, systems=systems)


def test_nothing_is_advised_to_fill_the_list(calm):
    assert kinds(calm) == [("decide", "")]
    assert page.next_steps(calm).text.count("<li>") == 1


def test_duty_comes_before_a_failed_check_and_that_before_money(calm, result):
    assert result.systems is not None
    odd = leaky(replace(calm, systems=result.systems), "shared", 0.1, 100.0)
    odd = replace(odd, checks=(CLOCK,), audience=replace(odd.audience, asked=7))
    assert kinds(odd) == [("decide", ""), ("leave alone", ""), ("mend", "Same clock")]
    assert kinds(replace(odd, audience=None)) == [
        ("decide", ""),
        ("mend", "Same clock"),
        ("codes", "shared"),
    ]


def test_money_is_ranked_by_its_amount(calm, result):
    quiet = replace(result.systems, coupons=(), leaked_share={}, links=None)
    odd = leaky(replace(calm, systems=quiet), "shared", 0.1, 100.0)
    odd = leaky(odd, "unique", 0.1, 400.0)
    assert [(s.subject, s.at_stake) for s in next_steps(odd)[1:]] == [
        ("unique", 100.0),
        ("shared", 25.0),
    ]
    assert "about $100 of discount" in advice(next_steps(odd)[1], odd)[1]


def test_codes_that_may_not_have_leaked_are_left_alone(calm, result):
    quiet = replace(result.systems, coupons=(), leaked_share={}, links=None)
    assert kinds(leaky(replace(calm, systems=quiet), "shared", 0.04, 100.0)) == [("decide", "")]


def test_a_test_to_repeat_is_not_told_twice_to_be_too_small(calm):
    likely = Estimate(800.0, 500.0, -180.0, 1_780.0)
    unclear = replace(calm, checks=(WEAK,), roi=replace(calm.roi, profit=likely))
    assert unclear.decision.action == "keep testing"
    assert kinds(unclear) == [("decide", "")]
    told = advice(Step("decide"), unclear)
    assert "a fresh test of about" in told[0] and "$800" in told[1]


def test_without_a_comparison_no_money_is_advised(result):
    broken = replace(result, checks=(SPLIT,))
    assert ("claims", "") not in kinds(broken) and ("segments", "") not in kinds(broken)
    assert advice(Step("decide"), broken) == ("Mend first: Find who.", SPLIT.text)
    assert figures.returns(broken) is None and words.how_sure(broken) == ""


def test_a_claim_beyond_what_was_caused_is_told(calm, result):
    caused = Estimate(10.0, 1.0, 8.0, 12.0)
    claimed = replace(calm, tracked=replace(result.tracked, incremental_revenue=caused))
    assert kinds(claimed) == [("decide", ""), ("claims", "")]
    assert "$10.0" in advice(Step("claims"), claimed)[1]
    assert claimed.tracked is not None
    most = replace(caused, ci_upper=claimed.tracked.highest.revenue)
    within = replace(claimed, tracked=replace(claimed.tracked, incremental_revenue=most))
    assert kinds(within) == [("decide", "")]


def test_every_step_says_what_it_rests_on(result):
    for step in next_steps(result):
        what, why = advice(step, result)
        assert what.endswith(".") and any(letter.isdigit() for letter in why)
    assert 1 <= len(next_steps(result)) <= MOST_STEPS


def test_segments_are_not_blamed_where_all_lost_or_large_orders_carry_them(result):
    assert segments_loss(replace(result, segments=None)) is None


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.97, "A profit is very likely (97%)."),
        (0.5, "A profit is about as likely as not (50%)."),
        (0.02, "A profit is very unlikely (2%)."),
    ],
)
def test_how_sure_is_said_in_a_word_and_a_number(calm, probability, said):
    roi = replace(calm.roi, probability_of_profit=probability)
    assert words.how_sure(replace(calm, roi=roi)) == said
    assert said in page.verdict(replace(calm, roi=roi)).text
    doubted = words.how_sure(replace(calm, roi=roi, checks=(CLOCK,)))
    assert doubted.startswith(said) and "failed checks" in doubted


def test_a_machine_is_told_the_same_steps_and_how_sure(calm, result):
    told = payload.results(result)._repr_mimebundle_()[RESULTS_MIME]
    assert [step["kind"] for step in told["next_steps"]] == [k for k, _ in kinds(result)]
    shown = page.next_steps(result).text.replace("\N{WORD JOINER}", "")
    for step in told["next_steps"]:
        assert coded(step["text"]) in shown and coded(step["rests_on"]) in shown
    sure = payload.results(calm)._repr_mimebundle_()[RESULTS_MIME]["likelihood"]
    assert (sure["probability"], sure["word"]) == (0.995, "virtually certain")
    assert sure["sentence"] in page.verdict(calm).text
    broken = payload.results(replace(result, checks=(SPLIT,)))._repr_mimebundle_()[RESULTS_MIME]
    assert broken["likelihood"] is None and broken["next_steps"][0]["kind"] == "decide"


def test_the_first_figure_is_drawn_for_the_window(result):
    """The year needs twenty times the room: its ends are arrows, its figure stands in words."""
    assert result.roi.roi is not None and result.long_term is not None
    window, year = Estimate(4.5, 1.5, 1.5, 7.5), Estimate(-30.0, 30.0, -90.0, 20.0)
    found = replace(
        result,
        roi=replace(result.roi, roi=window),
        long_term=replace(
            result.long_term,
            seen_days=60,
            seen=replace(result.long_term.in_window, roi=window),
            year=CarriedOn(60, 3.0, 0.1, year, replace(result.long_term.in_window, roi=year)),
        ),
    )
    axes = Figure(layout="constrained").subplots()
    picture = figures.returns(found, ax=axes)
    assert picture is not None and "−3,000% (−9,000% to 2,000%)" in picture.alt
    low, high = axes.get_xlim()
    assert (
        high - low == pytest.approx(1.08 * window.ci_upper / 0.4)
        and low < 0 < window.ci_upper < high
    )
    markers = [line.get_marker() for line in axes.lines]
    assert markers.count("<") == markers.count(">") == 1
    assert "beyond the axis" in axes.get_xlabel()
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert dots[:2] == [4.5, 4.5] and math.isnan(dots[2])
    assert axes.texts[0].get_text() == "in 14 days: 450% (150% to 750%)"


def test_an_axis_that_holds_all_views_has_no_arrows(result):
    axes = Figure(layout="constrained").subplots()
    figures.returns(replace(result, long_term=None), ax=axes)
    assert not {"<", ">"} & {line.get_marker() for line in axes.lines}
    assert "arrows" not in axes.get_xlabel()


def test_percentages_are_set_alike_wherever_they_stand(result):
    checked = replace(WEAK, text="It shows an ROI of 300% or more.")
    # As a German page sets them: after a space that does not break.
    german = replace(result, campaign=replace(result.campaign, locale="de-DE"))
    found = replace(german, checks=(checked, replace(SPLIT, text="80% were texted.")))
    texts = [part(found).text for part in (page.verdict, page.next_steps, page.checks)]
    assert not any("300%" in text or "80%" in text for text in texts)
    assert "300\xa0% or more" in texts[0] and "80\xa0% were" in texts[1]


def test_how_large_a_test_would_be_is_told_beside_this_one(calm):
    open_ended = replace(calm, checks=(WEAK,), roi=replace(calm.roi, profit=OPEN))
    counted = sum((open_ended.roi.n_treatment, open_ended.lift["margin"].headline.n_holdout))
    assert f" times the {counted:,} of this one" in words.next_step(open_ended)


def test_the_first_figure_draws_the_return_in_every_view(result):
    picture = figures.returns(result)
    assert picture is not None and picture.alt.startswith("ROI ")
    assert "in 14 days" in picture.alt or "days" in picture.alt
    assert result.roi.roi is not None
    unpriced = replace(result.roi, profit=None, roi=None, cost=None)
    told = figures.returns(replace(result, roi=unpriced, long_term=None))
    assert told is not None and told.alt.startswith("Extra margin $")


def test_the_views_drawn_are_those_of_the_long_run(result):
    assert result.long_term is not None
    longer = replace(
        result.long_term, seen_days=60, seen=replace(result.long_term.in_window, roi=OPEN)
    )
    picture = figures.returns(replace(result, long_term=replace(longer, year=None)))
    assert picture is not None
    assert "and 60 days after it, seen 50,000%" in picture.alt
