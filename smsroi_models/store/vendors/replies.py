"""What an inbound text asks for: the platform's own words, and what comes near them.

The words are those that Twilio documents: the whole body must be one of them, in any case. A person
who writes "Stop please" asked to stop and is texted on: that is a ``near_stop``. The rule for
near misses is deliberately small.
"""

import re

STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})

_WORD = re.compile(r"[A-Z]+")
_ASKS = re.compile(
    r"\b(STOP|STOPALL|UNSUBSCRIBE|OPTOUT|OPT[ -]?OUT|REMOVE ME|TAKE ME OFF|NO MORE TEXTS?)\b"
)
_DENIED = re.compile(r"\b(DON'?T|DO NOT|NEVER|NON) ?STOP\b")
_FEW_WORDS = 3


def intent_of(body: str) -> str:
    """Return ``stop``, ``near_stop``, ``start``, ``help`` or ``other``.

    Examples
    --------
    >>> intent_of(" stop "), intent_of("Stop please"), intent_of("Yes"), intent_of("nice shoes")
    ('stop', 'near_stop', 'start', 'other')
    >>> intent_of("don't stop!"), intent_of("the end of the sale?")
    ('other', 'other')
    """
    said = body.strip().upper().replace("’", "'")
    for words, intent in ((STOP, "stop"), (START, "start"), (HELP, "help")):
        if said in words:
            return intent
    return "near_stop" if _comes_near(said) else "other"


def _comes_near(said: str) -> bool:
    if _DENIED.search(said):
        return False
    words = _WORD.findall(said)
    short = len(words) <= _FEW_WORDS and bool(words) and words[0] in STOP
    return short or bool(_ASKS.search(said))
