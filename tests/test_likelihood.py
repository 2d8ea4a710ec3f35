"""Words for probabilities, against the table of the guidance note."""

import pytest

from smsroi_models.errors import ParameterError
from smsroi_models.likelihood import in_words

# Mastrandrea and others (2010), table 1: each term and the range of its likelihood.
TABLE = {
    "virtually certain": (0.99, 1.0),
    "very likely": (0.9, 1.0),
    "likely": (0.66, 1.0),
    "about as likely as not": (0.33, 0.66),
    "unlikely": (0.0, 0.33),
    "very unlikely": (0.0, 0.1),
    "exceptionally unlikely": (0.0, 0.01),
}


@pytest.mark.parametrize("thousandths", range(1, 1000, 5))
def test_a_word_is_the_narrowest_of_those_whose_range_holds_the_probability(thousandths):
    probability = thousandths / 1000
    width = {word: high - low for word, (low, high) in TABLE.items() if low <= probability <= high}
    assert width[in_words(probability)] == min(width.values())


@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan")])
def test_what_is_no_probability_is_refused(probability):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        in_words(probability)
