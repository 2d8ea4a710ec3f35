"""Keyed pseudonyms: a telephone number or an address becomes an id that only the key can remake.

The id is HMAC-SHA-256 of the number in E.164 (or of the address in lower case) under a secret,
cut to 128 bits. Without the secret nobody can try out all numbers; with it every import gives the
same person the same id. RFC 2104 defines HMAC.
"""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from functools import lru_cache
from pathlib import Path

import phonenumbers

from smsroi_models.errors import ParameterError

SECRET_VARIABLE = "SMSROI_SECRET"
_SHORTEST = 16
_HEX_DIGITS = 32
_ADDRESS = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_CACHED = 1 << 16
_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE
_COUNTED = {"123456", "1234567", "12345678", "123456789", "1234567890", "987654321", "9876543210"}
_AREA_AND_EXCHANGE = re.compile(r"[2-9]\d{2}[2-9]\d{6}")


def secret_file() -> Path:
    """Return where the secret lies if the environment does not hold it; never in a store."""
    settings = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(settings).expanduser() / "smsroi" / "secret"


def read_secret() -> bytes:
    """Return the secret of the environment, or of its file, which is made on first use.

    Raises
    ------
    ParameterError
        If the secret is shorter than 16 characters, others may read its file, or the file cannot
        be read or made.
    """
    given = os.environ.get(SECRET_VARIABLE)
    if given is not None:
        return _long_enough(given, f"the environment variable {SECRET_VARIABLE}")
    try:
        return _secret_of(secret_file())
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ParameterError(
            f"the secret of your pseudonyms in {secret_file()} cannot be read or made: {told}. "
            f"Correct that, or set the environment variable {SECRET_VARIABLE}"
        ) from error


def _secret_of(file: Path) -> bytes:
    if not file.exists():
        _make_secret(file)
    if file.stat().st_mode & 0o077:
        raise ParameterError(
            f"{file} holds the secret of your pseudonyms, and others may read it: chmod 600 {file}"
        )
    return _long_enough(file.read_text(encoding="utf-8"), str(file))


def _long_enough(text: str, place: str) -> bytes:
    secret = text.strip()
    if len(secret) < _SHORTEST:
        raise ParameterError(
            f"{place} holds {len(secret)} characters: a secret has {_SHORTEST} or more, for "
            "example those of `openssl rand -hex 32`"
        )
    return secret.encode()


def _make_secret(file: Path) -> None:
    """Write a fresh secret under another name and link it: nobody ever reads half of one."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(secrets.token_hex(32) + "\n")
        with contextlib.suppress(FileExistsError):  # another import was first
            os.link(fresh, file)
    finally:
        fresh.unlink()


@lru_cache(maxsize=_CACHED)
def e164(text: str, region: str | None = None) -> str | None:
    """Return the number in E.164, or None where the text is no possible telephone number.

    Parameters
    ----------
    text : str
        As people write it; a leading apostrophe, which spreadsheets add, is ignored.
    region : str, optional
        The country (ISO 3166, two letters) of numbers that do not name theirs.

    Examples
    --------
    >>> e164("'+1 202-555-0142"), e164("(202) 555-0142", "US"), e164("(202) 555-0142")
    ('+12025550142', '+12025550142', None)
    """
    try:
        number = phonenumbers.parse(text.strip().lstrip("'"), region)
    except phonenumbers.NumberParseException:
        return None
    # Possible, not valid: the list of valid ranges ages, and a text did reach the number. What can
    # be dialled within a town alone is many people's.
    if phonenumbers.is_possible_number_with_reason(number) != _POSSIBLE or _fills_in(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _fills_in(number: phonenumbers.PhoneNumber) -> bool:
    """Tell whether people type the number where they have to give one and do not want to."""
    digits = phonenumbers.national_significant_number(number)
    if len(set(digits)) == 1 or digits.lstrip("0") in _COUNTED:
        return True
    # In North America area and exchange begin with 2 to 9, always.
    return number.country_code == 1 and not _AREA_AND_EXCHANGE.match(digits)


def normal_address(text: str) -> str | None:
    """Return the e-mail address in lower case, or None where the text is none.

    Examples
    --------
    >>> normal_address(" Ada@Example.com "), normal_address("ada")
    ('ada@example.com', None)
    """
    address = text.strip().lstrip("'").lower()
    return address if _ADDRESS.match(address) else None


class Pseudonyms:
    """Makes ids under one secret; the secret and what was handed in are not kept or shown.

    Examples
    --------
    >>> ids = Pseudonyms(b"an example, not a secret")
    >>> ids.of_phone("+1 202 555 0142", None) == ids.of_phone("2025550142", "US")
    True
    >>> ids.of_phone("nobody", None) is None
    True
    """

    __slots__ = ("_key",)

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, digestmod=hashlib.sha256)

    def __repr__(self) -> str:
        return "Pseudonyms(...)"

    def of_phone(self, text: str, region: str | None) -> str | None:
        """Return ``p`` and 32 hexadecimal digits, or None where the text is no number."""
        number = e164(text, region)
        return None if number is None else "p" + self._digest("phone", number)

    def of_address(self, text: str) -> str | None:
        """Return ``e`` and 32 hexadecimal digits, or None where the text is no address."""
        address = normal_address(text)
        return None if address is None else "e" + self._digest("email", address)

    def of_tracking_number(self, text: str, region: str | None, campaign_id: str) -> str | None:
        """Return ``n`` and 32 digits: a number that is used again is another one there."""
        number = e164(text, region)
        return None if number is None else "n" + self._digest("number", f"{number} {campaign_id}")

    def of_text(self, kind: str, text: str) -> str:
        """Return 32 hexadecimal digits for any other text that may give somebody away."""
        return self._digest(kind, text)

    def fingerprint(self) -> str:
        """Return what tells one secret from another and gives neither away."""
        return self._digest("fingerprint", "")

    def _digest(self, kind: str, text: str) -> str:
        digest = self._key.copy()
        digest.update(f"{kind}:{text}".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()[:_HEX_DIGITS]
