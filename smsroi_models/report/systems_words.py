"""The sentence that a report's section on links, coupons, calls and events begins with."""

from smsroi_models.report.numbers import percent, tally
from smsroi_models.systems import Systems


def sentence(found: Systems) -> str:
    """Say what was tracked in all, and that none of it says what was caused.

    Parameters
    ----------
    found : Systems
    """
    told = [text for text in (_clicked(found), _redeemed(found), _called(found)) if text]
    if found.events:
        told.append(_many(sum(each.events for each in found.events), "event"))
    if not told:
        return "Nothing was tracked of it."
    return (
        f"Tracked were {'; '.join(told)}. How much of it the texts caused, only the comparison "
        "with held-out customers tells."
    )


def _clicked(found: Systems) -> str:
    links = found.links
    if links is None or not links.links:
        return ""
    if links.click_rate is None:
        return _many(links.clicks_by_people, "click")
    return f"{_many(links.clickers, 'customer')} who clicked ({percent(links.click_rate, 0.001)})"


def _redeemed(found: Systems) -> str:
    orders = sum(each.redemptions for each in found.coupons or ())
    return f"{_many(orders, 'order')} with a code" if found.coupons else ""


def _called(found: Systems) -> str:
    return _many(found.calls.calls, "call") if found.calls and found.calls.calls else ""


def _many(count: int, what: str) -> str:
    return f"{tally(count)} {what}{'s' if count != 1 else ''}"
