"""Tracking links of a campaign: one for all, or one for everybody who is texted."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.errors import ParameterError
from smsroi_models.planning.minted import read_link_tokens, read_links
from smsroi_models.planning.recipients import (
    CustomerList,
    Recipients,
    check_known,
    read_recipients,
)
from smsroi_models.planning.target_tags import (
    TaggedTarget,
    tagged_target,
    web_address,
    with_query,
)
from smsroi_models.planning.tokens import Below, chosen_length, mint_tokens, token_bits
from smsroi_models.store.vendors.addresses import masked_page

BITS_TO_GUESS = 40.0
"""A guess hits any link of the store once in 2^40 tries: at 100 a second, once in 349 years."""

TOKEN_PARAMETER = "s"
"""What the token is called in an address that has no shortener before it."""

_COLUMNS = ["link_id", "campaign_id", "customer_id", "url", "target_url"]


@dataclass(frozen=True, slots=True)
class MintedLinks:
    """Links of a campaign to one target.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows of the store's ``links``, those that it had already included; ``customer_id`` is null
        in the one that all share.
    target : TaggedTarget
    n_new : int
        Links that are not in the store yet.
    bits : float
        Entropy of a new link's token, bits.
    recipients : Recipients or None
        None where all share one link.
    warnings : tuple of str
    """

    table: pd.DataFrame
    target: TaggedTarget
    n_new: int
    bits: float
    recipients: Recipients | None
    warnings: tuple[str, ...]


def mint_links(
    store: Tables | None,
    campaign_id: str,
    target: str,
    *,
    per_recipient: bool = False,
    customers: CustomerList | None = None,
    base_url: str | None = None,
    source: str | None = None,
    medium: str | None = None,
    campaign: str | None = None,
    length: int | None = None,
    moment: datetime | None = None,
    below: Below = secrets.randbelow,
) -> MintedLinks:
    """Return the links of a campaign: those that the store has, and new ones for the others.

    Parameters
    ----------
    store : Store, optional
        Links in it keep their tokens, so that minting again changes nothing.
    campaign_id : str
    target : str
        Where the links lead; it is tagged for web analytics (`target_tags.tagged_target`).
    per_recipient : bool
        A link for each recipient, instead of one that all share; only such a link tells who
        clicked.
    customers : path or table, optional
        As for `recipients.read_recipients`; by default the store's treatment arm.
    base_url : str, optional
        Address of the shortener: links are it, a slash and the token. Without one, links are the
        target itself with the token in its query.
    source, medium, campaign : str, optional
        Tags; by default ``sms``, ``sms`` and the campaign's id.
    length : int, optional
        Characters of a token; by default as many as make guessing hopeless.
    moment : datetime, optional
        Opt-outs by then count; by default now.
    below : callable, optional
        As for `tokens.mint_tokens`.

    Raises
    ------
    DataError
        If the campaign is unknown to the store, or a recipient may not be texted.
    ParameterError
        If an address, a tag or the length will not do; or customers are named for a link that all
        share.

    Examples
    --------
    >>> minted = mint_links(None, "SPRING", "https://shop.example", base_url="https://go.example")
    >>> minted.table.target_url[0]
    'https://shop.example?utm_source=sms&utm_medium=sms&utm_campaign=SPRING'
    >>> len(minted.table.url[0]) - len("https://go.example/")  # 40 bits for a single link
    9
    """
    check_known(store, campaign_id)
    if customers is not None and not per_recipient:
        raise ParameterError("a link that all share has no list: ask for links --per-recipient")
    tagged = tagged_target(target, campaign_id, source=source, medium=medium, campaign=campaign)
    address = _addressing(tagged.url, base_url)
    recipients = None
    if per_recipient:
        now = moment or datetime.now(UTC)
        recipients = read_recipients(store, campaign_id, customers, moment=now)
    owners: tuple[str | None, ...] = recipients.customer_ids if recipients else (None,)
    known = _known(read_links(store, campaign_id), tagged.url, address)
    fresh = [owner for owner in owners if owner not in known]
    taken = read_link_tokens(store)
    size = chosen_length(len(taken) + len(fresh), BITS_TO_GUESS, length, "links")
    tokens = [token.lower() for token in mint_tokens(len(fresh), size, taken, below)]
    for owner, token in zip(fresh, tokens, strict=True):
        known[owner] = dict(
            zip(_COLUMNS, (token, campaign_id, owner, address(token), tagged.url), strict=True)
        )
    table = _table(known[owner] for owner in owners)
    warnings = (*(recipients.warnings if recipients else ()), *_told(tagged))
    return MintedLinks(table, tagged, len(fresh), token_bits(size), recipients, warnings)


def _addressing(tagged: str, base_url: str | None) -> Callable[[str], str]:
    """Return what makes a link's address of its token."""
    if base_url is None:
        own = web_address(tagged, "the target").query.split("&")
        if any(part.partition("=")[0] == TOKEN_PARAMETER for part in own):
            raise ParameterError(
                f"the target has {TOKEN_PARAMETER}= in its query already, where the token would "
                "stand: name a shortener with --base-url"
            )
        if masked_page(tagged) != tagged:
            raise ParameterError(
                "the target holds what looks like a telephone number or an e-mail address, which "
                "no store keeps: name a shortener with --base-url"
            )
        return lambda token: with_query(tagged, {TOKEN_PARAMETER: token})
    parts = web_address(base_url, "--base-url")
    if parts.query or parts.fragment or base_url[-1] in "?#" or masked_page(base_url) != base_url:
        raise ParameterError(
            f"--base-url is {base_url!r}: it is a short address that ends in a host or a path, "
            "like https://go.example"
        )
    return lambda token: f"{base_url.rstrip('/')}/{token}"


def _known(
    links: Iterable[Mapping[str, Any]], target: str, address: Callable[[str], str]
) -> dict[str | None, dict[str, Any]]:
    """Return the store's links to this target with this kind of address, the first of each owner.

    The target stands in full, where the store masks what looks like a telephone number.
    """
    found: dict[str | None, dict[str, Any]] = {}
    for link in links:
        if link["target_url"] == masked_page(target) and link["url"] == address(link["link_id"]):
            row = {name: link[name] for name in _COLUMNS} | {"target_url": target}
            found.setdefault(link["customer_id"], row)
    return found


def _table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=_COLUMNS, dtype="string")


def _told(tagged: TaggedTarget) -> tuple[str, ...]:
    warnings = [tagged.warning]
    if masked_page(tagged.url) != tagged.url:
        warnings.append(
            "the target holds what looks like a telephone number or an e-mail address: the store "
            "keeps it masked"
        )
    return tuple(text for text in warnings if text)
