"""What an inbound text asks for: the platform's own words, and what comes near them.

The words are those that Twilio documents: the whole body must be one of them, in any case. A person
who writes "Stop please" asked to stop and is texted on: that is a ``near_stop`` (`near_stop`).
"""

from smsroi_models.store.vendors.near_stop import asks_to_stop

STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "UNSTOP", "YES"})
HELP = frozenset({"HELP", "INFO"})


def intent_of(body: str) -> str:
    """Return ``stop``, ``near_stop``, ``start``, ``help`` or ``other``.

    Examples
    --------
    >>> intent_of(" stop "), intent_of("Stop please"), intent_of("Yes"), intent_of("nice shoes")
    ('stop', 'near_stop', 'start', 'other')
    >>> intent_of("don't stop!"), intent_of("the end of the sale?")
    ('other', 'other')
    """
    said = body.strip().upper()
    for words, intent in ((STOP, "stop"), (START, "start"), (HELP, "help")):
        if said in words:
            return intent
    return "near_stop" if asks_to_stop(body) else "other"
