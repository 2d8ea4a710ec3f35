"""Into which channel Google Analytics 4 puts a visit, by the tags of the address that led to it.

The rules for manual tags of Google's help page *[GA4] Default channel group* (Analytics Help,
answer 9756891), read in 2026-11 in copies that agree. The first that holds counts, in any case.
Google's lists of search, shopping, social and video sites are long and change; here stand some well
known ones, so that a source that is none of them may still be one of Google's.
"""

import re
from dataclasses import dataclass

SMS = "SMS"
UNASSIGNED = "Unassigned"

_PAID = r".*cp.*|ppc|retargeting|paid.*"
_SHOP_NAME = r".*(([^a-df-z]|^)shop|shopping).*"
_SEARCH = r"baidu|bing|duckduckgo|ecosia|google|yahoo|yandex"
_SHOPPING = r"alibaba|amazon|ebay|etsy|google shopping|shopify|walmart"
_SOCIAL = r"facebook|fb|instagram|linkedin|pinterest|reddit|tiktok|twitter|whatsapp"
_VIDEO = r"dailymotion|netflix|twitch|vimeo|youtube"
_EMAIL = r"email|e-mail|e_mail|e mail"


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """A channel, and the tags that lead to it.

    Attributes
    ----------
    channel : str
    ways : tuple of dict of str to str
        Any of them suffices; of one way each tag (``source``, ``medium``, ``campaign``) must match
        its regular expression as a whole.
    """

    channel: str
    ways: tuple[dict[str, str], ...]


CHANNEL_RULES = (
    ChannelRule("Direct", ({"source": r"\(direct\)", "medium": r"\(not set\)|\(none\)"},)),
    ChannelRule("Cross-network", ({"campaign": r".*cross-network.*"},)),
    ChannelRule(
        "Paid Shopping",
        ({"source": _SHOPPING, "medium": _PAID}, {"campaign": _SHOP_NAME, "medium": _PAID}),
    ),
    ChannelRule("Paid Search", ({"source": _SEARCH, "medium": _PAID},)),
    ChannelRule("Paid Social", ({"source": _SOCIAL, "medium": _PAID},)),
    ChannelRule("Paid Video", ({"source": _VIDEO, "medium": _PAID},)),
    ChannelRule("Display", ({"medium": "display|banner|expandable|interstitial|cpm"},)),
    ChannelRule("Paid Other", ({"medium": _PAID},)),
    ChannelRule("Organic Shopping", ({"source": _SHOPPING}, {"campaign": _SHOP_NAME})),
    ChannelRule(
        "Organic Social",
        (
            {"source": _SOCIAL},
            {"medium": "social|social-network|social-media|sm|social network|social media"},
        ),
    ),
    ChannelRule("Organic Video", ({"source": _VIDEO}, {"medium": ".*video.*"})),
    ChannelRule("Organic Search", ({"source": _SEARCH}, {"medium": "organic"})),
    ChannelRule("Referral", ({"medium": "referral|app|link"},)),
    ChannelRule("Email", ({"source": _EMAIL}, {"medium": _EMAIL})),
    ChannelRule("Affiliates", ({"medium": "affiliate"},)),
    ChannelRule("Audio", ({"medium": "audio"},)),
    ChannelRule(SMS, ({"source": "sms"}, {"medium": "sms"})),
    ChannelRule(
        "Mobile Push Notifications",
        ({"medium": r".*push|.*mobile.*|.*notification.*"}, {"source": "firebase"}),
    ),
)


def channel_of(source: str, medium: str, campaign: str) -> str:
    """Return the default channel of a visit with these tags, ``Unassigned`` if it has none.

    Examples
    --------
    >>> channel_of("attentive", "sms", "SPRING24"), channel_of("attentive", "text", "SPRING24")
    ('SMS', 'Unassigned')
    >>> channel_of("attentive", "sms", "shop-party")  # the name beats the medium
    'Organic Shopping'
    """
    tags = {"source": source, "medium": medium, "campaign": campaign}
    for rule in CHANNEL_RULES:
        if any(_holds(way, tags) for way in rule.ways):
            return rule.channel
    return UNASSIGNED


def _holds(way: dict[str, str], tags: dict[str, str]) -> bool:
    return all(re.fullmatch(rule, tags[name], re.I | re.S) for name, rule in way.items())
