"""Tokens that cannot be guessed, and codes of which every mistyped one is found."""

import itertools
import math

import numpy as np
import pytest
from minting_shop import number_of

from smsroi_models.errors import ParameterError
from smsroi_models.planning.coupon_codes import LONGEST, check_character, mint_codes, verify_code
from smsroi_models.planning.tokens import (
    ALPHABET,
    LETTERS,
    chosen_length,
    mint_tokens,
    shortest_length,
    token_bits,
)


def test_no_two_characters_look_alike_and_none_is_a_vowel():
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    for alike in ("0O", "1IL", "2Z", "5S", "6G", "8B", "UV"):
        assert len(set(alike) & set(ALPHABET)) <= 1, alike
    assert not set("AEIOUY") & set(ALPHABET)
    assert "".join(letter for letter in ALPHABET if letter.isalpha()) == LETTERS


def _background(rng: np.random.Generator, length: int) -> list[str]:
    body = "".join(rng.choice(list(ALPHABET), length - 1))
    return list(body + check_character(body))


@pytest.mark.parametrize("length", [2, 3, 10, LONGEST])
def test_every_wrong_character_is_found_at_every_place(length):
    """Over the whole alphabet: a change's effect does not depend on the other characters."""
    code = _background(np.random.default_rng(length), length)
    assert verify_code("".join(code))
    for place in range(length):
        for wrong in set(ALPHABET) - {code[place]}:
            assert not verify_code("".join([*code[:place], wrong, *code[place + 1 :]]))


def test_every_code_of_three_characters_finds_every_wrong_one():
    """Exhaustive: 529 codes, 66 single errors each, and both exchanges of neighbours."""
    for body in map("".join, itertools.product(ALPHABET, repeat=2)):
        code = body + check_character(body)
        for place, wrong in itertools.product(range(3), ALPHABET):
            changed = code[:place] + wrong + code[place + 1 :]
            assert verify_code(changed) == (changed == code)
        for swapped in (code[1] + code[0] + code[2], code[0] + code[2] + code[1]):
            assert verify_code(swapped) == (swapped == code)


@pytest.mark.parametrize("place", range(LONGEST - 1))
def test_every_exchange_of_neighbours_is_found_at_every_place(place):
    """Every pair of different characters, at every place of the longest code."""
    rng = np.random.default_rng(place)
    for one, other in itertools.permutations(ALPHABET, 2):
        code = _background(rng, LONGEST)
        code[place : place + 2] = [one, other]
        code = _repaired(code, place)
        assert verify_code("".join(code))
        code[place], code[place + 1] = code[place + 1], code[place]
        assert not verify_code("".join(code))


def _repaired(code: list[str], place: int) -> list[str]:
    """Change one character away from the pair until the code holds; one of 23 always does."""
    spare = 0 if place > 1 else LONGEST - 1
    for letter in ALPHABET:
        tried = [*code[:spare], letter, *code[spare + 1 :]]
        if verify_code("".join(tried)):
            return tried
    raise AssertionError("no character makes the code hold")


def test_characters_far_apart_that_change_places_are_found_too():
    code = _background(np.random.default_rng(5), LONGEST)
    for i, j in itertools.combinations(range(LONGEST), 2):
        swapped = code.copy()
        swapped[i], swapped[j] = code[j], code[i]
        assert verify_code("".join(swapped)) == (code[i] == code[j])


def test_one_in_23_made_up_codes_holds():
    held = sum(verify_code("".join(body)) for body in itertools.product(ALPHABET, repeat=3))
    assert held == 23**2


@pytest.mark.parametrize("code", ["", "3", "3C", "3C60", "ACE", "3C6" * 8, "SPRING"])
def test_what_is_no_code_is_none(code):
    assert not verify_code(code)


def test_a_code_is_read_as_people_type_it():
    (code,) = mint_codes(1, 9, (), prefix="SUN")
    typed = f" {code[:3].lower()}-{code[3:8]} {code[8:].lower()}"
    assert verify_code(typed, prefix="SUN") and not verify_code(typed, prefix="SUM")


@pytest.mark.parametrize("prefix", ["sun", "SUN-", "A" * 13, "Ü"])
def test_a_prefix_that_orders_would_not_match_is_refused(prefix):
    with pytest.raises(ParameterError, match="--prefix is"):
        mint_codes(1, 9, (), prefix=prefix)


def test_codes_in_use_are_not_minted_again_in_any_case():
    draws = iter(map(number_of, ["CC", "DD"]))  # the first one is taken
    taken = ["sun" + "cc" + check_character("CC").lower()]
    assert mint_codes(1, 2, taken, "SUN", lambda _: next(draws)) == [
        "SUNDD" + check_character("DD")
    ]


def test_tokens_differ_and_begin_with_a_letter():
    tokens = mint_tokens(2_000, 4, ())
    assert len(set(tokens)) == 2_000
    assert {token[0] for token in tokens} <= set(LETTERS)
    assert set("".join(tokens)) == set(ALPHABET)


def test_every_token_is_drawn_by_one_number_and_so_equally_often():
    spelt = {mint_tokens(1, 2, (), lambda _, n=n: n)[0] for n in range(15 * 23)}
    assert spelt == {first + second for first in LETTERS for second in ALPHABET}


def test_entropy_is_the_logarithm_of_the_number_of_tokens():
    assert token_bits(3) == pytest.approx(math.log2(15 * 23 * 23), abs=1e-12)


@pytest.mark.parametrize("n_tokens", [1, 40_000, 10**7])
def test_the_shortest_length_is_just_enough(n_tokens):
    length = shortest_length(n_tokens, 40.0)
    hits = n_tokens / 2 ** token_bits(length)
    assert hits <= 2.0**-40 < n_tokens / 2 ** token_bits(length - 1)


def test_a_length_that_could_be_guessed_is_refused():
    assert chosen_length(100, 40.0, 20, "links") == 20
    with pytest.raises(ParameterError, match="--length is 5: 100 links need 11 random characters"):
        chosen_length(100, 40.0, 5, "links")
    with pytest.raises(ParameterError, match="32 at most"):
        chosen_length(100, 40.0, 33, "links")


def test_minting_more_than_there_are_ends():
    with pytest.raises(ParameterError, match="would soon run out"):
        mint_tokens(100, 1, ())
