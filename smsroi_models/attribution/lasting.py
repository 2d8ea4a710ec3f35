"""The check on the time after the window: a gain that only came earlier is none."""

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.pull_forward import PullForward

_NAME = "Gain kept"


def gain_kept(found: PullForward) -> Check:
    """Check that the window's gain was not lost again, by the stated rule of `PullForward`.

    Fails where orders had only been moved earlier; a part lost, or a question still open, informs.

    Parameters
    ----------
    found : PullForward

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from smsroi_models.attribution.pull_forward import unread
    >>> gain_kept(unread({7: datetime(2025, 4, 1, tzinfo=UTC)})).text
    'Whether the gain lasts can be read from 2025-04-01 on, when the 7 days after the window are \
over.'
    """
    verdict = found.verdict
    if verdict == "too early":
        return _too_early(found)
    if not found.horizons:
        text = "Whether the gain lasted cannot be told: " + "; ".join(found.not_estimable.values())
        return Check(_NAME, "informational", f"{text}.")
    after = f"the {found.horizons[-1].days} days after the window"
    if verdict == "kept":
        text = f"More than half of the gain is left at the end of {after}, and no drop is clear."
        return Check(_NAME, "passed", text)
    if verdict == "moved earlier":
        return Check(
            _NAME,
            "failed",
            f"In {after} the texted bought so much less that more than half of the gain was lost "
            "again, and what is left is not clear of zero: orders had been moved earlier.",
            "Judge the campaign by the longest line of the time after the window.",
        )
    if verdict == "partly moved earlier":
        text = f"In {after} the texted bought less: part of the gain was orders moved earlier."
        return Check(_NAME, "informational", text, "Count the longest line after the window.")
    text = f"Whether the gain lasted through {after} cannot be told from these customers."
    return Check(_NAME, "informational", text)


def _too_early(found: PullForward) -> Check:
    if not found.too_early:
        return Check(_NAME, "informational", "No time after the window can be read.")
    days, when = min(found.too_early.items())
    text = (
        f"Whether the gain lasts can be read from {when:%Y-%m-%d} on, when the {days} days after "
        "the window are over."
    )
    return Check(_NAME, "informational", text)
