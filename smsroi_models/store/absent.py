"""What a report cannot say for want of a table."""

from smsroi_models.store.connect import Store
from smsroi_models.store.tables import TABLES

REQUIRED = ("campaigns", "assignments", "orders")
"""The tables without which no campaign's lift can be told."""

_UNTOLD = {
    "campaigns": "no campaign can be told from another, so nothing can be reported",
    "plans": (
        "whether the campaign was read as planned cannot be told, nor whether the arms have their "
        "planned sizes"
    ),
    "customers": "who came through a campaign or a referral cannot be told",
    "assignments": "there is no holdout, so what a campaign caused cannot be told",
    "messages": "who received a text cannot be told, and no text counts towards the cost",
    "replies": "what people answered cannot be told",
    "subscriptions": "how many people opted out cannot be told",
    "links": "what the tracking links brought cannot be told",
    "clicks": "who clicked cannot be told",
    "coupons": "what the coupon codes brought cannot be told",
    "numbers": "which campaign a call belongs to cannot be told",
    "calls": "how many people called cannot be told",
    "events": "what the conversion events brought cannot be told",
    "orders": "nobody's spending is known, so neither lift nor ROI can be told",
    "surveys": "what people were asked cannot be told",
    "invitations": "how many of those asked answered cannot be told",
    "responses": "what people think of the texts cannot be told",
    "costs": "nothing beside the texts counts towards the cost",
}
_NO_COST = "what the campaign cost, and so its profit and ROI, cannot be told"


def missing_tables(store: Store) -> dict[str, str]:
    """Return the absent tables, each with what a report therefore cannot say.

    Campaigns, assignments and orders are needed for any lift; every other table, customers
    included, may be absent.
    """
    untold = dict(_UNTOLD)
    if "messages" not in store and "costs" not in store:
        untold |= {"messages": _NO_COST, "costs": _NO_COST}
    return {name: f"Without {name}, {untold[name]}." for name in TABLES if name not in store}
