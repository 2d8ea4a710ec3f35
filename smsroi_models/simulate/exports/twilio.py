"""Twilio's exports of the texts, the replies and the clicks on links of a recipient's own.

Of three campaigns the first is in the console's log, the second in message resources, the third
in daily bulk exports. What belongs to no campaign is in the log.
"""

from collections.abc import Iterator
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.simulate.exports.files import Step, iso, quoted, records, write_csv, write_lines
from smsroi_models.simulate.exports.people import People

Tables = dict[str, pd.DataFrame]

_LOG = {
    "from": "From",
    "to": "To",
    "body": "Body",
    "status": "Status",
    "date_sent": "SentDate",
    "api_version": "ApiVersion",
    "num_segments": "NumSegments",
    "error_code": "ErrorCode",
    "account_sid": "AccountSid",
    "sid": "Sid",
    "direction": "Direction",
    "price": "Price",
    "price_unit": "PriceUnit",
}
_ACCOUNT = f"AC{0:032d}"
_NOT_IN_BULK = ("price_unit", "api_version", "error_message", "uri")
_ERRORS = {"undelivered": 30003, "failed": 30006}
_SAID = {
    "stop": ("STOP", "stop", "Unsubscribe", "QUIT", " Stop "),
    "near_stop": ("Stop please", "please take me off", "STOP!!", "no more texts"),
    "start": ("START", "unstop", "Yes"),
    "help": ("HELP", "info"),
    "other": ("Do you have it in blue?", "thanks", "is the end of the sale on Sunday?"),
}
_FORMS = ("log", "resource", "bulk")


def write_twilio(tables: Tables, people: People, folder: Path) -> Step:
    """Write the files and the rules by which their records belong to campaigns."""
    home = folder / "twilio"
    home.mkdir()
    files = [*_write_texts(tables, people, home), "clicks.jsonl"]
    own = tables["links"][tables["links"].customer_id.notna()]
    starts = tables["campaigns"].set_index("campaign_id").starts_at
    own = own.assign(starts_at=own.campaign_id.map(starts))
    clicks = tables["clicks"].merge(own, on="link_id", how="inner")
    write_lines(home / "clicks.jsonl", (_click(row, people) for row in records(clicks)))
    (home / "campaigns.toml").write_text(_rules(people), encoding="utf-8")
    return Step(
        "twilio",
        tuple(f"twilio/{file}" for file in files),
        "twilio/campaigns.toml",
        # Bulk exports have prices without a currency.
        (("currency", str(tables["campaigns"].currency.iloc[0])),),
    )


def _write_texts(tables: Tables, people: People, home: Path) -> Iterator[str]:
    by_form: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
    campaigns, replies = tables["messages"], tables["replies"]
    bodies = dict(zip(tables["campaigns"].campaign_id, tables["campaigns"].message, strict=True))
    for number, form in enumerate(_FORMS):
        ids = [name for name, place in people.places.items() if place % len(_FORMS) == number]
        theirs = replies.campaign_id.isin(ids)
        if form == "log":
            theirs |= replies.campaign_id.isna()
        by_form[form] = campaigns[campaigns.campaign_id.isin(ids)], replies[theirs]

    def texts(form: str) -> Iterator[dict[str, Any]]:
        sent, received = by_form[form]
        for row in records(sent):
            yield _outbound(row, str(bodies[row["campaign_id"]]), people)
        for row in records(received):
            yield _inbound(row, people)

    write_csv(home / "console_log.csv", list(_LOG.values()), map(_logged, texts("log")))
    yield "console_log.csv"
    write_lines(home / "messages.jsonl", map(_resource, texts("resource")))
    yield "messages.jsonl"
    days: dict[str, list[dict[str, Any]]] = {}
    for text in texts("bulk"):
        days.setdefault(f"{text['date_sent']:%Y-%m-%d}", []).append(text)
    for day, listed in sorted(days.items()):
        write_lines(home / f"{day}.json.gz", map(_bulk, listed))
        yield f"{day}.json.gz"


def _outbound(row: dict[str, Any], body: str, people: People) -> dict[str, Any]:
    price = row["price"]
    whole = None if price is None else str(-Decimal(str(price)) * row["segments"])
    return _text(
        row["message_id"],
        row["campaign_id"],
        people,
        direction="outbound-api",
        to=people.phone(row["customer_id"]),
        body=body,
        status=row["status"],
        date_sent=row["sent_at"],
        num_segments=str(row["segments"]),
        price=whole,
        error_code=_ERRORS.get(row["status"]),
    )


def _inbound(row: dict[str, Any], people: People) -> dict[str, Any]:
    said = _SAID[row["intent"]]
    own = people.texting_number(row["campaign_id"])
    return _text(
        row["reply_id"],
        row["campaign_id"],
        people,
        direction="inbound",
        to=own,
        **{"from": people.phone(row["customer_id"])},
        body=said[int(row["reply_id"][1:]) % len(said)],
        status="received",
        date_sent=row["received_at"],
        num_segments="1",
        price="-0.0075",
    )


def _text(sid: str, campaign_id: str | None, people: People, **values: Any) -> dict[str, Any]:
    return {
        "from": people.texting_number(campaign_id),
        "account_sid": _ACCOUNT,
        "messaging_service_sid": _service(campaign_id, people),
        "sid": sid,
        "num_media": "0",
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "error_code": None,
        "error_message": None,
        "uri": f"/2010-04-01/Accounts/{_ACCOUNT}/Messages/{sid}.json",
        "subresource_uris": {},
    } | values


def _service(campaign_id: str | None, people: People) -> str | None:
    return None if campaign_id is None else f"MG{people.places[campaign_id] + 1:032d}"


def _logged(text: dict[str, Any]) -> dict[str, Any]:
    named = {column: text[name] for name, column in _LOG.items()}
    return named | {"SentDate": iso(text["date_sent"])}


def _resource(text: dict[str, Any]) -> dict[str, Any]:
    sent = format_datetime(text["date_sent"])
    return text | {"date_sent": sent, "date_created": sent, "date_updated": sent}


def _bulk(text: dict[str, Any]) -> dict[str, Any]:
    sent = iso(text["date_sent"])
    kept = {name: value for name, value in text.items() if name not in _NOT_IN_BULK}
    return kept | {"date_sent": sent, "date_created": sent, "date_updated": sent}


def _click(row: dict[str, Any], people: People) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": "com.twilio.daptbt.link-shortening.link-clicked",
        "source": f"/v1/Accounts/{_ACCOUNT}",
        "id": row["click_id"],
        "data": {
            "account_sid": _ACCOUNT,
            "messaging_service_sid": _service(row["campaign_id"], people),
            "to": people.phone(row["customer_id"]),
            "from": people.texting_number(row["campaign_id"]),
            "link": row["target_url"],
            "shortened_link": row["url"],
            "link_create_time": iso(row["starts_at"]),
            "click_time": iso(row["clicked_at"]),
            "user_agent": row["user_agent"],
        },
    }


def _rules(people: People) -> str:
    """Return the rules: resources name the service, the log only the shop's number."""
    lines = []
    for name in people.places:
        wanted = [
            ("messaging_service_sid", _service(name, people)),
            ("from", people.texting_number(name)),
            ("to", people.texting_number(name)),
        ]
        for column, value in wanted:
            lines += ["[[campaign]]", f"id = {quoted(name)}"]
            lines += [f"where = {{ {column} = {quoted(str(value))} }}", ""]
    return "\n".join(lines)
