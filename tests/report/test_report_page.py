"""The written parts of the page: what they say, and that outside text stays text."""

from dataclasses import replace

import pytest
from page_tags import Tags

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.decision import DecisionRule
from smsroi_models.report import days_page, page, payload, words
from smsroi_models.report.numbers import Money, with_interval
from smsroi_models.report.results import RESULTS_MIME
from smsroi_models.result import CampaignResult
from smsroi_models.roi import CostLine, Roi

PARTS = (
    page.verdict,
    page.next_steps,
    page.key_figures,
    page.ledger,
    page.lift_table,
    page.segments,
    page.days,
    page.after_window,
    page.long_term,
    page.retention,
    page.audience,
    page.checks,
    page.limits,
    page.method,
)


def _with_profit(result: CampaignResult, profit: Estimate, probability: float) -> CampaignResult:
    roi = replace(result.roi, profit=profit, probability_of_profit=probability)
    return replace(result, roi=roi)


@pytest.mark.parametrize("part", PARTS)
def test_a_hostile_name_stays_text(part, hostile):
    read = Tags(part(hostile).text)
    assert not {"script", "img", "title"} & set(read.tags)
    assert not [name for name in read.attributes if name.startswith("on")]


def test_the_name_is_shown_to_the_letter(hostile):
    assert hostile.campaign.name in Tags(page.verdict(hostile).text).text


def test_hostile_cost_labels_and_reasons_stay_text(result):
    roi = replace(result.roi, ledger=(CostLine("<b>x</b>", 1.0, 1.0),))
    odd = replace(result, roi=roi, not_estimable={"opted_out": "<i>none</i>"})
    assert "b" not in Tags(page.ledger(odd).text).tags
    assert "i" not in Tags(page.lift_table(odd).text).tags


@pytest.mark.parametrize(
    ("profit", "starts", "holds"),
    [
        (Estimate(5_000.0, 1_000.0, 3_040.0, 6_960.0), "Yes", "a profit of $3,000 to $7,000"),
        (Estimate(-5_000.0, 1_000.0, -6_960.0, -3_040.0), "No", "a loss of $3,000 to $7,000"),
        (
            Estimate(1_000.0, 1_000.0, -960.0, 2_960.0),
            "Cannot tell",
            "a loss of $1,000 to a profit of $3,000",
        ),
    ],
)
def test_the_verdict_follows_the_interval(result, profit, starts, holds):
    found = replace(_with_profit(result, profit, 0.84), checks=_passed(result))
    said = words.verdict(found)
    assert said.startswith(starts) and holds in said


@pytest.mark.parametrize(
    ("profit", "starts"),
    [
        (Estimate(5_000.0, 1_000.0, 3_040.0, 6_960.0), "It seems to have paid"),
        (Estimate(-5_000.0, 1_000.0, -6_960.0, -3_040.0), "It seems not to have paid"),
    ],
)
def test_a_failed_check_takes_the_plain_answer_away(result, profit, starts):
    checks = (replace(result.checks[0], status="failed", invalidates=False), *_passed(result))
    assert words.headline(replace(_with_profit(result, profit, 0.84), checks=checks)).startswith(
        starts
    )


def _next(result: CampaignResult, profit: Estimate, margin_low: float = 0.0, **rule: float) -> str:
    margin = replace(result.roi.incremental_margin, ci_lower=margin_low)
    roi = replace(result.roi, profit=profit, incremental_margin=margin)
    found = replace(result, roi=roi, checks=_passed(result), rule=DecisionRule(**rule))
    text = words.next_step(found)
    assert text in page.next_steps(found).text.replace("\N{WORD JOINER}", "")
    return text


def test_what_next_follows_the_rule(result):
    above = Estimate(5_000.0, 1_000.0, 3_040.0, 6_960.0)
    below = Estimate(-5_000.0, 1_000.0, -6_960.0, -3_040.0)
    around = Estimate(1_000.0, 1_000.0, -960.0, 2_960.0)
    assert _next(result, above) == "Repeat it: the whole interval of profit lies above zero."
    assert "above $1,500" in _next(result, above, minimum_profit=1_500.0)
    assert _next(result, below).startswith("Stop it")
    assert _next(result, below, margin_low=1.0).startswith("Change it: the texts earned margin")
    likely = Estimate(1_600.0, 1_000.0, -360.0, 3_560.0)
    assert "gives a clear answer with 80% probability. Further campaigns" in _next(result, likely)
    out_of_reach = _next(result, around)
    assert "a test would need" in out_of_reach and "it stays a bet" in out_of_reach


def test_what_next_names_the_remedy_of_what_cannot_be_compared(result):
    broken = replace(
        result.checks[0], status="failed", invalidates=True, remedy="Draw the holdout anew."
    )
    assert words.next_step(replace(result, checks=(broken,))) == (
        "Mend first: Draw the holdout anew."
    )


@pytest.mark.parametrize(
    ("ends", "written"),
    [
        ((-0.014, 0.487), "−1% to 49%"),
        ((4.794, 32.84), "500% to 3,300%"),
        ((-1.0, 1.06e15), "−100% or more"),
    ],
)
def test_a_relative_difference_is_as_fine_as_its_interval(result, ends, written):
    margin = result.lift["margin"]
    low, high = ends
    odd = replace(margin.headline, relative_ci_lower=low, relative_ci_upper=high)
    told = {"adjusted" if margin.adjusted else "unadjusted": odd}
    found = replace(result, lift={**result.lift, "margin": replace(margin, **told)})
    text = page.lift_table(found).text.replace("\N{WORD JOINER}", "")
    assert f'<span class="interval">{written}</span>' in text


def _passed(result: CampaignResult) -> tuple[Check, ...]:
    return tuple(replace(check, status="passed", invalidates=False) for check in result.checks)


def test_only_an_unclear_verdict_speaks_of_probability(result):
    unclear = _with_profit(result, Estimate(1.0, 1.0, -1.0, 3.0), 0.84)
    assert "84%" in words.verdict(unclear)


def test_without_costs_the_verdict_does_not_claim_a_profit(result):
    free = Roi(
        **{
            **{name: getattr(result.roi, name) for name in Roi.__dataclass_fields__},
            "cost": None,
            "profit": None,
            "roi": None,
            "ledger": (),
            "break_even_lift": None,
            "probability_of_profit": None,
        }
    )
    unknown = replace(result, roi=free)
    assert words.verdict(unknown).startswith("The cost is not known.")
    assert "Profit" not in page.ledger(unknown).text
    assert "Probability" not in page.key_figures(unknown).text


def test_a_failed_check_stands_in_the_verdict(result):
    failed = replace(result.checks[0], status="failed", text="Orders stop early.")
    cautious = replace(result, checks=(failed,))
    assert "Read with care." in page.verdict(cautious).text
    assert "Orders stop early." in page.verdict(cautious).text
    assert words.verdict(cautious).endswith(f" Checks that failed: {failed.name.lower()}.")


def test_nothing_to_compare_gives_no_verdict_on_money(result):
    broken = replace(
        result.checks[0], status="failed", text="The arms were not drawn.", invalidates=True
    )
    invalid = replace(result, checks=(broken,))
    assert invalid.outcome == "invalid"
    said = page.verdict(invalid).text
    assert "there is nothing to compare" in said and "The arms were not drawn." in said
    assert words.sentence(result) not in said
    assert "Probability of a profit" not in page.key_figures(invalid).text
    assert payload.results(invalid)._repr_mimebundle_()[RESULTS_MIME]["outcome"] == "invalid"


def test_both_ends_of_a_difference_of_shares_are_in_points(result):
    row = page.lift_table(result).text.split("Customers who bought")[1].split("</tr>")[0]
    interval = row.split('class="interval">')[1].split("<")[0]
    assert interval.endswith(" pp") and "%" not in interval


def test_the_ledger_adds_up(result):
    roi = result.roi
    assert roi.incremental_margin.estimate - sum(
        line.counted for line in roi.ledger
    ) == pytest.approx(roi.profit.estimate)
    assert page.ledger(result).text.count("<tr") == 1 + 3 + len(roi.ledger) + 2


def test_absent_tables_are_told(result):
    told = page.limits(replace(result, missing={"surveys": "No satisfaction can be told."})).text
    assert "surveys" in told and "No satisfaction can be told." in told


def test_results_for_machines_hold_what_the_page_says(result):
    bundle = payload.results(result)._repr_mimebundle_()
    figures = bundle[RESULTS_MIME]["figures"]
    assert list(bundle) == [RESULTS_MIME]
    assert figures["profit"]["estimate"] == result.roi.profit.estimate
    assert figures["lift"]["revenue"]["ci_upper"] == result.lift["revenue"].headline.ci_upper


def test_a_minus_sign_never_parts_from_its_number(result):
    lost = _with_profit(result, Estimate(-5_000.0, 1_000.0, -6_960.0, -3_040.0), 0.0)
    assert "−\N{WORD JOINER}$5,000" in page.ledger(lost).text


def test_the_days_end_in_the_figure_of_the_final_reading(result):
    told = page.days(result).text.replace("\N{WORD JOINER}", "")
    window = result.campaign.window_days
    rows = told.split("<tr")[2:]
    assert [row.split("<")[1].split(">")[1] for row in rows] == [
        *(f"day {day}" for day in (1, 3, 7, window)),
        "the window, read once at its end",
        "What the campaign cost",
    ]
    value, interval = with_interval(result.roi.incremental_margin, Money("USD"), 0.01)
    assert interval in rows[-2]
    # The same figure to the digit, read every day or at the end.
    assert f">{value}<" in rows[-2] and f">{value}<" in rows[-3]
    assert "<details>" not in told


def test_a_day_without_orders_and_a_long_window_are_told(result):
    assert days_page.told_days(result) == (1, 3, 7, 14)
    late = replace(result, daily=result.daily[1:])
    assert "too few orders yet" in page.days(late).text
    long = replace(result, campaign=replace(result.campaign, window_days=60))
    assert days_page.told_days(long) == (1, 3, 7, 14, 21, 28, 35, 42, 49, 56, 60)
    assert "<details><summary>By the end of each week" in page.days(long).text


def test_a_ratio_that_disagrees_with_its_difference_is_explained(result):
    pair = result.lift["revenue"]

    def told(low: float, relative_low: float) -> bool:
        lift = replace(pair.headline, ci_lower=low, ci_upper=2.0)
        lift = replace(lift, relative_ci_lower=relative_low, relative_ci_upper=0.5)
        found = replace(result, lift={"revenue": replace(pair, adjusted=lift), "margin": pair})
        same = replace(found, lift={**found.lift, "margin": replace(pair, adjusted=lift)})
        return "the two may disagree" in page.lift_table(same).text

    assert told(0.01, -0.01) and told(-0.01, 0.01)
    assert not told(0.01, 0.01) and not told(-0.01, -0.01)


def test_all_checks_are_accounted_for(result):
    checks = (
        Check("A", "passed", "a", ""),
        Check("B", "informational", "b", ""),
        Check("C", "failed", "c", ""),
    )
    told = page.checks(replace(result, checks=checks)).text
    assert "1 of 3 checks passed; failed: C; 1 is for information alone." in told
    calm = page.checks(replace(result, checks=checks[:1])).text
    assert "1 of 1 checks passed; none failed." in calm
