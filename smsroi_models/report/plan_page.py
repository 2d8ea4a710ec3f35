"""The written parts of a plan's page: each function turns a proposal into escaped HTML."""

from datetime import datetime
from typing import Any

from smsroi_models.planning.holdout import HoldoutOption
from smsroi_models.planning.proposed import Proposal
from smsroi_models.report import plan_words as words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import (
    Money,
    digits_of,
    percent,
    plain,
    shortened,
    tally,
    with_interval,
)
from smsroi_models.report.payload import Results
from smsroi_models.report.results import PLANNED, versions

_TOLD_SHARES = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)


@in_store_locale
def verdict(proposal: Proposal, campaign_id: str, name: str) -> Html:
    """Return the proposal: how many to hold out, what that shows, costs and is worth."""
    return fragment(
        "plan_verdict.html",
        shown_name=shortened(name or campaign_id, 200),
        campaign_id=shortened(campaign_id),
        as_of=proposal.as_of,
        headline=words.headline(proposal),
        sentence=words.sentence(proposal),
        reason=words.reason(proposal),
        cautions=[check for check in proposal.checks if check.status == "failed"],
    )


@in_store_locale
def key_figures(proposal: Proposal) -> Html:
    """Return the handful of figures that a reader takes away."""
    chosen, money = proposal.chosen, Money(proposal.currency)
    cost = proposal.stakes.cost_per_text * chosen.n_treatment + proposal.stakes.fixed_cost
    profit = words.about(chosen.detectable.profit, money)
    tiles = [
        ("To be texted", tally(chosen.n_treatment), f"for {words.about(cost, money)} in all"),
        ("Held out", tally(chosen.n_holdout), f"about {tally(chosen.buyers_held_out)} will buy"),
        ("Smallest ROI seen", words.seen(chosen), f"a profit of {profit}"),
    ]
    if chosen.cost is not None:
        _, interval = with_interval(chosen.cost, money, 1.0)
        expected = words.about(chosen.cost.estimate, money)
        tiles.append(("Cost of holding out", expected, f"expected; {interval}"))
    if chosen.value is not None:
        tiles.append(("Value of knowing", words.about(chosen.value, money), "expected"))
    return fragment("key_figures.html", tiles=tiles)


@in_store_locale
def options_table(proposal: Proposal) -> Html:
    """Return what holding out some shares means."""
    money, chosen = Money(proposal.currency), proposal.chosen
    others = [option for option in proposal.options if option.holdout_share in _TOLD_SHARES]
    shown = {option.holdout_share: option for option in [*others, chosen]}
    rows = [_option_row(shown[share], money, shown[share] is chosen) for share in sorted(shown)]
    return fragment(
        "plan_options.html",
        rows=rows,
        valued=chosen.value is not None,
        cases=words.cases(proposal.power),
        currency=proposal.currency,
    )


@in_store_locale
def assumptions(proposal: Proposal) -> Html:
    """Return what the figures rest on, each with its source."""
    return fragment("plan_assumptions.html", rows=_assumptions(proposal))


@in_store_locale
def past_table(proposal: Proposal) -> Html:
    """Return what past campaigns earned per customer texted, before any cost."""
    money = Money(proposal.currency)
    rows = [
        (lift.campaign_id, money(lift.margin_lift, 0.01), f"± {money(lift.standard_error, 0.01)}")
        for lift in proposal.past
    ]
    return fragment("plan_past.html", rows=rows, used=bool(_pooled(proposal)))


@in_store_locale
def checks(proposal: Proposal) -> Html:
    """Return what was checked."""
    return fragment("checks.html", checks=proposal.checks)


@in_store_locale
def limits(proposal: Proposal) -> Html:
    """Return what the plan does not show."""
    return fragment("plan_limits.html", proposal=proposal)


@in_store_locale
def method(proposal: Proposal) -> Html:
    """Return how the figures were made and from what."""
    return fragment(
        "plan_method.html", proposal=proposal, method=words.method(proposal), versions=versions()
    )


def results(proposal: Proposal, campaign_id: str, name: str) -> Results:
    """Return the figures for ``results.json``."""
    return Results(
        {
            "campaign_id": campaign_id,
            "name": name or campaign_id,
            "title": f"How many to hold out of {shortened(name or campaign_id)}",
            "currency": proposal.currency,
            "locale": proposal.locale,
            "as_of": _iso(proposal.as_of),
            "headline": words.headline(proposal),
            "verdict": words.verdict(proposal),
            "outcome": PLANNED,
            "store_fingerprint": proposal.store_fingerprint,
            "figures": {
                **_settings(proposal),
                "spending": proposal.spending.to_dict(),
                "stakes": proposal.stakes.to_dict(),
                "past": [lift.to_dict() for lift in proposal.past],
                "chosen": _option(proposal.chosen),
                "recommended": _option(proposal.recommended),
                "options": [_option(option) for option in proposal.options],
            },
            "checks": [check.to_dict() for check in proposal.checks],
        }
    )


def _option_row(option: HoldoutOption, money: Money, chosen: bool) -> dict[str, Any]:
    return {
        "share": words.share(option.holdout_share),
        "n_holdout": tally(option.n_holdout),
        "buyers": tally(option.buyers_held_out),
        "roi": words.seen(option),
        "cost": _rounded(option.cost.estimate, money) if option.cost else "",
        "value": _rounded(option.value, money) if option.value is not None else "",
        "net": _rounded(option.net_value, money) if option.net_value is not None else "",
        "chosen": chosen,
    }


def _rounded(amount: float, money: Money) -> str:
    # The cost has two digits, the value three: two neighbours in the table shall differ.
    return money(amount, max(words.two_digits(amount) / 10, 1.0))


def _assumptions(proposal: Proposal) -> list[tuple[str, str, str]]:
    money, spending, stakes = Money(proposal.currency), proposal.spending, proposal.stakes
    text_source, fixed_source = words.basis_of_costs(proposal)
    audience = f"segment {proposal.segment}" if proposal.segment else "everybody in the store"
    deviation = money(spending.deviation_of_margin, 0.01)
    rows = [
        ("Customers who can be texted", tally(stakes.n_customers), audience),
        (
            f"Margin per customer in {proposal.window_days} days",
            money(spending.mean_margin, 0.01),
            f"standard deviation {deviation}; in the last window, without this campaign",
        ),
        (
            "Customers who buy in that time",
            percent(spending.conversion, 0.001),
            f"of {tally(spending.n_customers)} measured",
        ),
        (
            "Explained by the past",
            percent(spending.r_squared, 0.001),
            f"of the margin's variance, by the {proposal.pre_days} days before",
        ),
        (
            "Cost of a text",
            money(stakes.cost_per_text, digits_of(stakes.cost_per_text)),
            f"per customer, {text_source}",
        ),
        ("Other costs", money(stakes.fixed_cost, 1.0), fixed_source),
        (
            "Campaigns that the result decides",
            plain(stakes.future_campaigns, 1),
            "like this one, to the same list; an assumption",
        ),
    ]
    profit = stakes.profit_per_text
    if profit is None:
        return [*rows, ("Expected profit per text", "none", "too few past campaigns, none given")]
    source = f"pooled from {profit.n_campaigns} campaigns" if _pooled(proposal) else "as given"
    shown = f"{money(profit.mean, 0.01)} ± {money(profit.standard_deviation, 0.01)}"
    return [*rows, ("Expected profit per text", shown, f"mean and standard deviation, {source}")]


def _pooled(proposal: Proposal) -> bool:
    margin = proposal.stakes.margin
    return margin is not None and margin.n_campaigns > 0


def _settings(proposal: Proposal) -> dict[str, Any]:
    return {
        "window_days": proposal.window_days,
        "pre_days": proposal.pre_days,
        "segment": proposal.segment,
        "confidence_level": proposal.confidence_level,
        "power": proposal.power,
        "basis": proposal.basis,
        "covariates": list(proposal.spending.covariates),
    }


def _option(option: HoldoutOption) -> dict[str, Any]:
    return option.to_dict() | {"net_value": option.net_value}


def _iso(moment: datetime) -> str:
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H%M%SZ}"
