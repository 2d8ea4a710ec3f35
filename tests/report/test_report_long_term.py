"""The long run and who bought again, on the page, in figures and for machines."""

import json
from dataclasses import replace

import pytest

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.subscription_value import (
    SubscriptionValue,
    given_margin,
    subscription_value,
)
from smsroi_models.clv.against_seen import orders_as_habit
from smsroi_models.clv.long_term_records import (
    CarriedOn,
    Forecast,
    LongTerm,
    LostSubscriptions,
    Recruits,
    Return,
)
from smsroi_models.clv.retention import Retention
from smsroi_models.report import figures, long_term_page, page, payload, retention_page
from smsroi_models.report.escaped import Html
from smsroi_models.report.results import RESULTS_MIME
from smsroi_models.result import CampaignResult

CLEAR, UNCLEAR = Estimate(900.0, 100.0, 700.0, 1_100.0), Estimate(50.0, 500.0, -950.0, 1_050.0)
LOST = Estimate(-900.0, 100.0, -1_100.0, -700.0)


def _return(margin: Estimate, *, priced: bool = True) -> Return:
    return Return(margin, margin if priced else None, margin if priced else None, 0.5)


@pytest.fixture
def long(result: CampaignResult) -> LongTerm:
    """A campaign of which everything can be told."""
    assert result.long_term is not None
    forecasts = tuple(Forecast(days, CLEAR, UNCLEAR, UNCLEAR) for days in (30, 60))
    return replace(
        result.long_term,
        in_window=_return(CLEAR),
        seen_days=60,
        seen=_return(UNCLEAR),
        forecasts=forecasts,
        year=CarriedOn(60, 4.2, 0.1, UNCLEAR, _return(UNCLEAR)),
        no_year="",
        recruits=Recruits(12, 3, 14, 300.75, 20.0, 2, 5, 122, CLEAR, ""),
        checks=(*result.long_term.checks[:1], orders_as_habit(forecasts[-1])),
    )


def _table(long: LongTerm) -> str:
    return long_term_page.long_term_table(long, "USD", 14, 0.95).text


def test_each_view_says_what_it_rests_on(long: LongTerm) -> None:
    text = _table(long)
    for name in ("The window of 14 days", "and the 60 days after it, as seen", "and a year after"):
        assert name in text
    assert text.count("measured against the held-out, with no model") == 2
    assert "an assumption: what changed in the 60 days goes on in proportion" in text
    assert "in a year 4.20 times as much" in text


def test_the_views_fit_a_phone(long: LongTerm) -> None:
    """What a view rests on spans its figures: in a column of its own it pushes ROI off a screen."""
    text = _table(long)
    assert text.count('<th scope="rowgroup" colspan="3">') == 3
    head = text[text.index("<thead>") : text.index("</thead>")]
    assert [name in head for name in ("Extra margin", "Profit", "Return (ROI)")] == [True] * 3
    assert head.count("<th ") == 3


def test_views_that_are_not_told_say_why(long: LongTerm) -> None:
    text = _table(replace(long, year=None, no_year="Because <b>of</b> that."))
    assert "What a year comes to is not told. Because &lt;b&gt;of&lt;/b&gt; that." in text
    assert "and a year after it" not in text
    early = replace(long, year=None, seen=None, seen_days=None, no_year="Too early.", forecasts=())
    assert "What a forecast would have claimed" not in _table(early)
    assert long_term_page.finding(early) == "Too early to look beyond the window"


def test_recruits_are_in_no_other_figure(long: LongTerm) -> None:
    text = _table(long)
    assert "12 + 3" in text and "14 with an order" in text
    assert "$321" in text and "$900" in text
    assert "In no figure above." in text and "only if they would not" in text
    assert "2 recruits are left out" in text
    assert (
        "122 of them were in the arms of other campaigns, whose reports hold part of this margin: "
        "do not add them up." in text
    )
    assert "5 whom the store names are left out, because they were customers before" in text


@pytest.mark.parametrize(
    ("margin", "told"), [(99.5, "$99.50"), (5_952.32, "$5,952<"), (-5_952.32, "$5,952<")]
)
def test_a_booked_margin_is_rounded_from_a_hundred_on(
    long: LongTerm, margin: float, told: str
) -> None:
    assert long.recruits is not None
    recruits = replace(long.recruits, margin_recruited=margin, margin_referred=0.0)
    assert told in _table(replace(long, recruits=recruits))


@pytest.mark.parametrize(
    ("recruits", "why", "told"),
    [
        (None, "The store has no table.", "The store has no table."),
        (
            Recruits(0, 0, 0, 0.0, 0.0, 0, 0, 0, None, ""),
            "",
            "names nobody whom this campaign recruited",
        ),
        (
            Recruits(0, 0, 0, 0.0, 0.0, 0, 4, 0, None, ""),
            "",
            "(4 whom it names were customers before",
        ),
        (Recruits(1, 0, 1, 5.0, 0.0, 0, 0, 1, None, "No."), "", "1 of them was in the arms of"),
        (
            Recruits(1, 0, 1, 5.0, 0.0, 0, 0, 1, None, "No model."),
            "",
            "cannot be predicted: No model.",
        ),
    ],
)
def test_recruits_that_cannot_be_told(
    long: LongTerm, recruits: Recruits | None, why: str, told: str
) -> None:
    assert told in _table(replace(long, recruits=recruits, no_recruits=why))


def test_a_forecast_that_did_not_come_true_is_called_so(long: LongTerm) -> None:
    wrong = Forecast(60, CLEAR, UNCLEAR, CLEAR)
    text = _table(replace(long, forecasts=(wrong,), checks=(orders_as_habit(wrong),)))
    assert "forecast not supported by what was seen" in text
    assert "check-failed" in text and "Count no lifetime value" in text
    assert "cannot tell" in _table(long)


@pytest.mark.parametrize("predicted", [CLEAR, LOST])
def test_what_a_forecast_claims_is_left_to_its_sign(long: LongTerm, predicted: Estimate) -> None:
    text = _table(replace(long, forecasts=(Forecast(60, predicted, UNCLEAR, UNCLEAR),)))
    assert "forecasts a difference between the texted and the held-out" in text
    assert "more than for the held-out" not in text


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (CLEAR, "A year on, the profit still stands"),
        (UNCLEAR, "A year on, what is left of the profit cannot be told"),
        (LOST, "A year on, it cost more than it brought"),
    ],
)
def test_the_finding_is_that_of_the_longest_view(
    long: LongTerm, figure: Estimate, said: str
) -> None:
    assert long.year is not None
    told = replace(long, year=replace(long.year, total=_return(figure)))
    assert long_term_page.finding(told) == said
    assert said in figures.views(told, "USD", 14, 0.95).alt  # type: ignore[union-attr]


@pytest.mark.parametrize("window", [UNCLEAR, LOST])
def test_no_profit_is_left_of_a_window_that_had_none(long: LongTerm, window: Estimate) -> None:
    assert long.year is not None
    year = replace(long.year, total=_return(UNCLEAR))
    told = replace(long, in_window=_return(window), year=year)
    assert long_term_page.finding(told) == "A year on, profit or loss cannot be told"
    soon = replace(told, year=None)
    assert long_term_page.finding(soon).startswith("60 days after the window, ")


def test_without_a_cost_the_margin_is_told(long: LongTerm) -> None:
    assert long.year is not None
    bare = replace(
        long,
        in_window=_return(CLEAR, priced=False),
        seen=_return(CLEAR, priced=False),
        year=replace(long.year, total=_return(LOST, priced=False)),
    )
    assert "Profit" not in _table(bare)
    assert "extra margin was $900" in _table(bare)
    assert long_term_page.finding(bare) == "A year on, it has lost margin"


def test_a_running_campaign_says_when(result: CampaignResult) -> None:
    running = replace(result, long_term=None)
    for part in (page.long_term, page.retention):
        assert "once the campaign is over" in part(running).text
    assert figures.long_term(running) is None and figures.retention(running) is None
    assert payload.results(running).payload["long_term"] is None
    assert "subscriptions" not in page.limits(running).text


def test_what_is_left_out_stands_in_the_limits(result: CampaignResult) -> None:
    text = page.limits(result).text
    assert "it stands by itself under “Subscriptions it cost”" in text
    assert "in no long-term figure" not in text


def test_machines_get_the_long_run(result: CampaignResult) -> None:
    found = payload.results(result)._repr_mimebundle_()[RESULTS_MIME]["long_term"]
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again["in_window"]["margin"] == result.roi.incremental_margin.to_dict()
    assert again["fit"]["fitted_until"] == "2025-01-05"
    assert [one["supported"] for one in again["forecasts"]] == [
        one.supported
        for one in result.long_term.forecasts  # type: ignore[union-attr]
    ]
    assert set(again["retention"]["bought"][0]) == {"days", "lift"}
    assert again["checks"][0]["name"] == "Purchase model"


def test_the_parts_stand_for_a_real_result(result: CampaignResult) -> None:
    for part in (page.long_term(result), page.retention(result)):
        assert isinstance(part, Html) and len(part.text) > 300
    for picture in (figures.long_term(result), figures.retention(result)):
        assert picture is not None and len(picture.alt) > 100
        assert "<script" not in picture.svg
    assert figures.retention(result).svg == figures.retention(result).svg  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (1, 1, "After 44 days more of the texted have bought"),
        (1, -1, "After 44 days fewer of the texted have bought"),
        (1, 0, "More of the texted bought in the window; 44 days on, no difference is clear"),
        (0, 0, "As many of the texted as of the held-out bought, as far as can be told"),
    ],
)
def test_the_finding_on_who_bought(
    result: CampaignResult, first: int, last: int, said: str
) -> None:
    assert result.long_term is not None
    retention = result.long_term.retention
    ends = {1: (0.01, 0.03), 0: (-0.01, 0.01), -1: (-0.03, -0.01)}
    bought = tuple(
        replace(one, lift=replace(one.lift, ci_lower=ends[sign][0], ci_upper=ends[sign][1]))  # type: ignore[type-var]
        for one, sign in zip(retention.bought, (first, last), strict=True)
    )
    found = replace(retention, bought=bought)
    assert retention_page.finding(found) == said
    assert said in retention_page.retention_table(found, 0.95).text


def test_moved_orders_are_not_read_off_who_bought(result: CampaignResult) -> None:
    assert result.long_term is not None
    text = retention_page.retention_table(result.long_term.retention, 0.95).text
    assert "does not tell orders that were moved earlier from extra ones" in text
    assert "under “After the window”" in text
    assert "shrinks with the days is of orders" not in text


def test_nothing_to_compare_is_said(result: CampaignResult) -> None:
    assert result.long_term is not None
    retention: Retention = result.long_term.retention
    none = tuple(replace(one, lift=None) for one in retention.bought)
    found = replace(retention, bought=none, active=(), cohorts=())
    assert retention_page.finding(found) == "Who bought again cannot be compared"
    assert "<table" not in retention_page.retention_table(found, 0.95).text
    assert figures.curves(found, 0.95).alt


def _worth(margin: float = 0.5) -> SubscriptionValue:
    return subscription_value(given_margin(margin), 0.02, 1.0, 50, 5_000.0)


def _lost(value: SubscriptionValue | None, **parts: object) -> LostSubscriptions:
    known = value is not None
    base = LostSubscriptions(
        opt_outs=Estimate(82.0, 9.0, 62.0, 99.0),
        value=value,
        cost=CLEAR if known else None,
        after=_return(UNCLEAR) if known else None,
        reason="" if known else "no text has a price",
    )
    return replace(base, **parts)  # type: ignore[arg-type]


def test_lost_subscriptions_stand_on_lines_of_their_own(long: LongTerm) -> None:
    text = _table(replace(long, lost=_lost(_worth())))
    for line in (
        "Opt-outs in the window because of it",
        "A subscription is worth",
        "What they cost",
    ):
        assert line in text
    assert "The window&#39;s profit less that" in text or "The window's profit less that" in text
    assert "as stated, less its price of $0.02" in text
    assert "Counted against the window alone. Not in the longer views, because whoever" in text
    # The views stay what they were.
    assert (
        text[: text.index("Subscriptions it cost")]
        == _table(long)[: _table(long).index("Subscriptions it cost")]
    )


def test_what_cannot_be_told_of_lost_subscriptions_is_said(long: LongTerm) -> None:
    text = _table(replace(long, lost=_lost(None)))
    assert "What they cost cannot be told: no text has a price." in text
    assert "Not in the longer views" not in text
    text = _table(replace(long, lost=None, no_lost="The store has no subscriptions."))
    assert "The store has no subscriptions." in text
    unclear = replace(_worth(), value=Estimate(1.0, 5.0, -9.0, 11.0))
    below = replace(_worth(), value=Estimate(-0.74, 0.1, -0.94, -0.54))
    for value in (unclear, below):  # lost subscribers never add to the profit
        text = _table(replace(long, lost=_lost(value)))
        assert "What they cost cannot be told: what a text earns is not clearly above" in text
        assert "profit less that" not in text and "the report on the audience takes all" in text
        assert "Counted against the window" not in text
    few = _lost(_worth(), opt_outs=Estimate(3.0, 9.0, -15.0, 21.0))
    assert "changed opt-outs at all cannot be told" in _table(replace(long, lost=few))


def test_lost_subscriptions_are_in_the_payload(result: CampaignResult, long: LongTerm) -> None:
    changed = replace(result, long_term=replace(long, lost=_lost(_worth())))
    told = json.loads(
        json.dumps(payload.results(changed).payload["long_term"]["lost"], allow_nan=False)
    )
    assert told["value"]["degrees_of_freedom"] is None
    assert told["cost"]["estimate"] == CLEAR.estimate
