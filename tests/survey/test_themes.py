"""Themes: the simulator's topics come back, chance makes none, and nobody is given away."""

import numpy as np
import pytest
from scipy import sparse

from smsroi_models.errors import DataError, NotEstimableError, ParameterError, SmsroiError
from smsroi_models.simulate.comments import TOPICS, Comments, draw_comments
from smsroi_models.survey.comments import words_of
from smsroi_models.survey.mean_difference import mean_difference
from smsroi_models.survey.themes import Theme, Themes, comment_themes
from smsroi_models.survey.together import tied_words
from smsroi_models.survey.topics import matched

N = 1000


@pytest.fixture(scope="module")
def drawn() -> tuple[Comments, np.ndarray]:
    rng = np.random.default_rng(11)
    score = np.clip(np.round(rng.normal(7.0, 2.5, N)), 0, 10)
    return draw_comments(score, np.zeros(N, bool), rng), score


@pytest.fixture(scope="module")
def spend(drawn: tuple[Comments, np.ndarray]) -> np.ndarray:
    """Who tells of late delivery spends 30 less of 60."""
    gamma = np.random.default_rng(12).gamma(4.0, 15.0, N)
    return gamma * np.where(drawn[0].mentions[:, 0], 0.5, 1.0)


@pytest.fixture(scope="module")
def found(drawn: tuple[Comments, np.ndarray], spend: np.ndarray) -> Themes:
    comments, score = drawn
    rng = np.random.default_rng(13)
    return comment_themes(comments.column().to_pylist(), score, spend, rng=rng, examples=2)


def test_a_theme_is_named_without_the_words_of_other_comments() -> None:
    told = [f"the {what}" for what in ("parcel came late",) * 60 + ("order was easy",) * 60]
    told += ["the shop is fine", "so is the price"] * 30
    found = comment_themes(told, [3, 10] * 90, rng=np.random.default_rng(1), most_themes=3)
    names = {word for theme in found.themes for word in theme.name}
    assert {"late", "easy"} <= names and "the" not in names
    assert all(set(theme.name) <= set(theme.words) for theme in found.themes)


def _about(found: Themes, *words: str) -> Theme:
    return next(theme for theme in found.themes if set(words) <= set(theme.words))


def test_the_simulators_topics_are_found(found: Themes, drawn: tuple[Comments, np.ndarray]) -> None:
    """Jaccard's index of who mentions the theme with who was made to: words of one topic are in no
    other's wordings, but for everyday ones.
    """
    comments, _ = drawn
    texts = [set(words_of(text)) for text in comments.column().to_pylist()]
    best = []
    for topic, name in enumerate(TOPICS):
        truth = comments.mentions[:, topic]
        held = [
            np.array([len(set(theme.words) & text) >= 2 for text in texts])
            for theme in found.themes
        ]
        if name != "nothing_special":  # it has no words of its own
            best.append(max((truth & mine).sum() / (truth | mine).sum() for mine in held))
    assert np.mean(best) > 0.8 and min(best) > 0.4


def test_counts_shares_and_means_are_those_of_the_comments(
    found: Themes, drawn: tuple[Comments, np.ndarray], spend: np.ndarray
) -> None:
    comments, score = drawn
    texts = [set(words_of(text)) for text in comments.column().to_pylist()]
    anything = np.zeros(N, bool)
    level = 1 - 0.05 / len(found.themes)
    for theme in found.themes:
        held = np.array([len(set(theme.words) & text) >= 2 for text in texts])
        anything |= held
        assert theme.n_comments == held.sum()
        assert theme.share.estimate == pytest.approx(held.mean())
        assert 0.8 <= theme.stability <= 1
        assert theme.score == mean_difference(score, held, np.ones(N), level)
        assert theme.spend == mean_difference(spend, held, np.ones(N), level)
    assert found.other_share.estimate == pytest.approx(1 - anything.mean())
    assert found.n_topics == len(found.themes) + found.n_dropped


def test_late_delivery_goes_with_low_scores_and_less_spend(found: Themes) -> None:
    theme = _about(found, "late", "delivery")
    assert theme.score and theme.score.difference.ci_upper < 0
    assert theme.spend and theme.spend.difference.ci_upper < 0


def test_unrelated_words_make_no_theme() -> None:
    """Words drawn one by one, comments of any length: a factorisation finds topics, some stable,
    but none whose words belong together. A false tie is in 5 % of such samples.
    """
    rng = np.random.default_rng(3)
    words = np.array(["".join(letters) for letters in rng.choice(list("abcdefghij"), (300, 5))])
    shares = 1 / np.arange(1, 301)
    texts = [
        " ".join(words[rng.choice(300, length, p=shares / shares.sum())])
        for length in rng.geometric(0.1, 400)
    ]
    found = comment_themes(texts, np.ones(400), rng=rng)
    assert found.themes == () and found.other_share.estimate == 1
    assert found.n_dropped == found.n_topics


def test_false_ties_are_as_rare_as_stated() -> None:
    """100 samples; four standard errors above 5 % are 14 %."""
    rng = np.random.default_rng(4)
    shares = 0.6 / np.arange(1, 41)
    false = sum(
        tied_words(sparse.csr_array((rng.random((300, 40)) < shares * length) * 1.0)).any()
        for length in rng.uniform(0.2, 1.6, (100, 300, 1))
    )
    assert false <= 14


def test_examples_hide_contacts_names_and_rare_words() -> None:
    late = [f"late delivery, call 202-555-01{i:02d}" for i in range(60)]
    easy = [f"easy to order. Thanks, Zoe{i}" for i in range(60)]
    rng = np.random.default_rng(1)
    off = comment_themes(late + easy, [3] * 60 + [9] * 60, rng=rng)
    assert off.themes and all(theme.examples == () for theme in off.themes)
    on = comment_themes(late + easy, [3] * 60 + [9] * 60, rng=rng, examples=5)
    told = " ".join(text for theme in on.themes for text in theme.examples)
    assert "late delivery" in told and "***" in told
    assert "555" not in told and "Zoe" not in told


def test_the_same_generator_gives_the_same_themes(drawn: tuple[Comments, np.ndarray]) -> None:
    comments, score = drawn
    text = comments.column().to_pylist()[:200]
    runs = [comment_themes(text, score[:200], rng=np.random.default_rng(5)) for _ in range(2)]
    assert runs[0] == runs[1]


def test_unknown_spend_is_left_out_and_few_are_not_compared() -> None:
    told = ["parcel came late"] * 60 + ["easy to order"] * 60
    spend = np.array([10.0, 20.0] * 60)
    spend[:30] = np.nan
    found = comment_themes(told, [5] * 120, spend, rng=np.random.default_rng(2))
    assert found.themes and all(theme.spend is None for theme in found.themes)  # 45 are left
    assert all(theme.score is None for theme in found.themes)  # everybody gave the same


def test_matching_is_one_to_one() -> None:
    both = np.array([[1.0, 0.0], [0.8, 0.6]])
    assert matched(both, np.array([[1.0, 0.0], [0.0, 1.0]])).tolist() == [1.0, 0.6]


TEXTS = ["late again"] * 50 + ["all fine"] * 50


@pytest.mark.parametrize(
    ("comment", "options", "error", "told"),
    [
        (TEXTS[:99], {}, NotEstimableError, "99 comments can be read"),
        ([f"w{i}" for i in range(100)], {}, NotEstimableError, "0 words stand in 10"),
        (["送货太慢了"] * 50 + TEXTS, {}, NotEstimableError, "no spaces"),
        (TEXTS, {"rng": 1}, ParameterError, "numpy.random.Generator"),
        (TEXTS, {"most_themes": 1}, ParameterError, "from 2 to 20"),
        (TEXTS, {"most_themes": 2.5}, ParameterError, "from 2 to 20"),
        (TEXTS, {"examples": 6}, ParameterError, "from 0 to 5"),
        (TEXTS, {"confidence_level": 1.0}, ParameterError, "between 0 and 1"),
        (TEXTS, {"spend": [1.0]}, DataError, "spend has shape"),
    ],
)
def test_what_cannot_be_told_is_refused(
    comment: list[str], options: dict[str, object], error: type[SmsroiError], told: str
) -> None:
    given = {"rng": np.random.default_rng(1)} | options
    with pytest.raises(error, match=told):
        comment_themes(comment, np.ones(len(comment)), **given)


@pytest.mark.parametrize("values", [np.ones(4), np.array([1.0, 1.0, 2.0, 2.0])])
def test_means_without_spread_have_no_interval(values: np.ndarray) -> None:
    with pytest.raises(NotEstimableError, match="error of the difference"):
        mean_difference(values, np.array([True, True, False, False]), np.ones(4), 0.95)


def test_a_mean_of_one_has_no_interval() -> None:
    with pytest.raises(NotEstimableError, match="a group has 1 values"):
        mean_difference(np.arange(4.0), np.array([True, False, False, False]), np.ones(4), 0.95)
