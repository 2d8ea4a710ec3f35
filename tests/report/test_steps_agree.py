"""Over a grid of results: what is advised says nothing else than the verdict, nor than itself."""

from dataclasses import replace
from itertools import product

import pytest
from scipy import special

from published_words import RANGES
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.outliers import OUTLIERS
from smsroi_models.decision import DecisionRule
from smsroi_models.next_steps import next_steps
from smsroi_models.report import page, words
from smsroi_models.report.next_steps_page import advice
from smsroi_models.result import CampaignResult

SPLIT = Check("Sample ratio", "failed", "Too few were held out.", "Find who.", invalidates=True)
CLOCK = Check("Same clock", "failed", "The arms began two days apart.", "Assign at one time.")
FEW = Check(OUTLIERS, "failed", "Three customers carry 90 % of it.", "Look at their orders.")
MARGINS = (-800.0, 0.0, 300.0, 700.0, 2_000.0)
ERRORS, COSTS, LEAST = (60.0, 450.0), (None, 0.0, 200.0, 1_500.0), (0.0, 500.0, -500.0)
CHECKS = ((), (SPLIT,), (CLOCK,), (FEW,))


def _made(result, margin, error, cost, least, checks) -> CampaignResult:
    def moved(shift: float, scale: float = 1.0) -> Estimate:
        ends = (scale * (margin + side * 1.96 * error + shift) for side in (0, -1, 1))
        estimate, low, high = ends
        return Estimate(estimate, scale * error, low, high)

    profit = None if cost is None else moved(-cost)
    roi = replace(
        result.roi,
        incremental_margin=moved(0.0),
        cost=cost,
        profit=profit,
        roi=moved(-cost, 1 / cost) if cost else None,
        probability_of_profit=(
            None if profit is None else float(special.ndtr(profit.estimate / error))
        ),
    )
    return replace(
        result, roi=roi, rule=DecisionRule(least), checks=checks, after_window=None, long_term=None
    )


@pytest.fixture(params=CHECKS, ids=["sound", "split", "clock", "few"], scope="module")
def grid(request, result) -> list[CampaignResult]:
    return [
        _made(result, *values, request.param) for values in product(MARGINS, ERRORS, COSTS, LEAST)
    ]


def test_the_decision_agrees_with_the_verdict(grid) -> None:
    for made in grid:
        profit, margin = made.roi.profit, made.roi.incremental_margin
        least, (what, _) = made.rule.minimum_profit, advice(next_steps(made)[0], made)
        if made.invalidated_by:
            assert what.startswith("Mend first")
            assert words.headline(made).startswith("Cannot tell")
        if what.startswith("Repeat"):
            assert profit.ci_lower > least
            assert least < 0 or made.outcome == "paid"
        if "cost more than it earned" in what:
            assert margin.ci_upper < (made.roi.cost or 0.0) and made.outcome == "lost"
        if what.startswith("Stop"):
            assert made.outcome != "paid" and margin.ci_lower <= 0
        if made.outcome == "paid" and what.startswith(("Keep testing", "Change", "Stop")):
            # It paid, but not as much as the rule asks for: only that minimum says why.
            assert least > 0 and "$500" in what
        if "whether it pays as it is" in what:
            assert made.outcome == "unclear" and not least
        if "a clear answer" in what and least:
            assert "$500" in what


def test_a_word_of_likelihood_holds_the_probability_beside_it(grid) -> None:
    for made in grid:
        said, chance = words.how_sure(made), made.roi.probability_of_profit
        if not said:
            assert chance is None or made.outcome == "invalid"
            continue
        word = said.removeprefix("A profit ").removeprefix("is ").split(" (")[0]
        low, high = RANGES[word]
        assert low <= chance <= high
        sure = {"paid": ("very likely", "virtually"), "lost": ("very unlikely", "exceptionally")}
        assert made.outcome not in sure or word.startswith(sure[made.outcome])


def test_every_page_of_the_grid_can_be_written(grid) -> None:
    for made in grid[::3]:
        text = page.verdict(made).text + page.next_steps(made).text
        assert not {"nan", "None", "inf"} & set(text.replace("$", " ").replace("<", " ").split())
        assert 1 <= page.next_steps(made).text.count("<li>") <= 3
