"""Laws of the letters and of what is left after allowing for luck."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smsroi_models.attribution.best_of import probability_best
from smsroi_models.attribution.effects import Estimate
from smsroi_models.attribution.letters import compact_letters, told_apart
from smsroi_models.attribution.trend import trend

NAMES = [f"c{i}" for i in range(6)]
PAIRS = [frozenset(pair) for pair in combinations(NAMES, 2)]
FIGURES = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 3)), min_size=4, max_size=7).map(
    lambda rows: [Estimate(v, e, v - 2 * e, v + 2 * e) for v, e in rows]
)


@given(st.sets(st.sampled_from(PAIRS)))
@settings(max_examples=100)
def test_two_share_a_letter_exactly_where_they_do_not_differ(differ) -> None:
    letters = {name: set(found) for name, found in compact_letters(NAMES, differ).items()}
    assert all(letters.values())
    for pair in PAIRS:
        one, other = pair
        assert bool(letters[one] & letters[other]) == (pair not in differ)


@given(st.sets(st.sampled_from(PAIRS)))
@settings(max_examples=50)
def test_no_letter_says_what_another_says_already(differ) -> None:
    letters = compact_letters(NAMES, differ)
    groups = {
        letter: {name for name in NAMES if letter in letters[name]}
        for letter in set().union(*letters.values())
    }
    for one, other in combinations(groups.values(), 2):
        assert not one <= other and not other <= one


@given(FIGURES, st.floats(-3, 3), st.floats(0.1, 10))
@settings(max_examples=8)
def test_currency_and_zero_do_not_matter(figures, shift, scale) -> None:
    def moved(figure: Estimate) -> Estimate:
        ends = (scale * end + shift for end in (figure.ci_lower, figure.ci_upper))
        return Estimate(scale * figure.estimate + shift, scale * figure.standard_error, *ends)

    named = {str(i): figure for i, figure in enumerate(figures)}
    other = {name: moved(figure) for name, figure in named.items()}
    assert probability_best(other) == pytest.approx(probability_best(named), abs=1e-6)
    before, after = (
        told_apart({name: (figure, 1e6) for name, figure in one.items()}) for one in (named, other)
    )
    assert before == after
    slope = trend(figures, range(len(figures))).estimate
    moved_slope = trend(list(other.values()), range(len(figures))).estimate
    assert moved_slope == pytest.approx(scale * slope, abs=1e-6 * scale)


@given(FIGURES)
@settings(max_examples=15)
def test_time_turned_round_turns_the_trend(figures) -> None:
    n = len(figures)
    forth, back = trend(figures, range(n)), trend(figures, [-i for i in range(n)])
    assert back.estimate == pytest.approx(-forth.estimate, abs=1e-7)
    assert back.ci_lower == pytest.approx(-forth.ci_upper, abs=1e-7)
