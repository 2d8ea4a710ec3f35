"""Addresses of pages, cut down to what says where a link leads and which campaign it is of."""

import re
from urllib.parse import quote, unquote, urlsplit

from smsroi_models.store.vendors.masking import without_contacts

_KEPT = re.compile(r"utm_[a-z_]+")
_SAFE = "/:@!$&'()*+,;=~-._"


def page_of(address: str) -> str:
    """Return scheme, host, path and ``utm_`` parameters; contacts in them are masked.

    Any other parameter may be a person's name, number or address under any key, and so may a
    fragment and a user before the host: they are left out. A path is decoded until nothing is
    left to decode before it is looked through.

    Examples
    --------
    >>> page_of("https://x.example.com/a?phone=%2B12025550142&utm_source=sms#ada")
    'https://x.example.com/a?utm_source=sms'
    >>> page_of("https://x.example.com/hello/ada%2540example.com")
    'https://x.example.com/hello/***'
    """
    try:
        parts = urlsplit(address.strip())
        host = parts.netloc.rpartition("@")[2]
    except ValueError:  # brackets that do not close
        return without_contacts(_decoded(address))
    if not host:  # no scheme, as people write it
        host, slash, rest = parts.path.partition("/")
        path = _decoded_part(host) + slash + _decoded_part(rest)
    else:
        path = _decoded_part(host) + _decoded_part(parts.path)
    before = f"{parts.scheme}:" + "//" * bool(parts.netloc) if parts.scheme else ""
    kept = "&".join(_parameters(parts.query))
    return before + path + ("?" + kept if kept else "")


def _parameters(query: str) -> list[str]:
    found = []
    for pair in re.split("[&;]", query):
        name, equals, value = pair.partition("=")
        if equals and _KEPT.fullmatch(name.lower()):
            found.append(f"{name}={_decoded_part(value.replace('+', '%20'))}")
    return found


def _decoded_part(part: str) -> str:
    """Return the part as it is written, or decoded and masked where it holds a contact."""
    plain = _decoded(part)
    hidden = without_contacts(plain)
    return part if hidden == plain else quote(hidden, safe=_SAFE)


def _decoded(text: str) -> str:
    while (plain := unquote(text)) != text:
        text = plain
    return text
