"""The tables of a store: every column's type, meaning and rule, in one place.

The data dictionary (``data/README.md``), the checks and the simulator are all derived from
`TABLES`. Ids are text, times are UTC with a time zone, money is float64 in the store's one
currency. Windows are half-open: ``[start, start + length)``.
"""

from dataclasses import dataclass
from typing import Literal

import ibis

Kind = Literal["text", "time", "money", "number", "count", "flag"]

_DTYPES: dict[Kind, str] = {
    "text": "string",
    "time": "timestamp('UTC', 6)",  # what DuckDB keeps: a cast would hide times from its filters
    "money": "float64",
    "number": "float64",
    "count": "int64",
    "flag": "boolean",
}

ARMS = ("treatment", "holdout")
MESSAGE_STATUSES = (
    "accepted",
    "scheduled",
    "queued",
    "sending",
    "sent",
    "delivered",
    "read",
    "undelivered",
    "failed",
    "canceled",
)
DELIVERED_STATUSES = ("delivered", "read")
UNSENT_STATUSES = ("accepted", "scheduled", "queued", "canceled")
UNBILLED_STATUSES = (*UNSENT_STATUSES, "failed")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, kind, meaning and the rule that its values keep.

    ``minimum`` and ``maximum`` are inclusive bounds; ``allowed`` lists every admissible value;
    ``references`` names the table whose key this column holds.
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    references: str | None = None

    @property
    def dtype(self) -> str:
        """The Ibis type of the column, as text."""
        return _DTYPES[self.kind]


@dataclass(frozen=True, slots=True)
class NotBefore:
    """The time in ``column`` may not lie before ``other_table.other_column``, joined on ``on``."""

    column: str
    other_table: str
    other_column: str
    on: tuple[str, ...]
    severity: Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what one row is, its key, its columns and the order of its times."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    not_before: tuple[NotBefore, ...] = ()

    def schema(self) -> ibis.Schema:
        """Return the table's Ibis schema, columns in their documented order."""
        return ibis.schema({c.name: ibis.dtype(c.dtype, nullable=c.nullable) for c in self.columns})

    def column(self, name: str) -> Column:
        """Return the column of that name; `KeyError` if there is none."""
        return {column.name: column for column in self.columns}[name]


def _text(name: str, meaning: str, **rules: object) -> Column:
    return Column(name, "text", meaning, **rules)  # type: ignore[arg-type]


def _time(name: str, meaning: str, **rules: object) -> Column:
    return Column(name, "time", meaning, **rules)  # type: ignore[arg-type]


def _money(name: str, meaning: str, **rules: object) -> Column:
    return Column(name, "money", meaning, **{"minimum": 0.0, **rules})  # type: ignore[arg-type]


def _number(name: str, meaning: str, **rules: object) -> Column:
    return Column(name, "number", meaning, **rules)  # type: ignore[arg-type]


def _count(name: str, meaning: str, **rules: object) -> Column:
    return Column(name, "count", meaning, **{"minimum": 0, **rules})  # type: ignore[arg-type]


def _flag(name: str, meaning: str, **rules: object) -> Column:
    return Column(name, "flag", meaning, **rules)  # type: ignore[arg-type]


_CAMPAIGN = _text("campaign_id", "the campaign", references="campaigns")
_MAYBE_CAMPAIGN = _text(
    "campaign_id", "the campaign, where it is known", nullable=True, references="campaigns"
)
_CUSTOMER = _text("customer_id", "the person", references="customers")
_MAYBE_CUSTOMER = _text(
    "customer_id", "the person, where known", nullable=True, references="customers"
)

_ALL = (
    Table(
        "campaigns",
        "a campaign",
        ("campaign_id",),
        (
            _text("campaign_id", "key"),
            _text("name", "what people call it; shown in reports, never trusted as markup"),
            _time("starts_at", "when its first text may go out"),
            _count("window_days", "length of the outcome window, days", minimum=1, maximum=3650),
            _number("margin_rate", "share of list price kept as margin", minimum=0, maximum=1),
            _text("currency", "ISO 4217 code, the same for every campaign of a store"),
            _text("message", "the text that was sent", nullable=True),
            _text(
                "locale",
                "how reports write money, numbers and dates, like en-US (the default) or de-DE; "
                "the same for every campaign of a store",
                nullable=True,
            ),
        ),
    ),
    Table(
        "plans",
        "a campaign's plan, as recorded before anybody was assigned",
        ("campaign_id",),
        (
            _CAMPAIGN,
            _time("recorded_at", "when the plan was fixed"),
            _number(
                "treatment_share", "share of customers that may be texted", minimum=0, maximum=1
            ),
            _count("n_treatment", "customers put in treatment by the draw", nullable=True),
            _count("n_holdout", "customers put in holdout by the draw", nullable=True),
            _text("record", "the whole plan: JSON with sorted keys and no spaces"),
            _text("sha256", "SHA-256 hash of the record, 64 hexadecimal digits"),
        ),
    ),
    Table(
        "customers",
        "a person",
        ("customer_id",),
        (
            _text("customer_id", "key; a pseudonym, never a phone number or an address"),
            _time("acquired_at", "when the person became a customer"),
            _text(
                "acquired_campaign_id",
                "the campaign that recruited the person",
                nullable=True,
                references="campaigns",
            ),
            _text(
                "referrer_id",
                "the customer who referred the person",
                nullable=True,
                references="customers",
            ),
            _text("segment", "the shop's own grouping", nullable=True),
            _text("region", "the shop's own region", nullable=True),
        ),
    ),
    Table(
        "assignments",
        "a customer put in an arm of a campaign",
        ("campaign_id", "customer_id"),
        (
            _CAMPAIGN,
            _CUSTOMER,
            _text("arm", "`treatment` may be texted, `holdout` may not", allowed=ARMS),
            _time("assigned_at", "index time of the customer, in both arms"),
            _text("stratum", "stratum within which arms were drawn", nullable=True),
        ),
        (NotBefore("assigned_at", "plans", "recorded_at", ("campaign_id",), "warning"),),
    ),
    Table(
        "messages",
        "an outbound text",
        ("message_id",),
        (
            _text("message_id", "key"),
            _CAMPAIGN,
            _CUSTOMER,
            _time("sent_at", "when it was handed to the carrier"),
            _text("status", "the last status known", allowed=MESSAGE_STATUSES),
            _count("segments", "billed segments", minimum=0),
            _money("price", "price of one segment", nullable=True),
        ),
        (
            NotBefore(
                "sent_at", "assignments", "assigned_at", ("campaign_id", "customer_id"), "error"
            ),
        ),
    ),
    Table(
        "replies",
        "an inbound text, classified; the body is not kept",
        ("reply_id",),
        (
            _text("reply_id", "key"),
            _CUSTOMER,
            _time("received_at", "when it came in"),
            _text(
                "intent",
                "what the person asked for",
                allowed=("stop", "near_stop", "start", "help", "other"),
            ),
            _MAYBE_CAMPAIGN,
        ),
    ),
    Table(
        "subscriptions",
        "an opt-in or an opt-out",
        ("customer_id", "occurred_at", "event"),
        (
            _CUSTOMER,
            _time("occurred_at", "when it happened"),
            _text("event", "what happened", allowed=("opt_in", "opt_out")),
            _text("source", "form, keyword, checkout, reply ...", nullable=True),
            _MAYBE_CAMPAIGN,
        ),
    ),
    Table(
        "links",
        "a tracking link",
        ("link_id",),
        (
            _text("link_id", "key"),
            _CAMPAIGN,
            _MAYBE_CUSTOMER,
            _text("url", "the short address that was texted"),
            _text("target_url", "where it leads"),
        ),
    ),
    Table(
        "clicks",
        "a click, or a day's count of clicks",
        ("click_id",),
        (
            _text("click_id", "key"),
            _text("link_id", "the link", references="links"),
            _time("clicked_at", "when, or the day's start for a daily count"),
            _count("clicks", "1, or the day's count", minimum=0),
            _text("user_agent", "what the browser called itself", nullable=True),
            _text("bot_reason", "why it is thought to be a machine", nullable=True),
        ),
    ),
    Table(
        "coupons",
        "a coupon code",
        ("code",),
        (
            _text("code", "key, upper case"),
            _CAMPAIGN,
            _MAYBE_CUSTOMER,
            _text("kind", "one code a person, or one for all", allowed=("unique", "shared")),
            _money("discount", "discount as a share of list price", nullable=True, maximum=1),
            _time("expires_at", "last moment it is honoured", nullable=True),
        ),
    ),
    Table(
        "numbers",
        "a tracking telephone number, by id",
        ("number_id",),
        (_text("number_id", "key; an id, not the number itself"), _CAMPAIGN),
    ),
    Table(
        "calls",
        "a call to a tracking number",
        ("call_id",),
        (
            _text("call_id", "key"),
            _text("number_id", "the number called", references="numbers"),
            _MAYBE_CUSTOMER,
            _time("started_at", "when it began"),
            _number("duration_seconds", "length, seconds", minimum=0),
            _flag("answered", "whether somebody picked up"),
            _text("region", "where the caller is", nullable=True),
            _text("outcome", "what came of it", nullable=True),
            _money("value", "money that came of it", nullable=True),
        ),
    ),
    Table(
        "events",
        "a conversion event: pixel, form, subscription",
        ("event_id",),
        (
            _text("event_id", "key"),
            _MAYBE_CUSTOMER,
            _text("link_id", "the link it came through", nullable=True, references="links"),
            _time("occurred_at", "when it happened"),
            _text("event_type", "the shop's own name for it"),
            _money("value", "money it stands for", nullable=True),
            _text("order_id", "the order it repeats, if any", nullable=True, references="orders"),
        ),
    ),
    Table(
        "orders",
        "an order",
        ("order_id",),
        (
            _text("order_id", "key"),
            _CUSTOMER,
            _time("ordered_at", "when it was placed"),
            _money("revenue", "net of discount and refund, before tax and shipping"),
            _money("discount", "discount given on it"),
            _money("cost_of_goods", "what the goods cost the shop", nullable=True),
            _text("coupon_code", "code used, upper case", nullable=True),
            _text("source", "web, phone, shop ...", nullable=True),
        ),
        (NotBefore("ordered_at", "customers", "acquired_at", ("customer_id",), "warning"),),
    ),
    Table(
        "surveys",
        "a question sent",
        ("survey_id",),
        (
            _text("survey_id", "key"),
            _MAYBE_CAMPAIGN,
            _text("metric", "what it measures", allowed=("nps", "csat", "ces", "intent")),
            _number("scale_min", "lowest answer"),
            _number("scale_max", "highest answer"),
            _text("question", "its words"),
        ),
    ),
    Table(
        "invitations",
        "a person asked",
        ("survey_id", "customer_id"),
        (
            _text("survey_id", "the survey", references="surveys"),
            _CUSTOMER,
            _time("invited_at", "when the person was asked"),
        ),
    ),
    Table(
        "responses",
        "an answer",
        ("response_id",),
        (
            _text("response_id", "key"),
            _text("survey_id", "the survey", references="surveys"),
            _MAYBE_CUSTOMER,
            _time("responded_at", "when it came"),
            _number("score", "the answer, on the survey's scale"),
            _text("comment", "free text; hostile input", nullable=True),
        ),
        (
            NotBefore(
                "responded_at", "invitations", "invited_at", ("survey_id", "customer_id"), "error"
            ),
        ),
    ),
    Table(
        "costs",
        "a cost of a campaign beside its texts",
        (),
        (
            _CAMPAIGN,
            _text(
                "cost_type",
                "what was paid for",
                allowed=("platform", "creative", "agency", "carrier", "other"),
            ),
            _money("amount", "what it cost"),
        ),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
"""Every table of a store by name, in the order of the data dictionary."""
