"""Attribution rules as data: which touch gets an order's credit, as each platform says it.

A rule gives every kind of touch a window, half-open: a touch at t may be credited for what is
bought in ``[t, t + window)``. Rules differ in these windows, in what wins when several touches are
in theirs, and in whether an order can be credited more than once. `PRESETS` are what the vendors'
public pages said; a rule of one's own is another `AttributionRule`, or `dataclasses.replace` of a
preset.
"""

import math
from dataclasses import dataclass
from typing import Literal

from smsroi_models.attribution.rule_checks import check_choice, check_window
from smsroi_models.errors import ParameterError
from smsroi_models.records import Record

ANY_TIME: Literal["any time"] = "any time"
"""Window of a coupon that is credited whenever it is used, by whomever."""

Credit = Literal["last", "all", "linear"]
Ties = Literal["last", "click"]
BotFilter = Literal["declared", "timing", "bursts"]
Kind = Literal[
    "sent",
    "delivered",
    "read",
    "event",
    "reply",
    "call",
    "bot_click",
    "soon_click",
    "burst_click",
    "click",
    "coupon",
    "shared_coupon",
]
KINDS: tuple[Kind, ...] = (
    "sent",
    "delivered",
    "read",
    "event",
    "reply",
    "call",
    "bot_click",
    "soon_click",
    "burst_click",
    "click",
    "shared_coupon",
    "coupon",
)
"""Kinds of touches, the weakest evidence first: within one second the last of them wins."""
RECEIPTS: tuple[Kind, ...] = ("sent", "delivered", "read")
BOT_CLICKS: dict[Kind, tuple[BotFilter, ...]] = {
    "bot_click": ("declared", "timing", "bursts"),
    "soon_click": ("timing", "bursts"),
    "burst_click": ("bursts",),
}
"""Clicks thought to be a machine's, and the filters that leave them out: each takes in the last."""
_WINDOWS = (
    "click_days",
    "delivered_hours",
    "read_hours",
    "coupon_days",
    "reply_days",
    "call_days",
    "event_days",
)
_FLAGS = (
    "counts_sent",
    "calendar",
    "unique_coupons_only",
    "once_per_customer",
    "removes_bots",
)
_CHOICES: dict[str, tuple[object, ...]] = {
    "credit": ("last", "all", "linear"),
    "ties": ("last", "click"),
    "bot_filter": ("declared", "timing", "bursts"),
    **dict.fromkeys(_FLAGS, (True, False)),
}


@dataclass(frozen=True, slots=True)
class AttributionRule(Record):
    """Which touch of which campaign is credited with an order.

    Attributes
    ----------
    name, label : str
        Key, and what a report calls it.
    click_days : float or None
        Window of a click, days. None, here and below: such a touch is never credited.
    delivered_hours : float or None
        Window of a delivered text, hours from when it was sent: a store keeps no later time.
    read_hours : float or None
        Of a text known to be read; where None, as ``delivered_hours``.
    counts_sent : bool
        Whether a text without a delivery receipt counts as one with it.
    calendar : bool
        Windows of n days end at the n-th 00:00 UTC after the touch, and not at its time of day.
    ties : {"last", "click"}
        What wins among touches in their windows: the latest; or the latest of those that are more
        than a receipt, and only without such a one the latest receipt.
    coupon_days : float, ``"any time"`` or None
        Days since the campaign's last text to the customer within which its code is credited.
    unique_coupons_only : bool
        Whether codes that all customers share are never credited.
    reply_days, call_days, event_days : float or None
        Windows of a reply (no opt-out), a call, a conversion event reached through a link.
    credit : {"last", "all", "linear"}
        To the winner; to every campaign with a touch in its window, wholly; or in equal parts to
        all touches in their windows.
    once_per_customer : bool
        Whether a campaign is credited with a customer's first order only, and the first event of
        each type.
    removes_bots : bool
        Whether clicks thought to be a machine's are left out.
    bot_filter : {"declared", "timing", "bursts"}
        How far that goes: clicks of machines that name themselves (or that the platform named);
        those within seconds of the text too; and bursts on one customer's link too.
    source, seen_on : str
        Where the vendor says so, and when that was read.
    note : str
        What the rule assumes or leaves out.

    Raises
    ------
    ParameterError
        If a window is no number from one second to 36,500 days, a calendar window is no whole
        number of days, an option is unknown, or no touch has a window.

    Examples
    --------
    >>> rule = AttributionRule("ours", "Our own", click_days=3, delivered_hours=12)
    >>> rule.window_days("click"), rule.window_days("delivered"), rule.window_days("reply")
    (3.0, 0.5, None)
    """

    name: str
    label: str
    click_days: float | None = None
    delivered_hours: float | None = None
    read_hours: float | None = None
    counts_sent: bool = False
    calendar: bool = False
    ties: Ties = "last"
    coupon_days: float | Literal["any time"] | None = None
    unique_coupons_only: bool = False
    reply_days: float | None = None
    call_days: float | None = None
    event_days: float | None = None
    credit: Credit = "last"
    once_per_customer: bool = False
    removes_bots: bool = False
    bot_filter: BotFilter = "bursts"
    source: str = ""
    seen_on: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        for field in ("name", "label"):
            if not isinstance(getattr(self, field), str):
                raise ParameterError(
                    f"rule {self.name!r}: {field} is {getattr(self, field)!r}; write text"
                )
        for field, choices in _CHOICES.items():
            check_choice(self.name, field, getattr(self, field), choices)
        for field in _WINDOWS:
            word = ANY_TIME if field == "coupon_days" else None
            value = getattr(self, field)
            check_window(self.name, field, value, calendar=self.calendar, any_time=word)
        if all(self.window_days(kind) is None for kind in KINDS):
            raise ParameterError(f"rule {self.name!r} credits nothing: give a touch a window")

    def window_days(self, kind: Kind) -> float | None:
        """Return the window of a kind of touch, days; infinite for any time, None for no credit."""
        receipt = None if self.delivered_hours is None else self.delivered_hours / 24
        coupon = math.inf if self.coupon_days == ANY_TIME else self.coupon_days
        found: dict[Kind, float | None] = {
            "sent": receipt if self.counts_sent else None,
            "delivered": receipt,
            "read": receipt if self.read_hours is None else self.read_hours / 24,
            "event": self.event_days,
            "reply": self.reply_days,
            "call": self.call_days,
            "click": self.click_days,
            **{name: self._bot_days(name) for name in BOT_CLICKS},
            "coupon": coupon,
            "shared_coupon": None if self.unique_coupons_only else coupon,
        }
        window = found[kind]
        return None if window is None else float(window)

    def _bot_days(self, kind: Kind) -> float | None:
        removed = self.removes_bots and self.bot_filter in BOT_CLICKS[kind]
        return None if removed else self.click_days

    @property
    def reach_days(self) -> int:
        """Days before an order within which a touch can be credited, rounded up."""
        finite = [w for kind in KINDS if (w := self.window_days(kind)) not in (None, math.inf)]
        return math.ceil(max((w for w in finite if w is not None), default=0))


def _preset(name: str, label: str, source: str, **rule: object) -> AttributionRule:
    return AttributionRule(name, label, source=source, seen_on="2026-11", **rule)  # type: ignore[arg-type]


_ALL = (
    _preset(
        "klaviyo_before_2024_10",
        "Klaviyo, accounts before 2024-10-09",
        "Klaviyo help centre, article 11118357030555",
        click_days=1,
        note="The last touch across channels; the store knows those of texts alone.",
    ),
    _preset(
        "klaviyo_2024",
        "Klaviyo, from 2024-10-09",
        "Klaviyo help centre, article 11118357030555",
        click_days=5,
        delivered_hours=12,
        note="The last touch across channels; the store knows those of texts alone.",
    ),
    _preset(
        "klaviyo_2026",
        "Klaviyo, 2026, bots removed",
        "Klaviyo help centre, article 28413442705435",
        click_days=5,
        delivered_hours=12,
        read_hours=24,
        removes_bots=True,
        note="Bot clicks may be removed there; here they are, by this kit's filter.",
    ),
    _preset(
        "attentive_calendar",
        "Attentive, calendar days (older)",
        "Attentive help centre, article 7050482152212, FAQs",
        click_days=30,
        delivered_hours=24,
        calendar=True,
        coupon_days=ANY_TIME,
        note="A 1-day window ends at the next 00:00 UTC.",
    ),
    _preset(
        "attentive_rolling",
        "Attentive, rolling (newer)",
        "Attentive help centre, article 7050482152212",
        click_days=5,
        delivered_hours=24,
        coupon_days=ANY_TIME,
        unique_coupons_only=True,
    ),
    _preset(
        "postscript",
        "Postscript",
        "Postscript help centre, articles 4402883425051 and 3494156",
        click_days=7,
        delivered_hours=24,
        note="Coupon revenue is reported apart there.",
    ),
    _preset(
        "yotpo",
        "Yotpo, at 7 days and 24 hours",
        "Yotpo help centre, Setting up SMS and email attribution",
        click_days=7,
        delivered_hours=24,
        ties="click",
        note="The shop sets the windows; these are an assumption. A click beats a delivery.",
    ),
    _preset(
        "sendlane",
        "Sendlane, at its widest",
        "Sendlane help centre, article 572",
        click_days=30,
        delivered_hours=24,
        counts_sent=True,
        note="The shop sets 1 to 30 days and 1 to 24 hours after sending; here the widest.",
    ),
    _preset(
        "emotive",
        "Emotive",
        "Emotive help centre, article 4420541460631",
        click_days=7,
        delivered_hours=24,
        coupon_days=30,
        reply_days=14,
    ),
    _preset(
        "cartloop",
        "Cartloop",
        "Cartloop help centre, article 5384551",
        click_days=14,
        reply_days=7,
        coupon_days=ANY_TIME,
        note="No window of the discount code is published: any time.",
    ),
    _preset(
        "instasent",
        "Instasent",
        "Instasent help centre, article 8495731",
        click_days=3,
        delivered_hours=24,
    ),
    _preset(
        "sender",
        "Sender",
        "Sender help centre, sales attribution",
        click_days=5,
        delivered_hours=12,
    ),
    _preset(
        "voyado",
        "Voyado",
        "Voyado help centre, article 8784912107292",
        delivered_hours=72,
        note="3 days from receipt, clicked or not.",
    ),
    _preset(
        "themarketer",
        "theMarketer",
        "theMarketer knowledge base",
        delivered_hours=48,
        counts_sent=True,
        note="Any order from a number that was texted.",
    ),
    _preset(
        "braze",
        "Braze, at 3 days",
        "Braze documentation, conversion events",
        click_days=3,
        delivered_hours=72,
        credit="all",
        once_per_customer=True,
        note="The window is set by campaign; 3 days are an assumption. Every campaign whose window "
        "is open is credited with the whole order.",
    ),
    _preset(
        "northbeam",
        "Northbeam, clicks only, at 30 days",
        "Northbeam documentation, attribution models",
        click_days=30,
        credit="linear",
        note="No lookback is published: 30 days are an assumption. Texts get nothing there if any "
        "other channel is in the path, which the store does not know.",
    ),
)

BOT_RULES: dict[str, str] = {
    "click_bots_kept": "none",
    "click_declared": "declared machines",
    "click_timing": "and within seconds of the text",
    "click": "and bursts",
}
"""The touch of `rules_by_touch` for each extent of the filter of machines, as a table says it."""

PRESETS: dict[str, AttributionRule] = {rule.name: rule for rule in _ALL}
"""The vendors' rules by name."""

_TOUCHES: tuple[tuple[str, str, str], ...] = (
    ("delivered", "Any delivered text", "delivered_hours"),
    ("click", "Any click, machines' removed", "click_days"),
    ("click_bots_kept", "Any click, machines' kept", "click_days"),
    ("click_declared", "Any click, declared machines' removed", "click_days"),
    ("click_timing", "Any click, those within seconds removed too", "click_days"),
    ("coupon", "The campaign's coupon", "coupon_days"),
    ("call", "Any call", "call_days"),
    ("reply", "Any reply", "reply_days"),
    ("event", "Any event through a link", "event_days"),
)


def rules_by_touch(window_days: int) -> dict[str, AttributionRule]:
    """Return a rule for each kind of touch alone, over a campaign's own window.

    Every campaign touched is credited; with a coupon, whoever used it and whenever.

    Examples
    --------
    >>> rules_by_touch(14)["delivered"].window_days("delivered")
    14.0
    """
    found = {}
    filters: dict[str, BotFilter] = {"click_declared": "declared", "click_timing": "timing"}
    for name, label, field in _TOUCHES:
        window: object = 24 * window_days if field == "delivered_hours" else window_days
        options = {field: ANY_TIME if field == "coupon_days" else window}
        found[name] = AttributionRule(
            name,
            label,
            credit="all",
            removes_bots=name != "click_bots_kept",
            bot_filter=filters.get(name, "bursts"),
            **options,  # type: ignore[arg-type]
        )
    return found


def find_rule(rule: str | AttributionRule) -> AttributionRule:
    """Return a preset by its name; a rule stays what it is.

    Raises
    ------
    ParameterError
        If it is neither a rule nor a preset's name.
    """
    if isinstance(rule, AttributionRule):
        return rule
    if not isinstance(rule, str) or rule not in PRESETS:
        raise ParameterError(
            f"there is no attribution rule {rule!r}: choose among {', '.join(PRESETS)}, or pass an "
            "AttributionRule of your own"
        )
    return PRESETS[rule]
