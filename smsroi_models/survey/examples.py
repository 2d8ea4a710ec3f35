"""Comments fit to be shown: masked, and without the words that few people use.

No rule finds every name. But a name is a rare word: of an example only words stay that at least
`LEAST_SHARED` comments hold, the rest becomes an ellipsis in brackets. What is left can still give
somebody away (a name that many use, a story that only one person can tell), which is why examples
are off unless they are asked for.
"""

import re
from collections.abc import Sequence

import numpy as np

from smsroi_models.masking import masked_comment
from smsroi_models.survey.commented import Floats
from smsroi_models.survey.comments import words_of

LEAST_SHARED = 5
HIDDEN = "[…]"
_LONGEST_SHOWN = 160
_MOST_HIDDEN = 1 / 3
_CHUNK = re.compile(r"\S+")
_PRINTABLE_REPEATS = re.compile(r"(?:\[…\] ?){2,}")


def shown(comment: str, shared: frozenset[str]) -> tuple[str, float]:
    """Return a comment fit to be shown, and the share of its words that was hidden.

    It is plain text, still hostile: who puts it in a page escapes it.

    Parameters
    ----------
    comment : str
    shared : frozenset of str
        Words that enough comments hold, as `words_of` writes them.

    Examples
    --------
    >>> shown("Late again! Said Ada, call 202-555-0142", frozenset({"late", "again", "call"}))
    ('Late again! […] call ***', 0.4)
    """
    text = "".join(c if c.isprintable() else " " for c in masked_comment(comment))
    kept, hidden, total = [], 0, 0
    for chunk in _CHUNK.findall(text):
        words = [word for word in words_of(chunk) if word]
        total += bool(words)
        if all(word in shared for word in words):
            kept.append(chunk)
        else:
            hidden += 1
            kept.append(HIDDEN)
    told = _PRINTABLE_REPEATS.sub(f"{HIDDEN} ", " ".join(kept)).strip()
    if len(told) > _LONGEST_SHOWN:
        told = f"{told[: _LONGEST_SHOWN - 1]}…"
    return told, hidden / total if total else 1.0


def typical(
    comment: Sequence[str | None], closeness: Floats, shared: frozenset[str], most: int
) -> tuple[str, ...]:
    """Return the closest comments fit to be shown, each text once.

    Parameters
    ----------
    comment : sequence of str or None, shape (n_comments,)
    closeness : ndarray of shape (n_comments,)
        How typical each comment is; 0 for those that must not be shown.
    shared : frozenset of str
    most : int
    """
    found: dict[str, None] = {}
    for place in np.argsort(-closeness, kind="stable"):
        if len(found) == most or closeness[place] <= 0:
            break
        text, hidden = shown(comment[place] or "", shared)
        if hidden <= _MOST_HIDDEN:
            found[text] = None
    return tuple(found)
