"""Hand-made exports: 555-01xx numbers, addresses at example.com, no vendor's data."""

import csv
import gzip
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from smsroi_models.store.pseudonyms import Pseudonyms
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.write import write_store

ADA, BEN, CAT, DEE = (f"+1202555{last}" for last in ("0101", "0102", "0103", "0104"))
NUMBERED = (ADA, BEN, CAT, DEE)
SHOP = "+12025550199"
SERVICE = "MG00000000000000000000000000000001"

IDS = Pseudonyms(b"the secret of the tests")


def phone_id(number: str) -> str:
    """Return the id that imports give to the number."""
    found = IDS.of_phone(number, "US")
    assert found is not None
    return found


def address_id(address: str) -> str:
    """Return the id that imports give to the address."""
    found = IDS.of_address(address)
    assert found is not None
    return found


def context(**options: Any) -> Context:
    """Return a context under the tests' secret."""
    return Context(**({"pseudonyms": IDS, "currency": "USD"} | options))


def write_csv(path: Path, rows: Iterable[dict[str, Any]], order: Sequence[str] = ()) -> Path:
    """Write rows as CSV; columns in the order given, or that of the first row."""
    listed = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, order or list(listed[0]), restval="")
        writer.writeheader()
        writer.writerows(listed)
    return path


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write rows as JSON lines, packed where the name ends in ``.gz``."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def campaigns_store(path: Path, **extra: Any) -> Path:
    """Write a store that has the campaign SPRING and nothing else."""
    campaign = {
        "campaign_id": "SPRING",
        "name": "Spring sale",
        "starts_at": pd.Timestamp("2025-03-01T09:00Z"),
        "window_days": 14,
        "margin_rate": 0.4,
        "currency": "USD",
    }
    return write_store({"campaigns": pd.DataFrame([campaign]), **extra}, path)


# fmt: off
CONSOLE = [
    "From", "To", "Body", "Status", "SentDate", "ApiVersion", "NumSegments", "ErrorCode",
    "AccountSid", "Sid", "Direction", "Price", "PriceUnit",
]
CONSOLE_OLDER = [
    "Body", "Status", "SentDate", "ApiVersion", "NumSegments", "AccountSid", "Sid", "Direction",
    "From", "To", "Price", "PriceUnit",
]
# fmt: on


def logged(sid: str, **changes: Any) -> dict[str, Any]:
    """Return a text of the console's log: one to Ada, delivered, of two segments."""
    return {
        "From": SHOP,
        "To": ADA,
        "Body": "Spring sale: 20% off, reply STOP to opt out",
        "Status": "delivered",
        "SentDate": "2025-03-01T10:00:00Z",
        "ApiVersion": "2010-04-01",
        "NumSegments": "2",
        "ErrorCode": "",
        "AccountSid": "AC1",
        "Sid": sid,
        "Direction": "outbound-api",
        "Price": "-0.01580",
        "PriceUnit": "USD",
    } | changes


def reply(sid: str, body: str, **changes: Any) -> dict[str, Any]:
    """Return an inbound text of Ada's in the console's log."""
    inbound = {"From": ADA, "To": SHOP, "Body": body, "Status": "received"}
    later = {"Direction": "inbound", "SentDate": "2025-03-01T11:00:00Z", "NumSegments": "1"}
    return logged(sid, **inbound, **later, Price="-0.0079") | changes


def resource(sid: str, **changes: Any) -> dict[str, Any]:
    """Return a message resource of the REST interface."""
    return {
        "body": "Spring sale",
        "num_segments": "1",
        "direction": "outbound-api",
        "from": SHOP,
        "to": ADA,
        "date_updated": "Sat, 01 Mar 2025 10:00:09 +0000",
        "price": "-0.00790",
        "error_message": None,
        "uri": f"/2010-04-01/Accounts/AC1/Messages/{sid}.json",
        "account_sid": "AC1",
        "num_media": "0",
        "status": "delivered",
        "messaging_service_sid": SERVICE,
        "sid": sid,
        "date_sent": "Sat, 01 Mar 2025 10:00:00 +0000",
        "date_created": "Sat, 01 Mar 2025 09:59:58 +0000",
        "error_code": None,
        "price_unit": "USD",
        "api_version": "2010-04-01",
        "subresource_uris": {},
    } | changes


def bulk(sid: str, **changes: Any) -> dict[str, Any]:
    """Return a line of a bulk export's day file: no currency, ISO times."""
    line = resource(sid, date_sent="2025-03-01T10:00:00Z", date_created="2025-03-01T09:59:58Z")
    absent = ("price_unit", "api_version", "error_message", "uri")
    return {name: value for name, value in line.items() if name not in absent} | changes


def click_event(event_id: str, **changes: Any) -> dict[str, Any]:
    """Return a link-click event as Twilio posts it."""
    data = {
        "message_sid": "SM1",
        "account_sid": "AC1",
        "messaging_service_sid": SERVICE,
        "to": ADA,
        "from": SHOP,
        "link": "https://shop.example.com/sale?utm_campaign=spring&email=ada%40example.com",
        "shortened_link": "https://twil.example.com/abc",
        "link_create_time": "2025-03-01T09:59:59Z",
        "click_time": "2025-03-01T10:30:00Z",
        "user_agent": "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15",
    }
    return {
        "specversion": "1.0",
        "type": "com.twilio.daptbt.link-shortening.link-clicked",
        "source": "/v1/Accounts/AC1",
        "id": event_id,
        "data": data | changes,
    }


def order(name: str, **changes: Any) -> dict[str, Any]:
    """Return the first row of an order of Ada's: goods for 80, tax 8, shipping 5."""
    return {
        "Name": name,
        "Email": "Ada@example.com",
        "Financial Status": "paid",
        "Paid at": "2025-03-02 09:50:26 +0200",
        "Fulfillment Status": "fulfilled",
        "Fulfilled at": "2025-03-03 09:50:26 +0200",
        "Accepts Marketing": "yes",
        "Currency": "USD",
        "Subtotal": "80.00",
        "Shipping": "5.00",
        "Taxes": "8.00",
        "Total": "93.00",
        "Discount Code": "spring20",
        "Discount Amount": "20.00",
        "Shipping Method": "Standard",
        "Created at": "2025-03-02 09:50:26 +0200",
        "Lineitem quantity": "1",
        "Lineitem name": "Shoes",
        "Lineitem price": "60.00",
        "Billing Name": "Ada Lovelace",
        "Billing Phone": "'(202) 555-0101",
        "Billing Country": "US",
        "Shipping Phone": "'+1 202-555-0104",
        "Refunded Amount": "0.00",
        "Cancelled at": "",
        "Phone": "",
        "Id": "5123456789012",
        "Source": "web",
    } | changes


def line_item(name: str, **changes: Any) -> dict[str, Any]:
    """Return a further line item of an order: every field of the order is blank."""
    blank = dict.fromkeys(order(name), "")
    item = {"Name": name, "Email": "Ada@example.com", "Lineitem quantity": "2"}
    return blank | item | {"Lineitem name": "Socks", "Lineitem price": "20.00"} | changes
