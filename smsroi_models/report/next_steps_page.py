"""What a campaign's report advises: a few things to do, each with the figure that it rests on."""

from collections.abc import Callable

from smsroi_models.attribution.segment_records import named
from smsroi_models.next_steps import Step, claimed_too_much, leaking, next_steps
from smsroi_models.report import words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import Money, percent, say, shortened, tally, with_interval
from smsroi_models.report.retold import retold
from smsroi_models.report.tracked_page import caused_per_claimed, credited
from smsroi_models.result import CampaignResult

Advice = tuple[str, str]


@in_store_locale
def steps_list(result: CampaignResult) -> Html:
    """Return the things to do, as an ordered list.

    Parameters
    ----------
    result : CampaignResult
    """
    return fragment("next_steps.html", steps=[advice(step, result) for step in next_steps(result)])


def advice(step: Step, result: CampaignResult) -> Advice:
    """Return what to do in a sentence or two, and what that rests on.

    Parameters
    ----------
    step : Step
        One of the result's.
    result : CampaignResult
    """
    return _ADVICE[step.kind](step, result)


def _decide(_step: Step, result: CampaignResult) -> Advice:
    profit, money = result.roi.profit, Money(result.campaign.currency)
    if result.invalidated_by is not None:
        return words.next_step(result), retold(result.invalidated_by.text)
    if result.carried_by_few is not None:
        return words.next_step(result), retold(result.carried_by_few.text)
    if profit is None:
        margin = say(result.roi.incremental_margin, money, 0.01)
        return words.next_step(result), f"Extra margin {margin}; no cost is booked."
    if result.decision.action == "change" and result.lost_again and result.after_window:
        last = result.after_window.horizons[-1]
        left = say(last.incremental_total, money, 0.01)
        return words.next_step(result), f"Left {last.days} days after the window: {left} of margin."
    return words.next_step(result), f"Profit {say(profit, money, 0.01)}."


def _leave_alone(_step: Step, result: CampaignResult) -> Advice:
    asked = result.audience.asked if result.audience else None
    assert asked
    customers = "1 customer" if asked == 1 else f"{tally(asked)} customers"
    return (
        "Take off the list whoever asked to stop in words of their own, which the platform does "
        "not act on.",
        f"{customers} asked within 7 days of a text, and may still be texted; `smsroi audience` "
        "lists them.",
    )


def _mend(step: Step, result: CampaignResult) -> Advice:
    check = next(check for check in result.checks if check.name == step.subject)
    return retold(check.remedy), retold(f"{check.name} failed. {check.text}")


def _codes(step: Step, result: CampaignResult) -> Advice:
    assert result.systems is not None and step.at_stake is not None
    coupon = next(each for each in leaking(result) if each.kind == step.subject)
    share, interval = with_interval(result.systems.leaked_share[coupon.kind], percent, 0.001)
    what = (
        "Give every customer a code of their own, which works once"
        if coupon.kind == "shared"
        else "Let each customer's code work for that customer alone, and once"
    )
    money = Money(result.campaign.currency)
    return (
        f"{what}: codes reached people who had not been texted.",
        f"{share} of the orders with a {coupon.kind} code ({interval}), about "
        f"{money.booked(step.at_stake)} of discount.",
    )


def _segments(step: Step, result: CampaignResult) -> Advice:
    assert result.segments is not None and step.at_stake is not None
    lost = named([shortened(name, 24) for name in result.segments.did_not_pay])
    money = Money(result.campaign.currency)
    return (
        f"Leave out of the next one: {lost}. There the text clearly earned less than its price.",
        f"About {money(step.at_stake, 10.0 if step.at_stake >= 100 else 1.0)} more was spent on "
        "them than they brought.",
    )


def _opt_outs(_step: Step, result: CampaignResult) -> Advice:
    lost = result.long_term.lost if result.long_term else None
    assert lost is not None and lost.cost is not None
    money = Money(result.campaign.currency)
    return (
        "Count what the opt-outs cost against it, and try fewer texts or an offer to pause.",
        f"Subscriptions lost come to {say(lost.cost, money, 0.01)}.",
    )


def _claims(_step: Step, result: CampaignResult) -> Advice:
    found, money = result.tracked, Money(result.campaign.currency)
    assert claimed_too_much(result) and found is not None and found.incremental_revenue is not None
    factor, interval = caused_per_claimed(found.highest.factor, as_share=False)
    caused = say(found.incremental_revenue, money, 0.01)
    return (
        "Count as earned what the comparison with held-out customers shows, not what a platform's "
        "own report credits.",
        f"The rule that credits most, {found.highest.rule.label}, gives it "
        f"{credited(found.highest, money)} of revenue; the campaign caused {caused}; "
        f"caused / claimed: {factor} ({interval}).",
    )


def _bots(_step: Step, result: CampaignResult) -> Advice:
    links = result.systems.links if result.systems else None
    assert links is not None
    return (
        "Report clicks without those of machines, and judge no campaign by its click rate.",
        f"Of {tally(links.clicks)} clicks {tally(links.clicks_by_people)} are thought to be "
        "people's.",
    )


_ADVICE: dict[str, Callable[[Step, CampaignResult], Advice]] = {
    "decide": _decide,
    "leave alone": _leave_alone,
    "mend": _mend,
    "codes": _codes,
    "segments": _segments,
    "opt-outs": _opt_outs,
    "claims": _claims,
    "bots": _bots,
}
