"""What the report says of the subscriptions that a campaign cost."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.subscription_value import SubscriptionValue
from smsroi_models.clv.long_term_records import LongTerm, LostSubscriptions
from smsroi_models.report.numbers import Money, percent, plain, say, tally, with_interval
from smsroi_models.report.words import confidence

Cells = dict[str, object]
_OTHER_FIGURE = (
    " This campaign's own holdout is left out of that; the report on the audience takes all "
    "campaigns, so that its figure differs."
)


def lost_rows(found: LongTerm, currency: str) -> Cells:
    """Return what the fragment of the long run shows of lost subscriptions.

    Parameters
    ----------
    found : LongTerm
    currency : str
        ISO 4217 code of the store's currency.
    """
    lost = found.lost
    if lost is None:
        return {"reason": found.no_lost, "rows": []}
    money = Money(currency)
    rows = [("Opt-outs in the window because of it", *with_interval(lost.opt_outs, plain, 1.0))]
    if lost.value is None or lost.cost is None or lost.after is None:
        return {"reason": f"What they cost cannot be told: {lost.reason}.", "rows": rows}
    what = "profit" if lost.after.profit else "extra margin"
    net = lost.after.profit or lost.after.margin
    worth = ("A subscription is worth", *with_interval(lost.value.value, money, 0.01))
    if lost.value.value.ci_lower <= 0:
        # A cost below zero would say that driving subscribers away earns money.
        return {
            "reason": "",
            "rows": [*rows, worth],
            "rests_on": rests_on(lost.value, money) + _OTHER_FIGURE,
            "in_no_sum": True,
            "unclear": (
                "What they cost cannot be told: what a text earns is not clearly above its price, "
                "and so it is in no sum."
            ),
        }
    rows += [
        worth,
        ("What they cost", *with_interval(lost.cost, money, 0.01)),
        (f"The window's {what} less that", *with_interval(net, money, 0.01)),
    ]
    return {
        "reason": "",
        "rows": rows,
        "rests_on": rests_on(lost.value, money) + _OTHER_FIGURE,
        "in_no_sum": False,
        "unclear": _clear(lost),
    }


def rests_on(value: SubscriptionValue, money: Money) -> str:
    """Say how a subscription's value came about.

    Parameters
    ----------
    value : SubscriptionValue
    money : Money
    """
    per_text = value.per_text
    source = (
        "as stated"
        if not per_text.n_campaigns
        else f"pooled over the holdouts of {per_text.n_campaigns} campaigns"
    )
    margin = (
        money(per_text.margin.estimate, 0.01)
        if not per_text.margin.standard_error
        else say(per_text.margin, money, 0.01)
    )
    return (
        f"A subscription is worth the texts to come in {tally(value.horizon_weeks)} weeks: "
        f"{plain(value.expected_texts.estimate, 0.1)}, at the programme's own pace of "
        f"{plain(value.texts_per_week, 0.01)} a week since its first campaign, less opt-outs "
        f"({percent(value.opt_outs_per_week, 0.0001)} a week) and discount "
        f"({confidence(value.discount_rate)} a year); each at a margin of {margin}, {source}, less "
        f"its price of {money(value.price_per_text, 0.0001)}."
    )


def _clear(lost: LostSubscriptions) -> str:
    """Say what of the cost cannot be told apart from nothing; empty where all can."""
    if _holds_zero(lost.opt_outs):
        return "Whether it changed opt-outs at all cannot be told apart from chance."
    return ""


def _holds_zero(figure: Estimate) -> bool:
    return figure.ci_lower <= 0 <= figure.ci_upper
