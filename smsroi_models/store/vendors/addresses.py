"""Addresses of pages, cut down to what says where a link leads and which campaign it is of."""

import re
from dataclasses import replace
from urllib.parse import quote, unquote, urlsplit

from smsroi_models.store.vendors.contract import Row
from smsroi_models.store.vendors.masking import MASK, without_contacts

_KEPT = re.compile(r"utm_[a-z_]+")
_MOST_LAYERS = 10
_SIGNS = re.compile("([?&;#=])")
_COLUMNS = ("url", "target_url")
_SAFE = "/:@!$&'()*+,;=~-._"


def masked_page(address: str) -> str:
    """Return the address with every contact in it masked, and nothing left out.

    Each part of it is decoded until nothing is left to decode before it is looked through.

    Examples
    --------
    >>> masked_page("https://x.example.com/a?u=ada%2540example.com&k=7")
    'https://x.example.com/a?u=***&k=7'
    """
    return "".join(map(_decoded_part, _SIGNS.split(address)))


def without_parameters(row: Row) -> Row:
    """Return the row with its addresses cut down to `page_of`."""
    found = {name: row.values[name] for name in _COLUMNS if row.values.get(name)}
    if not found:
        return row
    return replace(row, values={**row.values, **{k: page_of(str(v)) for k, v in found.items()}})


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
    return part if hidden == plain != MASK else quote(hidden, safe=_SAFE)


def _decoded(text: str) -> str:
    for _ in range(_MOST_LAYERS):
        plain = unquote(text)
        if plain == text:
            return text
        text = plain
    return MASK  # nobody wraps an honest address so often
