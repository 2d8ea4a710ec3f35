"""What a simulated shop is like: buyers, texts, coupons, calls and surveys."""

import math
from dataclasses import dataclass, fields

from smsroi_models.errors import ParameterError

_POSITIVE = ("r", "alpha", "a", "b", "p", "v", "history_days", "response_shape")
_AT_LEAST_ZERO = (
    "opt_out_growth",
    "recent_opt_out_growth_7",
    "recent_opt_out_growth_30",
    "price_per_segment",
    "creative_cost",
    "platform_cost",
    "agency_cost",
)


@dataclass(frozen=True, slots=True)
class Shop:
    """The parameters of a simulated shop; every default describes a small texting shop.

    Fields that end in ``_share`` are probabilities or shares in [0, 1].

    Attributes
    ----------
    r, alpha
        Purchase rates of customers, orders per week, are Gamma(shape ``r``, rate ``alpha`` weeks).
    a, b
        After each repeat order a customer drops out for good with a probability from Beta(a, b).
    p, q, v
        List amount of an order, in the store's currency, is Gamma(shape ``p``, rate nu) with nu
        from Gamma(shape ``q``, rate ``v``); the mean over customers is p v / (q - 1). The shapes
        are those of the CDNOW customers in Fader and Hardie (2013), the scale gives a mean of 60.
    history_days
        Days before the first campaign over which customers were acquired.
    recruited_share
        Customers acquired after the first campaign began.
    campaign_recruited_share
        Of those, the ones recruited by a campaign.
    referred_share
        Customers referred by an earlier customer.
    opt_in_share
        Customers who agree to be texted, at acquisition.
    response_shape
        Shape of the Gamma by which customers differ in how strongly they respond to a text;
        smaller means more different.
    dormant_response_share
        Response of a customer who has dropped out, relative to one who has not.
    delivery_share
        Texts that are delivered.
    read_share
        Delivered texts whose last status is ``read``.
    price_per_segment
        Price of one billed segment, in the store's currency. Texts that failed cost nothing.
    missing_price_share
        Texts whose price is null.
    long_text_share
        Texts that take one more segment than the campaign's usual number.
    base_opt_out_share
        Customers who opt out of their own accord within 30 days, texted or not.
    text_opt_out_share
        Customers who opt out on their first text.
    opt_out_growth
        Growth of that probability with each earlier text, as a share of it.
    recent_opt_out_growth_7, recent_opt_out_growth_30
        With each text that was delivered in the 7, and in the 30, days before, it is multiplied by
        1 + this.
    recent_response_loss_share
        Of the response to a text, the share lost with each text delivered in the 30 days before.
    coupon_use_share
        Orders in the window of a customer who got the text that use its coupon.
    coupon_leak_share
        Orders in the window of an assigned customer who did not get the text that use the
        campaign's shared coupon all the same.
    refund_share
        Orders that are refunded, wholly or in part.
    full_refund_share
        Of those, the ones refunded wholly; the rest get back a tenth to nine tenths.
    missing_cost_share
        Orders whose cost of goods is null.
    creative_cost, platform_cost, agency_cost
        Costs of a campaign, in the store's currency; every third campaign has an agency.
    click_share
        Humans who click without ordering because of it, of those who got the text.
    buyer_click_share
        Humans who click, of those who order because of the text.
    bot_share
        Texts whose link a scanner opens within seconds.
    patient_bot_share
        Texts whose link a machine under a browser's name opens minutes later.
    burst_bot_share
        Texts whose link such a machine opens several times within seconds, minutes later.
    hasty_share
        Humans who click within ten seconds, of those who click.
    call_share
        Customers who call the campaign's number, of those who got the text.
    near_stop_share, help_share, other_reply_share
        Replies with that intent, of those who got the text.
    invitation_share
        Assigned customers, in either arm, who are asked for a rating.
    response_share
        Answers from customers of average satisfaction; the satisfied answer more often.
    text_rating_effect
        Points of 10 that getting the text adds to what a customer would rate; below 0, it takes.
    pixel_share
        Web orders since the first campaign that a conversion event repeats.
    """

    r: float = 0.5
    alpha: float = 20.0
    a: float = 0.8
    b: float = 2.4
    p: float = 6.25
    q: float = 3.74
    v: float = 26.304
    history_days: int = 365
    recruited_share: float = 0.1
    campaign_recruited_share: float = 0.3
    referred_share: float = 0.15
    opt_in_share: float = 0.9
    response_shape: float = 2.0
    dormant_response_share: float = 0.4
    delivery_share: float = 0.95
    read_share: float = 0.2
    price_per_segment: float = 0.0105
    missing_price_share: float = 0.0
    long_text_share: float = 0.05
    base_opt_out_share: float = 0.003
    text_opt_out_share: float = 0.006
    opt_out_growth: float = 0.3
    recent_opt_out_growth_7: float = 0.0
    recent_opt_out_growth_30: float = 0.0
    recent_response_loss_share: float = 0.0
    coupon_use_share: float = 0.5
    coupon_leak_share: float = 0.04
    refund_share: float = 0.04
    full_refund_share: float = 0.5
    missing_cost_share: float = 0.1
    creative_cost: float = 120.0
    platform_cost: float = 80.0
    agency_cost: float = 250.0
    click_share: float = 0.08
    buyer_click_share: float = 0.7
    bot_share: float = 0.03
    patient_bot_share: float = 0.0
    burst_bot_share: float = 0.0
    hasty_share: float = 0.0
    call_share: float = 0.01
    near_stop_share: float = 0.002
    help_share: float = 0.002
    other_reply_share: float = 0.01
    invitation_share: float = 0.1
    response_share: float = 0.25
    text_rating_effect: float = 0.0
    pixel_share: float = 0.7

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_share"):
                require(0 <= value <= 1, field.name, value, "lie in [0, 1]")
        for name in _POSITIVE:
            value = getattr(self, name)
            require(0 < value < math.inf, name, value, "be positive and finite")
        for name in _AT_LEAST_ZERO:
            value = getattr(self, name)
            require(0 <= value < math.inf, name, value, "be finite and not negative")
        effect = self.text_rating_effect
        require(math.isfinite(effect), "text_rating_effect", effect, "be finite")
        require(1 < self.q < math.inf, "q", self.q, "exceed 1, else no mean amount exists")
        require(
            self.base_opt_out_share < 1, "base_opt_out_share", self.base_opt_out_share, "be below 1"
        )

    @property
    def mean_amount(self) -> float:
        """Mean list amount of an order over customers, in the store's currency."""
        return self.p * self.v / (self.q - 1)

    @property
    def kept_share(self) -> float:
        """Expected share of an order's price that no refund takes back."""
        refunded = self.full_refund_share + (1 - self.full_refund_share) * 0.5
        return 1 - self.refund_share * refunded


def require(kept: bool, name: str, value: object, rule: str) -> None:
    """Raise `ParameterError` unless the rule is kept; NaN keeps none."""
    if not kept:
        raise ParameterError(
            f"{name} = {value!r} breaks the rule that {name} must {rule}. "
            f"Pass another {name}, or leave it out for its default."
        )
