"""Coupon codes of a campaign: one a person, a stock of them, or one for all."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd

from smsroi_models.attribution.campaigns import Tables
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.coupon_codes import check_prefix, mint_codes
from smsroi_models.planning.minted import read_codes, read_coupons
from smsroi_models.planning.recipients import (
    CustomerList,
    Recipients,
    check_known,
    read_recipients,
)
from smsroi_models.planning.tokens import Below, chosen_length, token_bits

BITS_TO_GUESS = 24.0
"""A guess hits any code once in 2^24 tries: at one a second, once in 194 days. A checkout that
takes more than that from one visitor should slow down."""

_MOST_CODES = 10_000_000
_COLUMNS = ["code", "campaign_id", "customer_id", "kind", "discount", "expires_at"]


@dataclass(frozen=True, slots=True)
class MintedCoupons:
    """Codes of a campaign.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows of the store's ``coupons``, those that it had already included; ``customer_id`` is null
        in codes that belong to nobody.
    n_new : int
        Codes that are not in the store yet.
    bits : float
        Entropy of a new code, bits: prefix and check character add none.
    recipients : Recipients or None
        None where the codes belong to nobody.
    warnings : tuple of str
    """

    table: pd.DataFrame
    n_new: int
    bits: float
    recipients: Recipients | None
    warnings: tuple[str, ...]


def mint_coupons(
    store: Tables | None,
    campaign_id: str,
    kind: Literal["unique", "shared"],
    *,
    customers: CustomerList | None = None,
    count: int | None = None,
    discount: float | None = None,
    expires_at: datetime | None = None,
    prefix: str = "",
    length: int | None = None,
    moment: datetime | None = None,
    below: Below = secrets.randbelow,
) -> MintedCoupons:
    """Return the codes of a campaign: those that the store has, and new ones for the others.

    Parameters
    ----------
    store : Store, optional
        Codes in it stay, so that minting again changes nothing; no other campaign's is used again.
    campaign_id : str
    kind : "unique" or "shared"
        One code for each recipient, or one for all.
    customers : path or table, optional
        As for `recipients.read_recipients`; by default the store's treatment arm.
    count : int, optional
        So many codes that belong to nobody, instead of one for each recipient; of shared codes 1.
    discount : float, optional
        Share of the list price, in [0, 1].
    expires_at : datetime, optional
        With its zone; the last moment at which codes are honoured.
    prefix : str
        What all codes begin with; up to 12 of A-Z and 0-9.
    length : int, optional
        Random characters of a code; by default as many as make guessing hopeless.
    moment : datetime, optional
        By default now: codes must expire after it, and opt-outs by then count.
    below : callable, optional
        As for `tokens.mint_tokens`.

    Raises
    ------
    DataError
        If the campaign is unknown to the store, or a recipient may not be texted.
    ParameterError
        If an option is out of range, or the campaign has codes of this kind on other terms.

    Examples
    --------
    >>> minted = mint_coupons(None, "SPRING", "shared", prefix="SPRING", discount=0.2)
    >>> code = minted.table.code[0]
    >>> code[:6], len(code)  # 24 bits are 6 random characters; and one to check them
    ('SPRING', 13)
    """
    now = moment or datetime.now(UTC)
    check_known(store, campaign_id)
    check_prefix(prefix)
    _check(kind, customers, count, discount, expires_at, now)
    recipients = None
    if kind == "unique" and count is None:
        recipients = read_recipients(store, campaign_id, customers, moment=now)
    terms = {"kind": kind, "discount": discount, "expires_at": expires_at}
    known = [row for row in read_coupons(store, campaign_id) if row["kind"] == kind]
    kept, fresh = _split(known, recipients, 1 if count is None else count)
    _check_terms(campaign_id, kept, terms, prefix)
    taken = read_codes(store)
    size = chosen_length(len(taken) + len(fresh), BITS_TO_GUESS, length, "codes")
    codes = mint_codes(len(fresh), size, taken, prefix, below)
    rows = [
        {"code": code, "campaign_id": campaign_id, "customer_id": owner} | terms
        for code, owner in zip(codes, fresh, strict=True)
    ]
    warnings = recipients.warnings if recipients else ()
    return MintedCoupons(_table([*kept, *rows]), len(fresh), token_bits(size), recipients, warnings)


def _check(
    kind: str,
    customers: CustomerList | None,
    count: int | None,
    discount: float | None,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    if kind not in ("unique", "shared"):
        raise ParameterError(f"--kind is {kind!r}: it must be unique or shared")
    if customers is not None and (kind == "shared" or count is not None):
        raise ParameterError(
            "codes that belong to nobody have no list: leave out --customers, or ask for unique "
            "codes without --count"
        )
    if count is not None and not 1 <= count <= _MOST_CODES:
        raise ParameterError(f"--count is {count}: it must be 1 to {_MOST_CODES:,}")
    if discount is not None and not 0 <= discount <= 1:
        raise ParameterError(
            f"--discount is {discount:g}: it is a share of the list price, such as 0.2 for 20 %"
        )
    if expires_at is not None and expires_at <= now:
        raise ParameterError(
            f"--expires is {expires_at:%Y-%m-%d %H:%M} UTC, which is over: nobody could use a code"
        )


def _split(
    known: Sequence[dict[str, Any]], recipients: Recipients | None, count: int
) -> tuple[list[dict[str, Any]], list[str | None]]:
    """Return the codes that stay, and the owners (None for nobody) that still need one."""
    if recipients is None:
        kept = [row for row in known if row["customer_id"] is None][:count]
        return kept, [None] * (count - len(kept))
    first = {row["customer_id"]: row for row in reversed(known) if row["customer_id"] is not None}
    kept = [first[owner] for owner in recipients.customer_ids if owner in first]
    return kept, [owner for owner in recipients.customer_ids if owner not in first]


def _check_terms(
    campaign_id: str, kept: Sequence[Mapping[str, Any]], terms: Mapping[str, Any], prefix: str
) -> None:
    for row in kept:
        other = [name for name in ("discount", "expires_at") if row[name] != terms[name]]
        other += [] if row["code"].startswith(prefix) else ["prefix"]
        if other:
            raise ParameterError(
                f"campaign {campaign_id!r} has {len(kept):,} such codes already, with another "
                f"{' and '.join(other)}: nobody gets two. Ask for the same terms"
            )


def _table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows), columns=_COLUMNS)
    if table.code.duplicated().any():
        raise DataError("two codes are the same: the store's coupons repeat a code; correct them")
    return table.assign(
        **{name: table[name].astype("string") for name in _COLUMNS[:4]},
        discount=table.discount.astype("float64"),
        expires_at=pd.to_datetime(table.expires_at, utc=True).astype("datetime64[us, UTC]"),
    )
