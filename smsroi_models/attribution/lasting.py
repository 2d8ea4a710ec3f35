"""The check on the time after the window: a gain that only came earlier is none."""

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.pull_forward import PullForward

_NAME = "Gain kept"


def lost_again(found: PullForward, cost: float | None) -> bool:
    """Say whether the window's gain was clearly lost again, so far that its profit does not stand.

    It was where the longest horizon shows a clear drop, and what is left in all no longer lies
    clearly above the campaign's cost; without a cost, above zero. A drop that is not clear loses
    nothing: spend after the window is noisy.

    Parameters
    ----------
    found : PullForward
    cost : float or None
        Of the campaign, in the store's currency.
    """
    if not found.horizons or found.in_window is None or found.in_window.ci_lower <= 0:
        return False
    last = found.horizons[-1]
    left = last.incremental_total.ci_lower
    return last.change.ci_upper < 0 and left <= (cost or 0.0)


def gain_kept(found: PullForward, cost: float | None = None) -> Check:
    """Check that the window's gain was not lost again: see `lost_again`.

    Parameters
    ----------
    found : PullForward
    cost : float, optional
        Of the campaign, in the store's currency.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from smsroi_models.attribution.pull_forward import unread
    >>> gain_kept(unread({7: datetime(2025, 4, 1, tzinfo=UTC)})).text
    'Whether the gain lasts can be read from 2025-04-01 on, when the 7 days after the window are \
over.'
    """
    if found.verdict == "too early":
        return _too_early(found)
    if not found.horizons:
        text = "Whether the gain lasted cannot be told: " + "; ".join(found.not_estimable.values())
        return Check(_NAME, "informational", f"{text}.")
    after = f"the {found.horizons[-1].days} days after the window"
    if lost_again(found, cost):
        return _lost(after, cost)
    if found.verdict == "kept":
        text = f"More than half of the gain is left at the end of {after}, and no drop is clear."
        return Check(_NAME, "passed", text)
    if found.horizons[-1].change.ci_upper < 0:
        left = "what is left lies clearly above the cost" if cost else "a part of it is left"
        text = f"In {after} the texted bought less: part of the gain was lost again; {left}."
        return Check(_NAME, "informational", text, "Count the longest line after the window.")
    text = f"Whether the gain lasted through {after} cannot be told from these customers."
    return Check(_NAME, "informational", text)


def _lost(after: str, cost: float | None) -> Check:
    stands = "zero" if cost is None else "the cost"
    return Check(
        _NAME,
        "failed",
        f"In {after} the texted bought clearly less, and what is left of the gain is not clearly "
        f"above {stands}: orders had been moved earlier, and the window alone flatters the "
        "campaign.",
        "Judge the campaign by the longest line of the time after the window.",
    )


def _too_early(found: PullForward) -> Check:
    if not found.too_early:
        return Check(_NAME, "informational", "No time after the window can be read.")
    days, when = min(found.too_early.items())
    text = (
        f"Whether the gain lasts can be read from {when:%Y-%m-%d} on, when the {days} days after "
        "the window are over."
    )
    return Check(_NAME, "informational", text)
