"""Who asked to stop in words that the platform does not honour.

A texting platform takes a customer off the list for a handful of words that must be the whole text.
"Stop please" is none of them: the customer asked, and is texted on. Here the text is brought to
plain words (no case, accents, marks or emoji), and asks to stop if either

- it is nothing but a stopping word, in one of several languages or mistyped, and words that only
  make it polite or pressing; or
- it holds a phrase that asks to be left out: "take me off this list", "dejen de enviarme mensajes".

What looks alike is kept apart: "don't stop", a bus stop, the end of a sale, an order to cancel, and
the phone's own quotation of the text in a reaction (Liked "... Reply STOP to opt out").

How often the rules are right is measured on texts that they were not written from:
docs/audience.md.
"""

import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STOPS = _words(
    "stop stops stopall stopped stopping unsubscribe unsub optout quit revoke cease halt stopp "
    "stoppen pare paren parar pares parad arret arrete arretez arreter abmelden abmeldung "
    "aufhoren basta sair salir stopsign"
)
# Slips of two fingers on the word that matters; "shop", "step", "top" and "stock" are words.
_SLIPS = _words(
    "sotp stpo tsop sstop sttop stoop stopp stp sto stoo stol stob dtop srop syop stiop stpp "
    "stoip stip stopo stopl stpop satop stooop spto ustop"
)
# As much a word of trade ("cancel it") as one of the platform's: nothing but courtesy beside it.
_WEAK = _words("end cancel cancelar cancela terminar fin para alto baja finish")
_COURTESY = _words(
    "please pls plz plse pleas thanks thank you thx ty now already all me us right asap "
    "immediately today sorry hi hello hey svp stp merci s il vous te plait por favor porfavor "
    "gracias ya bitte danke per prego grazie obrigado obrigada no yes ok okay"
)
_PRESSING = _COURTESY | _words(
    "it this that these those them just and i we said say want wanna need to again with the "
    "your guys im forever good for my reply bye enough ffs wtf damn fucking fuck f hell omg "
    "seriously really text texts texting sms message messages msg msgs jetzt les der"
)

_WHAT = (
    r"(texts?|text messages?|messages?|msgs?|sms|txts?|promos?|promotions?|alerts?|spam|ads"
    r"|notifications?|text subscription|mensajes?|textos?)"
)
_WHO = (
    r"(me|us|my (phone |cell |mobile )?(number|name|phone|info|contact)|this (number|phone)"
    r"|our number)"
)
_OF_TEXTS = r"(text|txt|messag|msg|sms|send|contact|spam|bother|harass|notif|promo|alert|blast)\w*"
# "Stop by", "stop at the store", "stop light" are no ends of anything.
_STAY = r"(?! (by|in|over|at|off|on|there|near|sign|light|watch)\b)"
_ENGLISH = (
    r"opt(ed|ing)? ?(me |us )?out",
    rf"(remove|delete|erase|drop|scratch|unlist|block) {_WHO}",
    rf"(take|get|keep) {_WHO} (off|out)",
    r"(want|need|take|get|me|us) off (of )?(this|the|your) list",
    rf"(stop|quit|cease|halt)\b{_STAY}( (?!by\b)\w+){{0,3}}? ({_OF_TEXTS}|writing|bugging|messing)",
    rf"(cancel|end|discontinue)( (the|these|this|those|all|any|my|your|more|of|sms|text))* {_WHAT}",
    rf"({_WHAT}|these|this|it) to (stop|end)",
    rf"no (mas|more|further|longer want)( \w+){{0,2}} {_WHAT}",
    rf"enough (with|of) (the|these|your|all)( \w+)? {_WHAT}",
    r"(dont|do not|never|not to)( you| ever| please| want to| keep| you dare)*"
    r" (text|txt|message|msg|sms|contact)(ing)? (me|us|this|my|here|again|anymore)",
    rf"(dont|do not|never) (ever )?send( me| us)? (any|anymore|more|these|those|this|{_WHAT})",
    r"(dont|do not|didnt|did not|no longer|never|not)( \w+){0,2} (want|wish|need|ask|asked|agree"
    rf"|agreed|consent|consented|sign|signed|care)\b( \w+){{0,5}} {_WHAT}",
    r"(dont|do not|no longer) want (these|this|them|any of (this|these))( anymore)?$",
    r"^end (this|these|it)( now| please)?$",
    r"leave me alone|(lose|forget|loose) my number",
    r"make (it|this|these|them|(the|your|these) \w+) stop",
    r"how (do|can|to|would)( i| we| you)?( \w+){0,2} (stop|end|cancel|quit)"
    r" (this|these|it|them|receiving|getting|the texts)",
    r"(said|say|saying|told you|asked you|replied|reply|texted|wrote|typed|sent|answered|put)"
    r"( guys| you)?( the word)?( to)? stop",
    r"stop means stop|stop (now|already|or|this|receiving|getting|not interested)",
    r"(can|could|will|would|why (dont|cant|wont)) (you|u|yall)"
    r" (please |pls |plz |just |not )?stop$",
    r"(wrong number|not my number|spam)( \w+)? stop|stop( \w+)? (spam|wrong number)",
)
_SPANISH = (
    r"no (quiero|deseo)( \w+){0,2} (recibir|mensajes|textos|sms)",
    r"no (me |nos )(env|mand|escrib|contact|molest)\w*",
    r"no (envien|envie|manden|mande|escriban) mas",
    r"(dej|par)\w* de (envi|mand|escrib|molest|contact)\w*",
    r"(dar\w*|dame|denme|deme|dad) de baja",
    r"(borr|elimin|quit|saqu|remuev)[aeioun]+me",
    r"cancel\w* (la |mi |esta |los |estos |sus )?(suscripcion|mensajes|sms|textos)",
)
_FRENCH = (
    r"(desabon|desinscr)\w*",
    r"arret\w*( \w+){0,2} (envoy|ecri|sms|messages?|textos?|spam)\w*",
    r"plus de (sms|messages?|textos?|pubs?|publicites?)",
    r"ne (plus )?(m |me |nous )?(plus )?(envoy|ecri|contact)\w*( \w+){0,2} plus",
    r"ne plus (me |m |nous )?(recevoir|envoyer|contacter|ecrire)",
    r"(retir|supprim|enlev)\w* (moi|mon numero)",
)
_GERMAN = (
    r"abmeld\w*|abbestell\w*|austragen|keine (sms|nachrichten|werbung|texte)( mehr)?",
    r"(nicht|nie) mehr (an)?(schreiben|senden|schicken|kontaktieren)",
    r"hor\w*( \w+)? auf|losch\w* (meine|mich)",
)
_PORTUGUESE = (
    r"nao (quero|desejo)( \w+){0,2} (receber|mensagens|sms)|nao (me )?(mand|envi)\w* mais",
    r"par\w* de (me )?(enviar|mandar)|descadastr\w*|me (tir|remov|exclu)\w*",
    r"cancelar (a |minha )?(inscricao|assinatura)",
)
_ITALIAN = (
    r"basta (messaggi|sms)|cancella(te)?mi|disiscri\w*|rimuov\w*mi",
    r"non (mi )?(mand|invi|scriv)\w*( \w+){0,2} piu",
)
_ALONE = (
    r"(ya )?no (more|mas)( please| por favor| thanks| gracias| svp)?",
    r"remove|(.* )?please remove",
)
_STOPPING = r"(stop|quit|unsubscribe|unsub|remove|delete|take|opt|end|cancel)(?!ped|ping)"
_DENIED = (
    # Not after "if you" or "why": those threaten and ask.
    r"(?<!you )(?<!they )(?<!if u )(?<!that )(?<!why )(dont|do not|never|non|cant|cannot|can not"
    rf"|couldnt|wouldnt|please not) ?(ever |please |you ever |you dare )?{_STOPPING}",
    r"no (paren|pares|pare|dejen|dejes)|nao par\w+",
    r"n ?arret\w* (pas|jamais)|arret\w* (pas|jamais)|nicht aufhoren|nonstop",
)
# Those who ask to be let in again.
_BACK = (
    r"accident\w*|by mistake|(add|put) me back|sign me (back )?up",
    r"why (was|am|did) i (un|re|opt|out)\w*",
    r"resubscri\w*|opt(ed)? (me )?(back )?in",
)


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(phrases)})\b")


_asks = _any_of(*_ENGLISH, *_SPANISH, *_FRENCH, *_GERMAN, *_PORTUGUESE, *_ITALIAN)
_denied, _back = _any_of(*_DENIED), _any_of(*_BACK)
_alone = re.compile("|".join(_ALONE))
_REACTION = re.compile(
    r"\s*(liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|removed an? \w+ from"
    r"|reacted \S{1,8} to|le (gusto|encanto)|a (aime|adore)|gefallt)\s+[\"“”«'‘]",
    re.IGNORECASE,
)
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘`´ʼ", "'"))


def asks_to_stop(body: str) -> bool:
    """Return whether a text asks for an end to the texts, in words of its own.

    The platform's own words ask, too; `intent_of` tells them apart before.

    Examples
    --------
    >>> [asks_to_stop(text) for text in ("Stop please", "SOTP", "no más", "ARRÊT SVP")]
    [True, True, True, True]
    >>> [asks_to_stop(text) for text in ("don't stop!", "bus stop on 5th?", "cancel my order")]
    [False, False, False]
    """
    if _REACTION.match(_without_accents(body)):
        return False
    said = _plain(body)
    if not said or _denied.search(said) or _back.search(said):
        return False
    words = said.split()
    return (
        _alone.fullmatch(said) is not None
        or _asks.search(said) is not None
        or any(map(_unsubscribes, words))
        or _only_stops(words, "?" in body)
    )


def _only_stops(words: list[str], is_question: bool) -> bool:
    stops = [word for word in words if word in _STOPS or word in _SLIPS]
    weak = [word for word in words if word in _WEAK]
    allowed = _PRESSING if stops else _COURTESY
    rest = [word for word in words if word not in stops and word not in weak]
    found = bool(stops) or (bool(weak) and not is_question)
    return found and all(word in allowed for word in rest)


def _unsubscribes(word: str) -> bool:
    """Return whether a word is "unsubscribe" or within two slips of it."""
    if not word.startswith(("un", "nu", "usub")) or not 5 <= len(word) <= 14:
        return False
    whole = ("unsubscribe", "unsubscribed", "unsubscribing")
    return word == "unsub" or min(_slips(word, target) for target in whole) <= 2


def _slips(word: str, target: str) -> int:
    """Return the letters to put in, leave out, change or swap (optimal string alignment)."""
    rows = [list(range(len(target) + 1))]
    for i, letter in enumerate(word, 1):
        row = [i]
        for j, wanted in enumerate(target, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == target[j - 2] and word[i - 2] == wanted:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


def _plain(body: str) -> str:
    """Return a text's words in lower case, without accents, marks and emoji."""
    said = re.sub("[🛑⛔🚫]", " stopsign ", body)
    said = _without_accents(said).casefold().translate(_APOSTROPHES)
    # "m'envoyer" is two words, "don't" is one.
    said = re.sub(r"\b([cdjlmnqst])'", r"\1 ", said).replace("'", "")
    said = re.sub(r"[^a-z0-9]+", " ", said).strip()
    # Letters written one by one: "s t o p".
    said = re.sub(r"\b(?:[a-z] ){2,}[a-z]\b", lambda found: found[0].replace(" ", ""), said)
    said = re.sub(r"([a-z])\1{2,}", r"\1", said)  # stooop
    return re.sub(r"\b([a-z]{3,}) ?\d+\b", r"\1", said)  # STOP2


def _without_accents(text: str) -> str:
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )
