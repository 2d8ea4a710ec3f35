"""The written parts of the report on the audience's health.

Names of campaigns and sources come from outside: every value passes Jinja's autoescape.
"""

from collections.abc import Mapping
from typing import Any

from smsroi_models.audience.list_growth import ListMonth
from smsroi_models.audience_result import AudienceResult, CampaignRates
from smsroi_models.report import audience_words as words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.fatigue_page import fatigue_table, no_fatigue
from smsroi_models.report.folders import SUPPRESSION_FILE
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import percent, plain, shortened, tally, with_interval
from smsroi_models.report.results import versions
from smsroi_models.report.retention_figure import quarter_name
from smsroi_models.report.retold import retold
from smsroi_models.report.words import confidence

# More rows than a reader takes in are in the results file.
MOST_ROWS = 12


@in_store_locale
def verdict(result: AudienceResult) -> Html:
    """Return the answer: who asked to stop first, then the list, then any caution."""
    asked = result.asked
    return fragment(
        "audience_verdict.html",
        as_of=result.as_of,
        headline=words.headline(result),
        sentences=words.sentences(result),
        asked=asked is not None and asked.customers > 0,
        file=SUPPRESSION_FILE,
        cautions=result.failed,
    )


@in_store_locale
def key_figures(result: AudienceResult) -> Html:
    """Return the handful of figures that a reader takes away."""
    tiles = []
    asked, growth, curve = result.asked, result.growth, result.survival
    if asked is not None:
        beneath = f"{tally(asked.texted_since)} texted again since"
        tiles.append(("Asked to stop, not taken off", tally(asked.customers), beneath))
    if growth is not None:
        last = growth.months[-1]
        beneath = (
            f"{tally(last.joined + last.rejoined)} joined, {tally(last.left)} left in "
            f"{last.starts:%B}"
        )
        tiles.append(("Subscribers", tally(growth.subscribers), beneath))
    if whole := words.whole_months(result):
        month = whole[-1]
        beneath = f"{tally(month.left)} of those on the list or new"
        tiles.append((f"Left in {month.starts:%B}", percent(month.churn or 0.0, 0.001), beneath))
    if curve is not None:
        day = words.told_at(curve)
        found = curve.at(day)
        assert found is not None
        title = f"Still there after {day} days"
        tiles.append((title, percent(found[0], 0.001), words.span(found[1], found[2])))
    if result.campaigns:
        newest = result.campaigns[-1]
        per_text = words.share_with_interval(newest.opt_outs_per_text)
        tiles.append(("Opt-outs per text, newest campaign", *per_text))
        if newest.opt_outs_caused is not None:
            name = shortened(newest.counts.name, 24)
            tiles.append((f"Opt-outs caused by “{name}”", *caused(newest)))
    return fragment("key_figures.html", tiles=tiles)


@in_store_locale
def growth(result: AudienceResult) -> Html:
    """Return the ledger of the last months, and of the sources over the same time."""
    if result.growth is None:
        return fragment("note.html", text=retold(result.not_told["growth"]))
    months = result.growth.months[-MOST_ROWS:]
    sources = {name: _added(rows[-MOST_ROWS:]) for name, rows in result.growth.by_source.items()}
    return fragment(
        "audience_growth.html",
        sentence=words.churn_sentence(result),
        months=[_month_row(words.month_name(month.starts), month) for month in months],
        sources=[_month_row(shortened(name, 40), total) for name, total in sources.items()],
        back=any(month.rejoined for month in months),
        since=words.month_name(months[0].starts),
        unknown=tally(result.growth.left_unknown) if result.growth.left_unknown else "",
    )


@in_store_locale
def survival(result: AudienceResult) -> Html:
    """Return what share of each source and of each cohort stays, with intervals."""
    if result.survival is None:
        return fragment("note.html", text=retold(result.not_told["survival"]))
    days = [day for day in reversed(words.TOLD_AT) if day <= result.survival.days[-1]]
    groups = [("All subscribers", result.survival)]
    groups += [(shortened(name, 40), curve) for name, curve in result.by_source.items()]
    groups += [(f"Joined {quarter_name(c.starts)}", c.survival) for c in result.by_cohort]
    rows = []
    for name, curve in groups:
        cells = []
        for day in days:
            at = curve.at(day)
            cells.append((percent(at[0], 0.001), words.span(at[1], at[2])) if at else ("", ""))
        rows.append((name, tally(curve.n), cells))
    return fragment(
        "audience_survival.html",
        days=days,
        rows=rows,
        test=_test(result),
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def campaigns(result: AudienceResult) -> Html:
    """Return what each campaign's texts were followed by, the newest first."""
    if not result.campaigns:
        return fragment("note.html", text=retold(result.not_told.get("campaigns", "")))
    newest = result.campaigns[::-1]
    flags = {p.campaign_id: p.verdict for p in (result.chart.points if result.chart else ())}
    return fragment(
        "audience_campaigns.html",
        rows=[_campaign_row(c, flags) for c in newest[:MOST_ROWS]],
        left_out=max(len(newest) - MOST_ROWS, 0),
        not_told=result.not_told.get("chart", ""),
        joined=any(c.counts.opted_in for c in newest),
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def fatigue(result: AudienceResult) -> Html:
    """Return what frequent texts do, or why that is not told."""
    if result.fatigue is None:
        return no_fatigue(result.not_told["fatigue"])
    return fatigue_table(result.fatigue, result.currency)


@in_store_locale
def checks(result: AudienceResult) -> Html:
    """Return what was checked before any figure was trusted."""
    return fragment("checks.html", checks=result.checks)


@in_store_locale
def limits(result: AudienceResult) -> Html:
    """Return what the report does not show."""
    told = ("campaigns", "messages", "replies", "assignments")
    missing = {name: result.missing[name] for name in told if name in result.missing}
    return fragment("audience_limits.html", missing=missing)


@in_store_locale
def method(result: AudienceResult) -> Html:
    """Return how the figures were made and from what: enough to make them again."""
    return fragment(
        "audience_method.html", result=result, method=words.method(result), versions=versions()
    )


def _added(months: tuple[ListMonth, ...]) -> ListMonth:
    return ListMonth(
        starts=months[0].starts,
        opening=months[0].opening,
        joined=sum(month.joined for month in months),
        rejoined=sum(month.rejoined for month in months),
        left=sum(month.left for month in months),
        closing=months[-1].closing,
    )


def _month_row(name: str, month: ListMonth) -> dict[str, str]:
    return {
        "name": name,
        "opening": tally(month.opening),
        "joined": tally(month.joined),
        "rejoined": tally(month.rejoined),
        "left": tally(month.left),
        "closing": tally(month.closing),
    }


def _test(result: AudienceResult) -> str:
    test = result.sources_differ
    if test is None:
        return ""
    if test.p_value >= 0.001:
        often = f"in {plain(100 * test.p_value, 0.1)} of 100 lists"
    else:
        often = f"in less than 1 of {tally(1000)} lists"
    return (
        "Do the sources leave at the same pace? If they did, chance alone would make them differ "
        f"as much as here or more {often} (log-rank test)."
    )


def _campaign_row(campaign: CampaignRates, flags: Mapping[str, str]) -> dict[str, Any]:
    counts = campaign.counts
    value, interval = words.share_with_interval(campaign.opt_outs_per_text)
    per = campaign.opt_outs_per_subscriber
    return {
        "name": shortened(counts.name, 40),
        "flag": flags.get(counts.campaign_id, ""),
        "delivered": tally(counts.delivered),
        "per_text": value,
        "per_text_interval": interval,
        "per_subscriber": words.share_with_interval(per) if per else ("", ""),
        "joined": tally(counts.opted_in),
        "caused": caused(campaign),
    }


def caused(campaign: CampaignRates) -> tuple[str, str]:
    """Write the opt-outs that a campaign caused, with their interval."""
    if campaign.opt_outs_caused is None:
        return "not told", ""
    return with_interval(campaign.opt_outs_caused, plain, 1.0)
