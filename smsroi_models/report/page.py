"""The written parts of a campaign's report: each function turns a result into escaped HTML.

Campaign names, messages and labels come from outside: `fragment` escapes every value.
"""

import math

from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.estimates import PROPORTIONS
from smsroi_models.attribution.winsorised import CAPPED
from smsroi_models.report import words
from smsroi_models.report.after_window_page import after_window_table
from smsroi_models.report.days_page import days_table
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.left_page import caused_by, left_table
from smsroi_models.report.long_term_page import long_term_table
from smsroi_models.report.next_steps_page import steps_list
from smsroi_models.report.numbers import (
    Money,
    digits_of,
    p_written,
    percent,
    plain,
    probability,
    shortened,
    step_for,
    tally,
    with_interval,
)
from smsroi_models.report.results import versions
from smsroi_models.report.retention_page import retention_table
from smsroi_models.report.retold import retold
from smsroi_models.report.segments_page import segments_table
from smsroi_models.report.survey_page import campaign_section
from smsroi_models.report.systems_page import systems_tables
from smsroi_models.report.tracked_page import claims_table, comparable
from smsroi_models.result import CampaignResult
from smsroi_models.roi import CostLine

_OUTCOMES = {
    "converted": "Customers who bought",
    "orders": "Orders per customer",
    "revenue": "Revenue per customer",
    "margin": "Margin per customer",
    "revenue_capped": "Revenue per customer, extremes cut",
    "margin_capped": "Margin per customer, extremes cut",
    "opted_out": "Customers who opted out",
}


@in_store_locale
def verdict(result: CampaignResult) -> Html:
    """Return the answer: a headline, a sentence with the interval in words, and any caution."""
    failed = [c for c in result.checks if c.status == "failed" and c is not result.invalidated_by]
    return fragment(
        "campaign_verdict.html",
        shown_name=shortened(result.campaign.name, 200),
        campaign_id=shortened(result.campaign.campaign_id),
        as_of=result.as_of,
        outcome="unclear" if result.lost_again else result.outcome,
        headline=words.headline(result),
        sentence=words.sentence(result),
        sure=words.how_sure(result),
        cautions=failed,
    )


@in_store_locale
def next_steps(result: CampaignResult) -> Html:
    """Return at most three things to do, each with the figure that it rests on."""
    return steps_list(result)


@in_store_locale
def key_figures(result: CampaignResult) -> Html:
    """Return the handful of figures that a reader takes away; none where they mean nothing."""
    if result.outcome == "invalid":
        return Html("<p>All that follows is how the two groups differ, whatever the reason.</p>")
    return fragment("key_figures.html", tiles=_tiles(result))


@in_store_locale
def ledger(result: CampaignResult) -> Html:
    """Return the ledger, from extra revenue to profit and ROI, with intervals."""
    roi, money = result.roi, Money(result.campaign.currency)
    goods = roi.incremental_margin.estimate - roi.incremental_revenue.estimate
    rows = [
        ("Extra revenue", *with_interval(roi.incremental_revenue, money, 0.01), "total"),
        (
            "Cost of goods behind it",
            money(goods, step_for(roi.incremental_margin, 0.01)),
            "",
            "",
        ),
        ("Extra margin", *with_interval(roi.incremental_margin, money, 0.01), "total"),
        *(
            (_cost_label(line), money(-line.counted, 0.01 if line.counted < 1e5 else 1.0), "", "")
            for line in roi.ledger
        ),
    ]
    if roi.profit is not None:
        rows.append(("Profit", *with_interval(roi.profit, money, 0.01), "grand"))
    if roi.roi is not None:
        rows.append(("Return on cost (ROI)", *with_interval(roi.roi, percent, 0.01), "total"))
    return fragment(
        "ledger.html",
        sentence=words.money_sentence(result),
        rows=rows,
        confidence=words.confidence(roi.confidence_level),
    )


@in_store_locale
def lift_table(result: CampaignResult) -> Html:
    """Return every outcome's lift by both estimators."""
    money = Money(result.campaign.currency)
    rows = []
    for name, label in _shown(result).items():
        if name in result.lift:
            pair = result.lift[name]
            rows.append(_lift_row(label, pair.headline, name, money, main=True))
            if pair.adjusted:
                rows.append(_lift_row(label, pair.unadjusted, name, money, main=False))
    return fragment(
        "lift_table.html",
        sentence=words.lift_sentence(result),
        rows=rows,
        adjusted=bool(result.covariates),
        relative_differs=_relative_differs(result),
        not_estimable=_not_estimable(result),
        caps=_caps(result, money),
        reached=_reached(result, money),
        confidence=words.confidence(result.confidence_level),
    )


@in_store_locale
def segments(result: CampaignResult) -> Html:
    """Return which kinds of customers responded, or why that is not told."""
    if result.segments is None:
        return fragment("note.html", text=retold(result.not_compared))
    return segments_table(result.segments, result.campaign.currency)


@in_store_locale
def claims(result: CampaignResult) -> Html:
    """Return what platforms would claim, beside what was caused, or why that is not told."""
    if result.tracked is None:
        return fragment("note.html", text="The store holds no touches: nothing can be credited.")
    return claims_table(result.tracked, result.campaign.currency, comparable(result))


@in_store_locale
def systems(result: CampaignResult) -> Html:
    """Return what links, coupons, calls and events show."""
    if result.systems is None:
        return fragment("note.html", text="Nothing that was tracked was read.")
    return systems_tables(
        result.systems, result.tracked, result.campaign.currency, result.confidence_level
    )


@in_store_locale
def days(result: CampaignResult) -> Html:
    """Return from which day on it could be told, and what was added by then."""
    return days_table(result)


@in_store_locale
def after_window(result: CampaignResult) -> Html:
    """Return whether the gain lasted, or why that is not told."""
    if result.after_window is None:
        return fragment("note.html", text="It is read once the campaign is over.")
    return after_window_table(result.after_window, result.campaign.currency, result.roi.cost)


@in_store_locale
def long_term(result: CampaignResult) -> Html:
    """Return the window beside the longer views, and whom the campaign recruited."""
    if result.long_term is None:
        return fragment("note.html", text="It is told once the campaign is over.")
    return long_term_table(
        result.long_term,
        result.campaign.currency,
        result.campaign.window_days,
        result.confidence_level,
    )


@in_store_locale
def said(result: CampaignResult) -> Html:
    """Return what customers answered to the campaign's survey, or why that is not told."""
    comparable = result.outcome != "invalid"
    return campaign_section(result.said, result.not_said, comparable=comparable)


@in_store_locale
def retention(result: CampaignResult) -> Html:
    """Return who bought again, by arm."""
    if result.long_term is None:
        return fragment("note.html", text="It is told once the campaign is over.")
    return retention_table(result.long_term.retention, result.confidence_level)


@in_store_locale
def audience(result: CampaignResult) -> Html:
    """Return who left the list, and how much of that the campaign caused."""
    if result.audience is None:
        reason = result.missing.get("subscriptions", "It is told once the campaign is over.")
        return fragment("note.html", text=reason)
    return left_table(
        result.audience, caused_by(result), result.roi.n_treatment, result.confidence_level
    )


@in_store_locale
def checks(result: CampaignResult) -> Html:
    """Return what was checked before any figure was trusted."""
    return fragment("checks.html", checks=result.checks)


@in_store_locale
def limits(result: CampaignResult) -> Html:
    """Return what the report does not show, and what absent tables keep it from saying."""
    return fragment("limits.html", result=result, missing=result.missing)


@in_store_locale
def method(result: CampaignResult) -> Html:
    """Return how the figures were made and from what: enough to make them again."""
    return fragment(
        "method.html",
        result=result,
        method=words.method(result),
        versions=versions(),
    )


def _relative_differs(result: CampaignResult) -> bool:
    """Return whether a shown difference excludes zero and its ratio does not, or the reverse."""
    shown = [result.lift[name].headline for name in _shown(result) if name in result.lift]
    return any(
        (lift.ci_lower > 0 or lift.ci_upper < 0)
        != (lift.relative_ci_lower > 0 or lift.relative_ci_upper < 0)
        for lift in shown
        if lift.relative_ci_lower is not None and lift.relative_ci_upper is not None
    )


def _not_estimable(result: CampaignResult) -> list[tuple[str, str]]:
    """Return the outcomes without a lift, with the reason, or with where they are told."""
    elsewhere = "nobody of one group did; the difference stands under “Who joined, who left”."
    told = {name: f"not estimable. {reason}" for name, reason in result.not_estimable.items()}
    if "opted_out" in told and caused_by(result) is not None:
        told["opted_out"] = elsewhere
    return [(label, told[name]) for name, label in _shown(result).items() if name in told]


def _shown(result: CampaignResult) -> dict[str, str]:
    """Return the outcomes of the table with their labels; capped ones only where it cut."""
    cut = result.caps is not None and result.caps.n_capped > 0
    return {name: label for name, label in _OUTCOMES.items() if cut or name not in CAPPED}


def _caps(result: CampaignResult, money: Money) -> dict[str, str] | None:
    """Return where spend was cut, in words; None where it was nowhere."""
    caps = result.caps
    if caps is None or not caps.n_capped:
        return None
    return {
        "revenue": money(caps.revenue_cap, 0.01),
        "margin": money(caps.margin_cap, 0.01),
        "floor": money(caps.margin_floor, 0.01) if caps.margin_floor < 0 else "",
        "texted": tally(caps.capped_treatment),
        "held": tally(caps.capped_holdout),
        "share": words.confidence(caps.quantile),
    }


def _reached(result: CampaignResult, money: Money) -> dict[str, str] | None:
    """Return the effect on those whom the text reached, in words; None where it is not told."""
    found = result.reached
    if found is None:
        return None
    value, interval = with_interval(
        found.scaled(1.0), lambda amount, step: money(amount, min(step, 0.01)), 1e-6
    )
    return {
        "value": value,
        "interval": interval,
        "texted": percent(found.share_received_treatment, 0.001),
        "held": percent(found.share_received_holdout, 0.001),
    }


def _tiles(result: CampaignResult) -> list[tuple[str, str, str]]:
    """Return label, figure and the line beneath it."""
    roi, money = result.roi, Money(result.campaign.currency)
    tiles = []
    if roi.profit is not None:
        tiles.append(("Profit", *with_interval(roi.profit, money, 0.01)))
    if roi.probability_of_profit is not None:
        tiles.append(
            (
                "Probability of a profit",
                probability(roi.probability_of_profit, short=True),
                "given these data",
            )
        )
    if roi.roi is not None:
        value, interval = with_interval(roi.roi, percent, 0.01)
        tiles.append(("Return on cost (ROI)", value, interval))
    tiles.append(("Extra revenue", *with_interval(roi.incremental_revenue, money, 0.01)))
    if result.extra_orders is not None:
        tiles.append(("Extra orders", *with_interval(result.extra_orders, plain, 1.0)))
    if roi.cost is not None and roi.break_even_lift is not None:
        needed = money(roi.break_even_lift, digits_of(roi.break_even_lift))
        beneath = f"as booked; earned back by {needed} of extra margin per texted customer"
        tiles.append(("Cost", money.booked(roi.cost), beneath))
    return tiles


def _lift_row(label: str, lift: Lift, name: str, money: Money, main: bool) -> dict[str, str | bool]:
    share = name in PROPORTIONS
    step = step_for(lift.scaled(1.0), 1e-6)

    def write(value: float, unit: str = "") -> str:
        if share and unit:
            return f"{plain(100 * value, 100 * step)}{unit}"
        if share:
            return percent(value, step)
        return plain(value, step) if name == "orders" else money(value, min(step, 0.01))

    low, high = write(lift.ci_lower, " pp").removesuffix(" pp"), write(lift.ci_upper, " pp")
    return {
        "label": label,
        "main": main,
        "method": lift.method,
        "treatment": write(lift.mean_treatment),
        "holdout": write(lift.mean_holdout),
        "lift": write(lift.absolute_lift, " pp"),
        "interval": f"{low} to {high}",
        **_relative(lift),
        "p_value": p_written(lift.p_value),
    }


# To what a relative difference is rounded whose interval is shorter than this; both ratios.
_RELATIVE_STEPS = ((1.0, 0.01), (10.0, 0.1), (math.inf, 1.0))
# A hundredfold says no more than that the held-out spent next to nothing.
_NO_END = 100.0


def _relative(lift: Lift) -> dict[str, str]:
    low, high = lift.relative_ci_lower, lift.relative_ci_upper
    if lift.relative_lift is None or low is None or high is None:
        return {"relative": "not estimable", "relative_interval": ""}
    step = next(step for most, step in _RELATIVE_STEPS if high - low < most)
    if high >= _NO_END:
        return {
            "relative": percent(lift.relative_lift, step),
            "relative_interval": f"{percent(low, step)} or more",
        }
    return {
        "relative": percent(lift.relative_lift, step),
        "relative_interval": f"{percent(low, step)} to {percent(high, step)}",
    }


def _cost_label(line: CostLine) -> str:
    if abs(line.counted - line.amount) < 0.005:
        return f"Cost: {line.label}"
    return f"Cost: {line.label}, part of those counted"
