"""Sentences that come with a result, and the page's own, in the locale of the store."""

import inspect
from types import ModuleType

import pytest

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report import (
    audience_figure,
    audience_page,
    counterfactual_figure,
    counterfactual_page,
    figures,
    lifetime_figure,
    lifetime_groups_figure,
    lifetime_page,
    page,
    plan_figures,
    plan_page,
    portfolio_figure,
    portfolio_page,
    programme_figure,
    programme_page,
    survey_figure,
    survey_page,
)
from smsroi_models.report.in_locale import current_locale, in_store_locale, writing_in
from smsroi_models.report.numbers import Money, percent, say, tally
from smsroi_models.report.retold import retold, retold_in

WIDE = "\N{NO-BREAK SPACE}"
PAGES = (
    *(audience_figure, audience_page, counterfactual_figure, counterfactual_page, figures),
    *(lifetime_figure, lifetime_groups_figure, lifetime_page, page, plan_figures, plan_page),
    *(portfolio_figure, portfolio_page, programme_figure, programme_page),
    *(survey_figure, survey_page),
)


@pytest.mark.parametrize(
    ("canonical", "german", "american"),
    [
        ("1,234 of 5,678 texts (12%)", f"1.234 of 5.678 texts (12{WIDE}%)", None),
        ("0.4 of its error; p < 0.001", "0,4 of its error; p < 0,001", None),
        (
            "ended 2025-03-01 10:00 UTC",
            "ended 1 Mar 2025, 10:00 UTC",
            "ended Mar 1, 2025, 10:00 UTC",
        ),
        ("from 2025-03-01 on.", "from 1 Mar 2025 on.", "from Mar 1, 2025 on."),
        ("by Mar 1, 2025 it", "by 1 Mar 2025 it", None),
        ("above 12,300.50 EUR", f"above 12.300,50{WIDE}€", "above €12,300.50"),
        ("−€1.25M or CA$5, and $3", f"−1,25M{WIDE}€ or 5{WIDE}CA$, and 3{WIDE}$", None),
        (f"CHF{WIDE}1,200 (−5 %)", f"1.200{WIDE}CHF (−5{WIDE}%)", f"CHF{WIDE}1,200 (−5%)"),
        # Names, ids, versions and clocks are nobody's numbers.
        ("'Sale 1,000' of camp-1.5 at 10:00", "'Sale 1,000' of camp-1.5 at 10:00", None),
        ('Pass records_start="2025-03-01"', 'Pass records_start="2025-03-01"', None),
        ("texts' 1,000 of 'Mother's 2,000'", "texts' 1.000 of 'Mother's 2,000'", None),
        ("Python 3.11.2, in 2025-03, 1/2", "Python 3.11.2, in 2025-03, 1/2", None),
        ("2025-02-30 and 24 UTC", "2025-02-30 and 24 UTC", None),
    ],
)
def test_a_sentence_is_retold(canonical: str, german: str, american: str | None) -> None:
    assert retold_in("de-DE", canonical) == german
    assert retold(canonical) == (american or canonical)
    assert current_locale() == "en-US"


def test_what_is_retold_in_english_can_be_retold_again() -> None:
    """A results file is in English: the index tells it in its store's locale."""
    said = say(Estimate(12_345.0, 3_000.0, -6_300.0, 18_300.0), Money("EUR"), 1.0)
    assert said == "€12,000 (−€6,000 to €18,000)"
    with writing_in("de-DE"):
        own = say(Estimate(12_345.0, 3_000.0, -6_300.0, 18_300.0), Money("EUR"), 1.0)
        assert retold(said) == own == f"12.000{WIDE}€ (−6.000{WIDE}€ to 18.000{WIDE}€)"


def test_a_damaged_locale_of_a_results_file_is_the_default() -> None:
    assert retold_in({"a": 1}, "1,234.5") == retold_in("nonsense", "1,234.5") == "1,234.5"


def test_a_page_is_written_in_the_locale_of_its_result_alone() -> None:
    class Result:
        locale = "de-DE"

    @in_store_locale
    def part(result: Result, amount: float) -> str:
        return f"{Money('EUR')(amount)} {tally(1234)} {percent(0.125, 0.001)}"

    assert part(Result(), 1234.0) == f"1.234{WIDE}€ 1.234 12,5{WIDE}%"
    assert tally(1234) == "1,234"


@pytest.mark.parametrize("module", PAGES, ids=lambda module: module.__name__.split(".")[-1])
def test_every_part_of_a_page_is_written_so(module: ModuleType) -> None:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ != module.__name__ or name.startswith("_"):
            continue
        first = next(iter(inspect.signature(function).parameters.values()), None)
        given = str(inspect.signature(function)).partition("->")[2]
        told = any(kind in given for kind in ("escaped.Html", "drawing.Picture"))
        of_a_store = first is not None and first.name in ("result", "proposal")
        # A section that may be absent is part of another result's page.
        if told and of_a_store and "None" not in str(first.annotation):
            assert hasattr(function, "__wrapped__"), f"{name} lacks @in_store_locale"


def test_yen_have_no_decimals_unless_they_are_all_there_is() -> None:
    yen = Money("JPY")
    assert (yen(1234.56, 0.01), yen(0.4567, 0.01), yen.booked(12.3)) == ("¥1,235", "¥0.46", "¥12")
