"""What the report says of respondents' own words: the words of low and high scorers, and themes.

Every word in it was written by a customer: fragments escape it.
"""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import (
    Money,
    p_written,
    percent,
    plain,
    significant,
    step_for,
    tally,
    with_interval,
)
from smsroi_models.report.words import confidence
from smsroi_models.survey.drivers import Drivers, DriverWord
from smsroi_models.survey.mean_difference import MeanDifference
from smsroi_models.survey.themes import Theme, Themes

MOST_WORDS = 8
_NAMED = 3
_NONE = "\N{EM DASH}"


def drivers_table(drivers: Drivers) -> Html:
    """Return the finding in a sentence, and the words of both groups with their shares.

    Parameters
    ----------
    drivers : Drivers
    """
    rows = [
        (group, [_word_row(word) for word in leading(words)])
        for group, words in (("Low scorers", drivers.low), ("High scorers", drivers.high))
        if words
    ]
    return fragment(
        "drivers.html",
        sentence=drivers_sentence(drivers),
        low=f"{significant(drivers.low_at_most)} or less",
        high=f"{significant(drivers.high_at_least)} or more",
        groups=rows,
        confidence=confidence(drivers.confidence_level),
        rate=percent(drivers.false_discovery_rate),
        tested=tally(drivers.n_tested),
        left_out=_left_out(drivers.n_without_spaces),
    )


def leading(words: tuple[DriverWord, ...]) -> tuple[DriverWord, ...]:
    """Return the strongest words, without those whose comments hold a stronger one too."""
    return tuple(word for word in words if word.told_by is None)[:MOST_WORDS]


def drivers_finding(drivers: Drivers) -> str:
    """Say in a figure's title which words go with low scores, and which with high ones."""
    told = [
        f"{who} write more often of {_quoted(words)}"
        for who, words in (("low scorers", drivers.low), ("high scorers", drivers.high))
        if words
    ]
    if not told:
        return "No word is clearly more frequent among low or high scorers"
    text = ", ".join(told)
    return f"{text[0].upper()}{text[1:]}"


def drivers_sentence(drivers: Drivers) -> str:
    """Say the same with the number of comments behind it."""
    return (
        f"{drivers_finding(drivers)}. Compared were {tally(drivers.n_low)} comments with a "
        "score of "
        f"{significant(drivers.low_at_most)} or less and {tally(drivers.n_high)} with "
        f"{significant(drivers.high_at_least)} or "
        "more."
    )


def themes_table(themes: Themes, currency: str) -> Html:
    """Return the finding in a sentence, and each theme with its share, score and spend.

    Parameters
    ----------
    themes : Themes
    currency : str
        ISO 4217 code of the store's currency.
    """
    return fragment(
        "themes.html",
        sentence=themes_sentence(themes),
        rows=[_theme_row(theme, Money(currency)) for theme in themes.themes],
        other=_shares(themes.other_share),
        confidence=confidence(themes.confidence_level),
        currency=currency,
        spend=any(theme.spend for theme in themes.themes),
        examples=any(theme.examples for theme in themes.themes),
        left_out=_left_out(themes.n_without_spaces),
    )


def themes_sentence(themes: Themes) -> str:
    """Say how many themes there are, the most frequent one, and where money clearly differs."""
    n = len(themes.themes)
    if not n:
        return (
            f"No theme came back in other runs over the {tally(themes.n_comments)} comments: "
            "what they "
            "are about has to be read."
        )
    first = themes.themes[0]
    text = (
        f"{n} theme{'s' if n > 1 else ''} came back in other runs over the "
        f"{tally(themes.n_comments)} comments. The most frequent one, "
        f"{_quoted_words(first.name)}, is "
        f"in {percent(first.share.estimate)} of them."
    )
    apart = [theme for theme in themes.themes if theme.spend and _clear(theme.spend)]
    return f"{text} {_money(apart)}" if any(theme.spend for theme in themes.themes) else text


def _money(apart: list[Theme]) -> str:
    if not apart:
        return "Who mentions a theme spent neither clearly more nor clearly less than the others."
    told = [
        f"who mentions {_quoted_words(theme.name)} spent clearly "
        f"{'less' if theme.spend.difference.estimate < 0 else 'more'} than the others"
        for theme in apart
        if theme.spend
    ]
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}."


def _clear(difference: MeanDifference) -> bool:
    return difference.difference.ci_lower > 0 or difference.difference.ci_upper < 0


def _quoted(words: tuple[DriverWord, ...]) -> str:
    return _listed([word.term for word in leading(words)][:_NAMED])


def _quoted_words(words: tuple[str, ...]) -> str:
    return f"“{', '.join(words[:_NAMED])}”"


def _listed(names: list[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return " and ".join([*[", ".join(quoted[:-1])] * (len(quoted) > 1), quoted[-1]])


def _left_out(n: int) -> str:
    if not n:
        return ""
    return (
        f"{tally(n)} comments in a language that writes no spaces between words could not be "
        "split into "
        "words, and are left out."
    )


def _word_row(word: DriverWord) -> dict[str, object]:
    return {
        "term": word.term,
        "low": _shares(word.share_low),
        "high": _shares(word.share_high),
        "comments": f"{tally(word.n_low)} / {tally(word.n_high)}",
        "chance": p_written(word.p_adjusted),
    }


def _theme_row(theme: Theme, money: Money) -> dict[str, object]:
    return {
        "name": ", ".join(theme.name),
        "words": ", ".join(word for word in theme.words if word not in theme.name),
        "share": _shares(theme.share),
        "comments": tally(theme.n_comments),
        "score": _means(theme.score, lambda value, step: plain(value, min(step, 0.1))),
        "spend": _means(theme.spend, lambda value, step: money(value, step)),
        "stability": plain(theme.stability, 0.01),
        "examples": theme.examples,
    }


def _means(found: MeanDifference | None, write: object) -> dict[str, str]:
    if found is None:
        return {"mention": _NONE, "others": _NONE, "difference": _NONE, "interval": ""}
    assert callable(write)
    step = step_for(found.difference, 0.01)
    difference, interval = with_interval(found.difference, write, 0.01)
    return {
        "mention": write(found.mean_first, step),
        "others": write(found.mean_second, step),
        "difference": difference,
        "interval": interval,
    }


def _shares(share: Estimate) -> tuple[str, str]:
    step = 0.01 if share.estimate >= 0.1 else min(step_for(share, 0.001), 0.01)
    low, high = plain(100 * share.ci_lower, 100 * step), percent(share.ci_upper, step)
    return percent(share.estimate, step), f"{low} to {high}"
