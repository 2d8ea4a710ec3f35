"""The list that goes to the texting platform: who gets which link and which code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.gsm_alphabet import BASIC
from smsroi_models.planning.minted import read_coupons, read_links
from smsroi_models.planning.recipients import (
    CustomerList,
    Recipients,
    check_known,
    read_recipients,
)
from smsroi_models.planning.text_fields import fields_of, filled_text
from smsroi_models.planning.text_segments import count_segments


@dataclass(frozen=True, slots=True)
class SendList:
    """Who is texted what.

    Attributes
    ----------
    table : pandas.DataFrame
        ``customer_id, link, code, segments``, a row for each recipient; link and code are null
        where the message does not hold them.
    recipients : Recipients
    """

    table: pd.DataFrame
    recipients: Recipients


def make_send_list(
    store: Tables,
    campaign_id: str,
    message: str,
    *,
    customers: CustomerList | None = None,
    target: str | None = None,
    name_length: int | None = None,
    moment: datetime | None = None,
) -> SendList:
    """Return the list of recipients with the links and codes that the store has for them.

    Parameters
    ----------
    store : Store
        With the campaign's links and coupons.
    campaign_id : str
    message : str
        With merge fields ``{link}``, ``{code}`` and ``{name}``; the platform fills in the last.
    customers : path or table, optional
        As for `recipients.read_recipients`; by default the store's treatment arm.
    target : str, optional
        What the links' targets begin with, where the campaign has links to several.
    name_length : int, optional
        Characters of the longest name.
    moment : datetime, optional
        Opt-outs by then count, and codes must be honoured after it; by default now.

    Raises
    ------
    DataError
        If a recipient has no link or code, or several.
    ParameterError
        If the message holds another field, or ``{name}`` without its length.
    """
    now = moment or datetime.now(UTC)
    check_known(store, campaign_id)
    fields = fields_of(message)
    if "name" in fields and not name_length:
        raise ParameterError("the message holds {name}: say --name-length, the longest name's")
    recipients = read_recipients(store, campaign_id, customers, moment=now)
    ids = recipients.customer_ids
    nothing: list[str | None] = [None] * len(ids)
    links = _links(store, campaign_id, target, ids) if "link" in fields else nothing
    codes = _codes(store, campaign_id, now, ids) if "code" in fields else nothing
    told = {"name": "x" * (name_length or 0)}
    segments = _segments(message, links, codes, told)
    table = pd.DataFrame(
        {
            "customer_id": pd.array(list(ids), dtype="string"),
            "link": pd.array(links, dtype="string"),
            "code": pd.array(codes, dtype="string"),
            "segments": segments,
        }
    )
    return SendList(table, recipients)


def _links(
    store: Tables, campaign_id: str, target: str | None, ids: Sequence[str]
) -> list[str | None]:
    rows = read_links(store, campaign_id)
    kept = [row for row in rows if target is None or row["target_url"].startswith(target)]
    several = (
        "to several targets: name one with --target"
        if target is None
        else "to such a target: name more of it with --target"
    )
    return _each(kept, "url", campaign_id, ids, "links", several)


def _codes(store: Tables, campaign_id: str, now: datetime, ids: Sequence[str]) -> list[str | None]:
    rows = read_coupons(store, campaign_id)
    open_ = [row for row in rows if row["expires_at"] is None or row["expires_at"] > now]
    if rows and not open_:
        raise DataError(f"the codes of campaign {campaign_id!r} have expired: mint others")
    mine = [row for row in open_ if row["customer_id"] is not None or row["kind"] == "shared"]
    return _each(mine, "code", campaign_id, ids, "coupons", "of this kind: keep one of them")


def _each(
    rows: Sequence[Mapping[str, Any]],
    column: str,
    campaign_id: str,
    ids: Sequence[str],
    what: str,
    several: str,
) -> list[str | None]:
    """Return everybody's own value, or the one that all share where nobody has an own one."""
    own: dict[str, set[str]] = {}
    for row in rows:
        if row["customer_id"] is not None:
            own.setdefault(row["customer_id"], set()).add(row[column])
    shared = {row[column] for row in rows if row["customer_id"] is None}
    if own:
        without = sum(name not in own for name in ids)
        if without:
            raise DataError(
                f"{without:,} of {len(ids):,} recipients have no own {column} in campaign "
                f"{campaign_id!r}: mint {what} again with --register, which adds what is missing"
            )
        found = [own[name] for name in ids]
    else:
        found = [shared] * len(ids)
    if not all(found):
        raise DataError(
            f"campaign {campaign_id!r} has no {what} in the store: mint them first, `smsroi plan "
            f"{what} {campaign_id} ... --register`"
        )
    if any(len(values) > 1 for values in found):
        raise DataError(f"campaign {campaign_id!r} has more than one {column} a person {several}")
    return [next(iter(values)) for values in found]


def _segments(
    message: str,
    links: Sequence[str | None],
    codes: Sequence[str | None],
    told: Mapping[str, str],
) -> list[int]:
    """Return everybody's segments; values that differ in letters alone are counted once."""
    known: dict[tuple[str, str], int] = {}
    counted = []
    for link, code in zip(links, codes, strict=True):
        form = _form(link), _form(code)
        if form not in known:
            values = {**told, "link": form[0], "code": form[1]}
            known[form] = count_segments(filled_text(message, values)).segments
        counted.append(known[form])
    return counted


def _form(value: str | None) -> str:
    """Return a value as long as this one where only its length matters."""
    if value is None or not BASIC.issuperset(value):
        return value or ""
    return "x" * len(value)
