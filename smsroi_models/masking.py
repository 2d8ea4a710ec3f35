"""What may tell who wrote a comment is masked before anybody reads it.

Contacts (web and e-mail addresses, @handles, telephone numbers, order numbers and other long
digits) are found by their form, in any language. Names have no form. Those that an English comment
gives away by its wording (a title, "my name is", a greeting, a signature) are masked; a name in the
middle of a sentence, in another language or in an unexpected place is not. A masked comment is
therefore still personal data; `smsroi_models.survey.examples` also hides words that few people use.
"""

import re

LONGEST = 2_000
"""Characters of a comment that are read; what follows is cut off."""

MASK = "***"
_WEB = re.compile(
    r"(?:https?://|www\.)\S+|\b[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,8}\.\w{2,24}/\S*", re.I
)
_SITE = re.compile(
    r"\b[a-z0-9][a-z0-9-]{1,62}+\.(?:com|org|net|co|io|me|info|biz|uk|de|fr)\b", re.I
)
# Taken from their first character on, whole: a long text without an @ is read once, not squared.
# With spaces about the @ it takes a dot to make an address; without, none.
_ADDRESS = re.compile(
    r"(?<![^\s@＠,;:<>()\"])[^\s@＠,;:<>()\"]++"
    r"(?:[@＠][^\s@＠,;:<>()\"]++|[ ]?[@＠][ ]?[^\s@＠.,;:<>()\"]++(?=[ ]?\.[ ]?\w))"
    r"(?:[ ]?\.[ ]?\w{2,63}){0,8}"
)
_QUOTED_ADDRESS = re.compile(r"\"[^\"\n]{1,64}\"@[^\s@,;:<>()\"]{1,255}")
# ada [at] example [dot] com
_SPELT_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+ ?(?:\[ ?at ?\]|\( ?at ?\)|\{ ?at ?\}|<at>) ?[\w-]{1,63}"
    r"(?: ?(?:\[ ?dot ?\]|\( ?dot ?\)|\{ ?dot ?\}|<dot>|\.) ?[\w-]{1,63}){0,8}",
    re.I,
)
_HANDLE = re.compile(r"(?<!\w)[@＠]\w[\w.]*")
_ACCOUNT = re.compile(
    r"\b(insta(?:gram)?|ig|snap(?:chat)?|tiktok|twitter|telegram|whatsapp|facebook|fb|skype|"
    r"discord)( ?: ?)[\w.+@-]+",
    re.I,
)
# Six digits and more, with what people put between them and an extension behind. Every form of a
# telephone number is one; the digits are any script's.
_BETWEEN = r"[ \u00a0\u00ad\u200b\u2060\u3000().\[\]~/\-‐-―−－．／（）［］～]"
_LONG_NUMBER = re.compile(
    rf"[+＋]?[(（\[]?\d(?:{_BETWEEN}{{0,4}}\d){{5,}}"
    r"(?:[ ,;.\u00a0]{0,3}(?:ext(?:ension|n)?|x|#|~)[. :\u00a0]{0,3}\d{1,7}(?!\d))?",
    re.I,
)
_NUMBERED = re.compile(
    r"\b(order|invoice|account|ticket|booking|tracking|ref(?:erence)?|customer|number|no|nr)"
    r"([ .:#]{0,4})((?=[\w-]{0,40}\d)[\w-]+)|#\s?\d[\w-]*",
    re.I,
)
_SUSPECT = re.compile(r"[@＠#\d]|\w\.\w|://|\bwww\.|\bat ?[\])}>]|\w ?: ?\w", re.I)
_CODE = re.compile(r"[\w-]+")
_LETTERS_AND_DIGITS, _DIGITS_ALONE = 3, 5  # so many digits make a code of a word, of a number

_NAME = r"(?:[^\W\d_a-zß-öø-ÿ][\w'’.-]*)(?:[ ]+[^\W\d_a-zß-öø-ÿ][\w'’.-]*){0,2}"
_INTRODUCED = re.compile(
    rf"\b((?i:my name is|my name['’]s|i am|i['’]m|this is|"
    rf"(?:spoke|talked|chatted|speaking|dealt|served|helped)(?: to| with| by)?|"
    rf"dear|hello|hi|hey|ask(?:ed)? for))([ ,]+){_NAME}"
)
_LOWER_NAME = re.compile(r"\b(my name is|my name['’]s)[ ]+[\w'’-]+(?:[ ]+[\w'’-]+)?", re.I)
_TITLED = re.compile(
    r"\b(Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Madam|Herr|Frau|Monsieur|Madame|Mme|Señora?|Sra?)\b"
    r"([. ]+)[^\W\d_][\w'’-]*(?:[ ]+[^\W\d_a-zß-öø-ÿ][\w'’-]*)?",
    re.I,
)
_SIGNED = re.compile(
    r"\b(thanks|thank you|thx|many thanks|(?:kind|best|warm)? ?regards|best wishes|best|cheers|"
    r"sincerely|yours|love)([ ]?[,!.\-–—\n]+[ \n]*|[ ]+)((?-i:[^\W\d_a-zß-öø-ÿ])[\w'’.-]*"
    r"(?:[ ]+[\w'’.-]+)?)(?=[ .!\n]*(?:\n|$))",
    re.I,
)
_SIGNED_LOWER = re.compile(
    r"\b(thanks|thank you|thx|regards|best wishes|cheers|sincerely|yours|love)"
    r"([ ]?[,\-–—\n]+[ \n]*)[^\W\d_][\w'’-]*(?:[ ]+[^\W\d_][\w'’-]*)?(?=[ .!\n]*$)",
    re.I,
)
_DASHED = re.compile(r"((?:^|\s)[-–—~][ ]?)[^\W\d_][\w'’-]*(?:[ ]+[^\W\d_][\w'’-]*)?(?=[ .!\n]*$)")


def masked_contacts(text: str) -> str:
    """Return the text, cut to `LONGEST` characters, with contacts and long numbers as ``***``.

    Numbers of six digits and more go, whatever they are, and codes such as ``AB-1234``; years and
    small amounts stay.

    Parameters
    ----------
    text : str
        Any text; it is treated as hostile, and read in time that grows with `LONGEST` alone.

    Examples
    --------
    >>> masked_contacts("Call (202) 555-0142 ext. 9 or ada@example.com about order 4471")
    'Call *** or *** about order ***'
    >>> masked_contacts("See https://example.com/a?b=c, @shop: 2 days late in 2024")
    'See *** ***: 2 days late in 2024'
    """
    text = text[:LONGEST]
    if not _SUSPECT.search(text):  # most comments: the patterns need not be tried
        return text
    for pattern in (_WEB, _QUOTED_ADDRESS, _SPELT_ADDRESS, _ADDRESS, _SITE, _HANDLE):
        text = pattern.sub(MASK, text)
    text = _ACCOUNT.sub(lambda found: f"{found[1]}{found[2]}{MASK}", text)
    text = _LONG_NUMBER.sub(MASK, text)
    text = _NUMBERED.sub(lambda found: f"{found[1]}{found[2]}{MASK}" if found[1] else MASK, text)
    return _CODE.sub(lambda found: MASK if _is_code(found[0]) else found[0], text)


def masked_comment(text: str) -> str:
    """Return the text with contacts masked, and the names that its wording gives away.

    A name without such wording stays: no rule finds them all.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> masked_comment("Hi Maria, my name is Ada Lovelace. Mr. Babbage was kind. Thanks, Ada")
    'Hi ***, my name is ***. Mr. *** was kind. Thanks, ***'
    >>> masked_comment("maria at the till was rude")  # not found
    'maria at the till was rude'
    """
    text = masked_contacts(text)
    for pattern in (_LOWER_NAME, _INTRODUCED, _TITLED):
        text = pattern.sub(
            lambda found: (
                f"{found[1]} {MASK}" if found.re is _LOWER_NAME else f"{found[1]}{found[2]}{MASK}"
            ),
            text,
        )
    for pattern in (_SIGNED, _SIGNED_LOWER):
        text = pattern.sub(lambda found: f"{found[1]}{found[2]}{MASK}", text)
    return _DASHED.sub(lambda found: f"{found[1]}{MASK}", text)


def _is_code(word: str) -> bool:
    digits = sum(map(str.isdigit, word))
    if digits == len(word):
        return digits >= _DIGITS_ALONE
    return digits >= _LETTERS_AND_DIGITS
