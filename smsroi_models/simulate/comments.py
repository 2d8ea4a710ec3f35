"""What respondents write, in varied wording: complaints of low scorers, praise of high ones.

A comment speaks of one topic, or of two. Which topics is known here, and drawn by the score alone,
so that the words that go with low scores, and themes, can be held against the truth.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from smsroi_models.simulate.columns import NONE, Flags, Floats, Integers, picked

_HIGHEST = 10.0
_SECOND_SHARE = 0.25
_OPENERS = ("", "Honestly: ", "To be fair, ", "Hello! ")
_OPENER_SHARES = (0.7, 0.1, 0.1, 0.1)

TOPICS = {
    "late_delivery": (
        "Delivery was late again.",
        "The parcel came four days late.",
        "Late delivery, I needed it for a birthday.",
        "I am still waiting, the delivery is a week late.",
        "My parcel arrived late and the delivery note was missing.",
        "You promised two days and the delivery was late.",
    ),
    "too_many_texts": (
        "Too many texts.",
        "I get too many texts from you.",
        "Far too many texts every week, please stop.",
        "You send too many texts in the evening.",
        "Too many texts about things I never buy.",
        "Nice shop but too many texts.",
    ),
    "code_failed": (
        "The code did not work.",
        "My discount code did not work at the checkout.",
        "The code in the text did not work for sale items.",
        "I typed the code twice and it did not work.",
        "Your code was refused, it did not work.",
        "The promised code did not work on my phone.",
    ),
    "nothing_special": (
        "Fine overall.",
        "It was okay.",
        "Nothing to add.",
        "As expected.",
        "Average, like other shops.",
        "No comment really.",
    ),
    "easy_ordering": (
        "So easy to order.",
        "Easy to order from the link.",
        "It was easy to order on my phone.",
        "Quick and easy to order, as always.",
        "I found it easy to order in two minutes.",
        "Easy to order and easy to pay.",
    ),
    "good_price": (
        "Great price.",
        "A great price for this quality.",
        "I love the great price of the bundle.",
        "Great price and a useful reminder.",
        "Could not find such a great price elsewhere.",
        "The weekend offer had a great price.",
    ),
    "friendly_service": (
        "Friendly service.",
        "Really friendly service on the phone.",
        "The friendly service makes me come back.",
        "Friendly service, they changed my size at once.",
        "I had a question and got friendly service.",
        "Always friendly service in the shop.",
    ),
}
"""Wordings of each topic; none holds another topic's key words."""

# How likely a comment speaks of each topic first, at the lowest score and at the highest.
_AT_LOWEST = np.array([0.36, 0.30, 0.24, 0.07, 0.01, 0.01, 0.01])
_AT_HIGHEST = np.array([0.02, 0.04, 0.02, 0.10, 0.32, 0.25, 0.25])


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments and the truth of them.

    Attributes
    ----------
    wordings : tuple of str
        Each text once.
    code : ndarray of int64, shape (n_answers,)
        Which text each answer has; `NONE` for no comment.
    mentions : ndarray of bool, shape (n_answers, n_topics)
        Which of `TOPICS` each comment speaks of.
    """

    wordings: tuple[str, ...]
    code: Integers
    mentions: Flags

    def column(self) -> pa.Array:
        """Return the texts; null where nothing was written."""
        return picked(self.wordings, self.code)


def draw_comments(score: Floats, silent: Flags, rng: np.random.Generator) -> Comments:
    """Draw what respondents write, by their score alone.

    Parameters
    ----------
    score : ndarray of shape (n_answers,)
        From 0 to 10.
    silent : ndarray of bool, shape (n_answers,)
        Who writes nothing.
    rng : numpy.random.Generator

    Examples
    --------
    >>> drawn = draw_comments(
    ...     np.array([0.0, 10.0]), np.array([False, True]), np.random.default_rng(1)
    ... )
    >>> drawn.column().to_pylist(), drawn.mentions.sum(axis=1).tolist()
    (['I get too many texts from you.', None], [1, 0])
    """
    first, second = _topic(score, rng), _topic(score, rng)
    opener = rng.choice(len(_OPENERS), size=len(score), p=_OPENER_SHARES)
    wordings = np.array([len(texts) for texts in TOPICS.values()])
    told = [rng.integers(wordings[topic]) for topic in (first, second)]
    alone = (rng.random(len(score)) >= _SECOND_SHARE) | (first == second)
    parts = [opener, first, told[0], np.where(alone, NONE, second), np.where(alone, NONE, told[1])]
    kinds, code = np.unique(np.stack(parts, axis=1), axis=0, return_inverse=True)
    mentions = np.zeros((len(score), len(TOPICS)), dtype=np.bool_)
    rows = np.flatnonzero(~silent)
    mentions[rows, first[rows]] = True
    both = rows[~alone[rows]]
    mentions[both, second[both]] = True
    return Comments(
        tuple(_written(*kind) for kind in kinds.tolist()),
        np.where(silent, NONE, code.reshape(-1)),
        mentions,
    )


def _topic(score: Floats, rng: np.random.Generator) -> Integers:
    """Draw a topic for each score, between the shares at its lowest and at its highest."""
    height = (score / _HIGHEST)[:, None]
    reached = np.cumsum((1 - height) * _AT_LOWEST + height * _AT_HIGHEST, axis=1)
    drawn = (rng.random(len(score))[:, None] > reached).sum(axis=1)
    return np.asarray(np.minimum(drawn, len(TOPICS) - 1))


def _written(opener: int, topic: int, text: int, second: int, second_text: int) -> str:
    wordings = list(TOPICS.values())
    more = "" if second == NONE else f" {wordings[second][second_text]}"
    return f"{_OPENERS[opener]}{wordings[topic][text]}{more}"
