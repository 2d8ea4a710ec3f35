"""What the page says of daily reading: of a running campaign, and of the band of a finished one."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.estimates import DayLift
from smsroi_models.attribution.running import SoFar
from smsroi_models.report import figures, page, words
from smsroi_models.result import CampaignResult

END = datetime(2025, 1, 20, tzinfo=UTC)
SO_FAR = SoFar(5, 14, END, END, 5)
COST = 10_000.0


def _running(result: CampaignResult, margin: Estimate, cost: float | None = COST) -> CampaignResult:
    """Return the result as if it were read after five days, with this extra margin."""
    profit = cost and Estimate(
        margin.estimate - cost,
        margin.standard_error,
        margin.ci_lower - cost,
        margin.ci_upper - cost,
    )
    roi = replace(
        result.roi,
        incremental_margin=margin,
        cost=cost,
        profit=profit or None,
        probability_of_profit=None,
    )
    sound = tuple(check for check in result.checks if check.status != "failed")
    return replace(result, roi=roi, checks=sound, so_far=SO_FAR)


@pytest.mark.parametrize(
    ("margin", "outcome", "headline", "holds"),
    [
        (
            Estimate(15_000.0, 1_000.0, 12_000.0, 18_000.0),
            "paid",
            "So far, yes",
            "$5,000 more than its whole cost, with 95% confidence $2,000 to $8,000 more.",
        ),
        (
            Estimate(5_000.0, 1_000.0, 2_000.0, 8_000.0),
            "unclear",
            "Cannot tell yet",
            "$5,000 less than its whole cost, with 95% confidence $2,000 to $8,000 less.",
        ),
        (
            Estimate(9_000.0, 1_000.0, 6_000.0, 12_000.0),
            "unclear",
            "Cannot tell yet",
            "$1,000 less than its whole cost, but anything from $4,000 less to $2,000 more fits",
        ),
        (
            Estimate(-5_000.0, 1_000.0, -8_000.0, -2_000.0),
            "lost",
            "So far, no",
            "The margin itself has fallen.",
        ),
    ],
)
def test_a_running_campaign_is_told_so_far(result, margin, outcome, headline, holds):
    """Below its cost it is not lost: the days left may earn it."""
    running = _running(result, margin)
    assert running.outcome == outcome
    said = words.verdict(running)
    assert said.startswith(headline) and holds in said
    assert said.endswith("The range may be read every day.")
    assert words.headline(running) in page.verdict(running).text


def test_without_costs_a_running_campaign_has_its_margin(result):
    running = _running(result, Estimate(5_000.0, 1_000.0, 2_000.0, 8_000.0), cost=None)
    assert running.outcome == "unknown"
    assert "cannot be told without its costs" in words.sentence(running)
    assert words.payback(running) == "After 5 of 14 days: extra margin gathered day by day"


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        (12_000.0, 18_000.0, "the whole band lies above the cost"),
        (8_000.0, 18_000.0, "the cost lies within the band: cannot tell yet"),
        (1_000.0, 8_000.0, "the whole band lies below the cost"),
    ],
)
def test_the_figure_by_days_says_where_the_band_lies(result, low, high, says):
    running = _running(result, Estimate((low + high) / 2, 1_000.0, low, high))
    assert words.payback(replace(running, daily=())) == f"After 5 of 14 days {says}"


def _finished(result: CampaignResult, *bands: tuple[float, float]) -> CampaignResult:
    """Return a campaign that paid, with these sequences on its last days."""
    window = result.campaign.window_days
    single = Estimate(15_000.0, 1_000.0, 13_000.0, 17_000.0)
    days = tuple(
        DayLift(window - len(bands) + i, single, Estimate((a + b) / 2, 1.0, a, b), 1.0)
        for i, (a, b) in enumerate(bands, start=1)
    )
    paid = _running(result, single)
    return replace(paid, so_far=None, daily=days, roi=replace(paid.roi, probability_of_profit=0.99))


def test_a_finished_campaign_says_when_a_daily_reader_could_tell(result):
    window = result.campaign.window_days
    lasting = _finished(result, (-1.0, 9.0), (11_000.0, 19_000.0))
    assert words.payback(lasting) == f"From day {window} on, the whole band lies above the cost"
    passing = _finished(result, (11_000.0, 19_000.0), (9_000.0, 19_000.0))
    assert words.payback(passing) == (
        f"The daily band first cleared the cost on day {window - 1}; "
        "the interval at the end clears it, too"
    )
    never = _finished(result, (-1.0, 19_000.0), (9_000.0, 19_000.0))
    assert words.payback(never).endswith("the daily band on no day")
    alt = figures.cumulative_margin(never).alt
    assert f"first tell on day {window} that the margin had changed." in alt
    alt = figures.cumulative_margin(lasting).alt
    assert f"margin had changed, and on day {window} that it had earned the cost." in alt
    assert "for the end alone" in alt


def test_the_band_alone_is_drawn_while_the_campaign_runs(result):
    alt = figures.cumulative_margin(_running(result, result.roi.incremental_margin)).alt
    assert "for the end alone" not in alt and "intervals for reading every day" in alt


def test_a_running_campaign_s_limits_point_to_no_section_that_is_empty(result):
    running = _running(result, Estimate(100.0, 50.0, 1.0, 199.0))
    told = page.limits(running).text
    assert "of 14 days, and whether what was earned so far lasts" in told
    assert "After the window" not in told
    assert "After the window" in page.limits(result).text
