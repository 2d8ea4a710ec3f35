"""The address that a link leads to, with the tags by which web analytics tell the campaign.

What the address has already, its query and its fragment, stays as it is written. A tag that it has
is not put in twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from smsroi_models.errors import ParameterError
from smsroi_models.planning.channel_rules import SMS, channel_of

DEFAULT_SOURCE, DEFAULT_MEDIUM = "sms", "sms"
_TAGS = ("utm_source", "utm_medium", "utm_campaign")


@dataclass(frozen=True, slots=True)
class TaggedTarget:
    """A target with its tags.

    Attributes
    ----------
    url : str
        The target with every tag once.
    tags : dict of str to str
        ``utm_source``, ``utm_medium`` and ``utm_campaign`` as they stand in it.
    channel : str
        Into which default channel Google Analytics 4 puts a visit through it.
    """

    url: str
    tags: dict[str, str]
    channel: str

    @property
    def warning(self) -> str:
        """A sentence where the channel is not SMS, else nothing."""
        if self.channel == SMS:
            return ""
        listed = ", ".join(f"{name}={value}" for name, value in self.tags.items())
        return (
            f"Google Analytics 4 would count these visits as {self.channel}, not {SMS} ({listed}): "
            "it wants utm_medium=sms, a source that is no well-known site, and a "
            "utm_campaign without 'cross-network' or words that begin with 'shop'"
        )


def tagged_target(
    target: str,
    campaign_id: str,
    *,
    source: str | None = None,
    medium: str | None = None,
    campaign: str | None = None,
) -> TaggedTarget:
    """Return the target with the tags of a text campaign.

    A tag that is not given is the target's own, or else ``sms``, ``sms`` and the campaign's id.

    Parameters
    ----------
    target : str
        Begins with ``https://`` or ``http://``.
    campaign_id : str
    source, medium, campaign : str, optional

    Raises
    ------
    ParameterError
        If the target is no web address, names a user or a password, has a tag twice or in another
        case, or has another value of a tag that is given.

    Examples
    --------
    >>> tagged_target("https://shop.example/sale?size=8#new", "SPRING24").url
    'https://shop.example/sale?size=8&utm_source=sms&utm_medium=sms&utm_campaign=SPRING24#new'
    """
    parts = web_address(target, "the target")
    own = _own_tags(parts)
    given = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}
    defaults = dict(zip(_TAGS, (DEFAULT_SOURCE, DEFAULT_MEDIUM, campaign_id), strict=True))
    tags = {name: _chosen(name, given[name], own.get(name), defaults[name]) for name in _TAGS}
    added = {name: value for name, value in tags.items() if name not in own}
    url = with_query(target, added)
    channel = channel_of(tags["utm_source"], tags["utm_medium"], tags["utm_campaign"])
    return TaggedTarget(url, tags, channel)


def with_query(url: str, added: Mapping[str, str]) -> str:
    """Return the address with more in its query; what it has stays as it is written.

    Examples
    --------
    >>> with_query("https://shop.example?a=%7E#top", {"b": "x y"})
    'https://shop.example?a=%7E&b=x%20y#top'
    """
    if not added:
        return url
    before, mark, fragment = url.partition("#")
    more = urlencode(added, quote_via=quote, safe="")
    joint = "?" if "?" not in before else "" if before[-1] in "?&" else "&"
    return f"{before}{joint}{more}{mark}{fragment}"


def web_address(url: str, what: str) -> SplitResult:
    """Return the parts of a web address.

    Raises
    ------
    ParameterError
        If it is none, or names a user or a password, which everybody who gets the text would read.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise ParameterError(f"{what} is {url!r}, which is no web address: {error}") from error
    if parts.scheme not in ("http", "https") or not host or any(map(_splits, url)):
        raise ParameterError(
            f"{what} is {url!r}: it must be a web address without spaces, like "
            "https://shop.example/sale"
        )
    if "@" in parts.netloc:
        raise ParameterError(f"{what} names a user or a password: leave both out of the address")
    return parts


def _splits(letter: str) -> bool:
    return letter.isspace() or not letter.isprintable() or letter in '<>"\\'


def _own_tags(parts: SplitResult) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name.lower() not in _TAGS:
            continue
        if name not in _TAGS:
            raise ParameterError(
                f"the target has {name}: tags are read in lower case only; write {name.lower()}"
            )
        if name in found:
            raise ParameterError(f"the target has {name} more than once: leave one")
        if not value.strip():
            raise ParameterError(f"the target has an empty {name}: fill it in, or leave it out")
        found[name] = value
    return found


def _chosen(name: str, given: str | None, own: str | None, default: str) -> str:
    if given is not None and not given.strip():
        raise ParameterError(f"{name} is empty: name one, or leave it out")
    if given is not None and own is not None and given != own:
        raise ParameterError(
            f"the target has {name}={own}, and you ask for {name}={given}: take it out of the "
            "target, or ask for the same"
        )
    return given or own or default
