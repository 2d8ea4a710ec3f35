"""Words for probabilities, against the table of the guidance note."""

import pytest

from published_words import RANGES
from smsroi_models.errors import ParameterError
from smsroi_models.likelihood import in_words


@pytest.mark.parametrize("thousandths", range(1, 1000, 5))
def test_a_word_is_the_narrowest_of_those_whose_range_holds_the_probability(thousandths):
    probability = thousandths / 1000
    width = {word: high - low for word, (low, high) in RANGES.items() if low <= probability <= high}
    assert width[in_words(probability)] == min(width.values())


@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan")])
def test_what_is_no_probability_is_refused(probability):
    with pytest.raises(ParameterError, match="between 0 and 1"):
        in_words(probability)
