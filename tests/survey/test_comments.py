"""Comments are hostile text in any language: what becomes words, what is masked, and how fast."""

import time

import numpy as np
import pandas as pd
import phonenumbers
import pytest

from smsroi_models.errors import DataError, NotEstimableError
from smsroi_models.masking import masked_comment, masked_contacts
from smsroi_models.store.vendors.masking import masked
from smsroi_models.survey.comments import MOST_WORDS, lacks_spaces, read_words, words_of
from smsroi_models.survey.examples import shown
from smsroi_models.survey.presence import presence_of

MILLION = 1_000_000
HUGE = [
    "a" * MILLION,
    "a " * (MILLION // 2),
    "a." * (MILLION // 2),
    "a@" * (MILLION // 2),
    "a%40" * (MILLION // 4),
    "1" * MILLION,
    "1 " * (MILLION // 2),
    "+1(" * (MILLION // 3),
    "thanks, " * (MILLION // 8),
    "Hi Ada " * (MILLION // 7),
    "www." * (MILLION // 4),
    "'" * MILLION,
    "\u0301" * MILLION,
    "\u202e" * MILLION,
    "\x00" * MILLION,
    "配" * MILLION,
    "{{" * (MILLION // 2),
    "\n" * MILLION,
]


@pytest.mark.parametrize("text", HUGE, ids=lambda text: ascii(text[:8]))
def test_a_million_characters_are_read_at_once(text: str) -> None:
    """A pattern that squared the length would take hours; five seconds suit any machine."""
    begun = time.perf_counter()
    masked(text)
    shown(text, frozenset({"a"}))
    read_words([text, *["fine"] * 9])
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("caf\u00e9 cafe\u0301", ["café", "café"]),
        ("don’t don't", ["don't", "don't"]),
        ("'quoted'", ["quoted"]),
        ("Поздно доставили", ["поздно", "доставили"]),
        ("تأخر التوصيل", ["تأخر", "التوصيل"]),
        ("डिलीवरी में देरी", ["डिलीवरी", "में", "देरी"]),
        ("la\u200bte \u202elate\u202c", ["late", "late"]),
        ("👍🏽 good 🎉", ["", "good", ""]),
        ("late. again", ["late", "", "again"]),
        ("<script>alert(1)</script>", ["", "script", "", "alert", "", "1", "", "script", ""]),
        ("=cmd|'/c'!A1 {{x}} $\\alpha$ a\x00b", None),
        ("x" * 41, []),
    ],
)
def test_words(text: str, words: list[str] | None) -> None:
    found = words_of(text)
    if words is not None:
        trimmed = found[1:] if found[:1] == [""] and words[:1] != [""] else found
        assert [w for w in trimmed if w] == [w for w in words if w]
    assert all(w == "" or w.replace("'", "").isprintable() for w in found)
    assert not any(set(w) & set("<>{}$\\=|/\x00\u202e\u200b") for w in found)


def test_a_comment_is_cut_to_so_many_words() -> None:
    assert len(words_of("a b " * 500)) == MOST_WORDS


@pytest.mark.parametrize(
    "text",
    [
        "(202) 555-0142",
        "202.555.0142",
        "2025550142",
        "+1 202 555 0142",
        "1-202-555-0142 ext. 9",
        "020 7946 0958",
        "+44 (0)20 7946 0958",
        "06 12 34 56 78",
        "2 0 2 5 5 5 0 1 4 2",
        "٢٠٢٥٥٥٠١٤٢",
        "ada@example.com",
        "first.last+tag@mail.example.co.uk",
        "ada @ example.com",
        "ada @ example . com",
        "ada@localhost",
        "ada [at] example [dot] com",
        "ada(at)example.com",
        '"ada lovelace"@example.com',
        "ada＠example.com",
        "202\u200b555\u200b0142",
        "https://example.com/a?b=c",
        "www.example.com",
        "example.com/orders/1",
        "@ada_l",
        "#4471",
        "order 4471",
        "AB-12345",
        "1Z999AA10123456784",
    ],
)
def test_contacts_and_numbers_are_masked_and_never_words(text: str) -> None:
    told = masked_contacts(f"late: {text} please")
    assert told.startswith("late") and told.endswith("please") and "***" in told
    assert not set(words_of(f"late: {text} please")) - {"late", "please", "", "order", "ext", "9"}


def test_an_account_named_by_its_service_is_masked() -> None:
    assert masked_comment("insta: ada_lovelace was here") == "insta: *** was here"
    assert masked_contacts("2 @ 10 each, late @ noon") == "2 @ 10 each, late @ noon"


FORMATS = [
    getattr(phonenumbers.PhoneNumberFormat, name)
    for name in ("E164", "INTERNATIONAL", "NATIONAL", "RFC3966")
]


@pytest.mark.parametrize("kind", FORMATS)
def test_every_countrys_telephone_numbers_are_masked_in_every_form(kind: int) -> None:
    """The numbers are those that libphonenumber has as examples of each country."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for sort in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            number = phonenumbers.example_number_for_type(region, sort)
            if number is None:
                continue
            written = phonenumbers.format_number(number, kind)
            if sum(map(str.isdigit, written)) < 6:  # of small islands: as short as a price
                continue
            told = masked_contacts(f"call {written} now")
            assert sum(map(str.isdigit, told)) <= 2, (region, told)


@pytest.mark.parametrize(
    "unit", ["1 2 3 4 ", "1234567 ", "9)( ", "+1 202 555 0142 ", "1-", "12345a", "a@ ", "x1 : "]
)
def test_digits_take_no_longer_than_words(unit: str) -> None:
    """Each is read in one pass: 2,000 characters of it take about as long as a plain comment.

    Fifty times is generous: the numbers' own library took some thousand times.
    """
    plain = _seconds("late delivery, sir. " * 100)
    assert _seconds((unit * 2_000)[:2_000]) < 50 * plain + 0.002


def _seconds(text: str) -> float:
    def once() -> float:
        begun = time.perf_counter()
        words_of(text)
        return time.perf_counter() - begun

    return min(once() for _ in range(5))


@pytest.mark.parametrize(
    "text",
    [
        "my name is ada",
        "My name is Ada Lovelace",
        "Hi Ada",
        "Thanks, Ada",
        "Thanks! Ada",
        "Kind regards\nAda L.",
        "so late - Ada",
        "Mr. Ada was rude",
        "I spoke to Ada",
        "thanks, ada",
        "I'm Ada",
    ],
)
def test_names_that_the_wording_gives_away_are_masked(text: str) -> None:
    assert "ada" not in masked_comment(text).lower()


def test_what_is_not_personal_stays() -> None:
    for text in ("20% off for 2 days in 2024", "Easy to order, thank you.", "Best delivery ever"):
        assert masked_comment(text) == text


def test_a_name_that_no_wording_gives_away_stays_but_is_hidden_as_rare() -> None:
    text = "the one called ada was rude"
    assert "ada" in masked_comment(text)
    told, hidden = shown(text, frozenset({"the", "one", "called", "was", "rude"}))
    assert told == "the one called […] was rude" and hidden == pytest.approx(1 / 6)


def test_languages_without_spaces_are_counted_and_refused_in_numbers() -> None:
    assert lacks_spaces("จัดส่งช้า") and lacks_spaces("送货太慢了 ok") and not lacks_spaces("!?")
    read = read_words(["late again", "配達が遅い", *["fine"] * 8])
    assert read.n_without_spaces == 1 and not read.readable[1]
    with pytest.raises(NotEstimableError, match=r"2 of 3 comments .* no spaces"):
        read_words(["配達が遅い", "送货太慢了", "late"])


def test_no_comment_is_none_nan_or_blank_and_nothing_but_text_is_one() -> None:
    read = read_words(pd.Series(["late", None, "", " \u200b!", np.nan], dtype="str").to_list())
    assert read.readable.tolist() == [True, False, False, False, False]
    assert not read_words([pd.NA]).readable[0]
    with pytest.raises(DataError, match="comment 1 is of type bytes"):
        read_words(["late", b"late"])


def test_phrases_do_not_cross_sentences_and_one_name_stands_for_the_same_comments() -> None:
    words = read_words(["did not work. late"] * 3 + ["late work", "late"])
    found = presence_of(words, words.readable, 1)
    assert set(found.terms) == {"late", "work", "did not work", "late work"}
    apart = presence_of(words, words.readable, 1, longest=1, merged=False)
    assert set(apart.terms) == {"late", "work", "did", "not"}


def test_phrases_against_a_count_by_hand() -> None:
    rng = np.random.default_rng(8)
    texts = [" ".join(rng.choice(list("abcd"), 6)) for _ in range(60)]
    words = read_words(texts)
    found = presence_of(words, words.readable, 5, merged=False)
    by_hand: dict[str, set[int]] = {}
    for row, text in enumerate(texts):
        letters = text.split()
        for size in (1, 2, 3):
            for start in range(len(letters) - size + 1):
                by_hand.setdefault(" ".join(letters[start : start + size]), set()).add(row)
    expected = {term: rows for term, rows in by_hand.items() if len(rows) >= 5}
    assert {
        term: set(found.matrix[:, [place]].nonzero()[0].tolist())
        for place, term in enumerate(found.terms)
    } == expected
