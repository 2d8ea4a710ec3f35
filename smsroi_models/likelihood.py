"""How likely something is, in words: the scale of the IPCC's authors, by its printed bounds.

References
----------
Mastrandrea and others (2010), Guidance Note for Lead Authors of the IPCC Fifth Assessment Report on
Consistent Treatment of Uncertainties, table 1.
"""

from smsroi_models.errors import ParameterError

# The least probability of each word. The printed ranges overlap: the narrowest is taken, and what
# lies on a bound belongs to the word further from the middle.
_LIKELY = ((0.99, "virtually certain"), (0.9, "very likely"), (0.66, "likely"))
_UNLIKELY = ((0.01, "exceptionally unlikely"), (0.1, "very unlikely"), (0.33, "unlikely"))


def in_words(probability: float) -> str:
    """Return a probability's word on the scale.

    Parameters
    ----------
    probability : float
        In [0, 1].

    Raises
    ------
    ParameterError
        If it lies outside that range.

    Examples
    --------
    >>> [in_words(p) for p in (0.995, 0.97, 0.84, 0.5)]
    ['virtually certain', 'very likely', 'likely', 'about as likely as not']
    >>> in_words(0.2), in_words(0.1), in_words(0.0)
    ('unlikely', 'very unlikely', 'exceptionally unlikely')
    """
    if not 0 <= probability <= 1:
        raise ParameterError(f"probability is {probability}: it must lie between 0 and 1")
    for least, word in _LIKELY:
        if probability >= least:
            return word
    for most, word in _UNLIKELY:
        if probability <= most:
            return word
    return "about as likely as not"
