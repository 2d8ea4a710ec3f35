"""The figures of a survey: how each arm answered, the score with its interval, what followed."""

from collections.abc import Sequence

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from smsroi_models.report import survey_followed_words as later
from smsroi_models.report import survey_words as words
from smsroi_models.report.drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    RED,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    percent_axis,
    write_ticks,
)
from smsroi_models.report.drivers_figure import dumbbells
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import percent, plain, significant, tally
from smsroi_models.report.words import confidence
from smsroi_models.survey.answers import Scale, read_answers
from smsroi_models.survey.followed import Followed
from smsroi_models.survey.metrics import Score
from smsroi_models.survey.scores import NetPromoterScore, promoter_signs
from smsroi_models.survey_result import SurveyResult

_ARMS = {"treatment": "texted", "holdout": "held out", "": "all asked"}
_LIGHT = "#c9d1d9"


@in_store_locale
def scores(result: SurveyResult, ax: Canvas | None = None) -> Picture:
    """Draw each arm's answers as a stacked bar, and its score with the interval beneath."""
    rows, title = _rows(result), words.scores_finding(result)
    stacked = result.survey.metric != "ces"
    with figure_style():
        figure = canvas(ax, (5.2, 1.5 + (0.55 if stacked else 0.0) * len(rows) + 1.3))
        panels = figure.subplots(
            1 + stacked, squeeze=False, height_ratios=[1.25, 1.0] if stacked else [1.0]
        )[:, 0]
        if stacked:
            _draw_bars(panels[0], rows)
        _draw_scores(panels[-1], rows, result)
        head(figure, title)
    told = "; ".join(f"{name}: {_say(score, result)}" for name, score in rows)
    level = confidence(result.confidence_level)
    return Picture(
        figure, f"{title}. {words.NAMES[result.survey.metric]} with {level} intervals: {told}."
    )


@in_store_locale
def distribution(result: SurveyResult, ax: Canvas | None = None) -> Picture:
    """Draw how many gave each answer, of everybody who answered."""
    answers, counts = zip(*result.distribution.items(), strict=True)
    most = max(result.distribution, key=lambda answer: result.distribution[answer])
    title = f"The answer given most often is {significant(most)}"
    with figure_style():
        figure = canvas(ax, (5.2, 3.0))
        axes = figure.subplots()
        axes.bar(answers, counts, color=[_colour(result, answer) for answer in answers], width=0.8)
        axes.set_xlim(result.survey.scale_min - 0.6, result.survey.scale_max + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=11, integer=True))
        write_ticks(axes.yaxis, lambda value: plain(value, 1.0))
        axes.set_xlabel("answer")
        axes.set_ylabel("people")
        head(figure, title)
        sns.despine(ax=axes)
    told = "; ".join(
        f"{significant(answer)}: {tally(count)}" for answer, count in result.distribution.items()
    )
    return Picture(figure, f"{title}. People by answer, everybody who answered: {told}.")


@in_store_locale
def followed(result: SurveyResult, ax: Canvas | None = None) -> Picture | None:
    """Draw the share who bought after each kind of answer; None where no time has passed."""
    found = result.followed
    if found is None:
        return None
    title, level = later.followed_finding(found), confidence(result.confidence_level)
    names = [later.group_name(group) for group in found.groups]
    with figure_style():
        figure = canvas(ax, (5.2, 1.7 + 0.42 * len(names)))
        axes = figure.subplots()
        for place, group in enumerate(found.groups):
            share = group.conversion
            axes.plot([share.ci_lower, share.ci_upper], [place] * 2, color=BLUE, linewidth=2.2)
            axes.plot([share.estimate], [place], marker="o", markersize=8, color=BLUE)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        percent_axis(axes.xaxis, 10.0 ** (-2 - _decimals(found)))
        axes.set_xlabel(f"bought within {found.days} days of answering;\nbars: {level} intervals")
        head(figure, title)
        sns.despine(ax=axes, left=True)
        axes.tick_params(left=False)
    return Picture(figure, f"{title}. {_say_followed(found, names, level)}.")


@in_store_locale
def drivers(result: SurveyResult, ax: Canvas | None = None) -> Picture | None:
    """Draw the words of low and of high scorers; None where there are none."""
    found = result.comments.drivers if result.comments else None
    if found is None or not (found.low or found.high):
        return None
    return dumbbells(found, ax)


def _decimals(found: Followed) -> int:
    """Return the decimals of percents on the axis: one where all shares are small."""
    return 0 if max(group.conversion.ci_upper for group in found.groups) > 0.05 else 1


def _rows(result: SurveyResult) -> list[tuple[str, Score]]:
    arms = [(_ARMS[arm.arm], arm.best) for arm in result.arms]
    rows = [(name, score) for name, score in arms if score is not None]
    return rows or [("all who answered", result.everybody)]


def _draw_bars(axes: Axes, rows: Sequence[tuple[str, Score]]) -> None:
    for place, (_, score) in enumerate(rows):
        left = 0.0
        for label, share, colour in _parts(score):
            axes.barh(place, share, left=left, color=colour, height=0.62)
            if share >= 0.09:
                ink = INK if colour == _LIGHT else "white"
                text = percent(share)
                axes.text(left + share / 2, place, text, color=ink, ha="center", va="center")
            if place == 0 and share >= 0.02:
                axes.text(
                    min(left + share / 2, 0.93), -0.48, label, ha="center", va="bottom", fontsize=9
                )
            left += share
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.85)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    sns.despine(ax=axes, left=True, bottom=True)
    axes.tick_params(left=False)


def _parts(score: Score) -> list[tuple[str, float, str]]:
    if isinstance(score, NetPromoterScore):
        return [
            ("detractors", score.detractor_share, RED),
            ("passives", score.passive_share, _LIGHT),
            ("promoters", score.promoter_share, GREEN),
        ]
    return [("others", 1 - score.score, _LIGHT), ("highest answers", score.score, GREEN)]


def _draw_scores(axes: Axes, rows: Sequence[tuple[str, Score]], result: SurveyResult) -> None:
    factor = 100.0 if words.is_share(result) else 1.0
    for place, (name, score) in enumerate(rows):
        colour = GREY if name == _ARMS["holdout"] else BLUE
        ends = [factor * score.ci_lower, factor * score.ci_upper]
        axes.plot(ends, [place] * 2, color=colour, linewidth=2.4)
        axes.plot([factor * score.score], [place], marker="o", markersize=8, color=colour)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.12)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
    write_ticks(axes.xaxis, lambda value: plain(value, 0.1 if value % 1 else 1.0))
    unit = {"nps": "net promoter score, points", "ces": "mean answer"}.get(
        result.survey.metric, "share, %"
    )
    axes.set_xlabel(f"{unit}; bars: {confidence(result.confidence_level)} intervals")
    sns.despine(ax=axes, left=True)
    axes.tick_params(left=False)


def _colour(result: SurveyResult, answer: float) -> str:
    """Return the colour of an answer's kind."""
    low, high = result.survey.scale_min, result.survey.scale_max
    if result.survey.metric == "nps":
        sign = float(promoter_signs(read_answers([answer], None, Scale(low, high)))[0])
        return {1.0: GREEN, 0.0: _LIGHT, -1.0: RED}[sign]
    if result.survey.metric == "ces":
        return BLUE
    boxes = getattr(result.everybody, "boxes", None) or 1
    return GREEN if answer > high - boxes else _LIGHT


def _say(score: Score, result: SurveyResult) -> str:
    told = words.score_with_interval(score, result)
    if isinstance(score, NetPromoterScore):
        kinds = ", ".join(f"{percent(share)} {label}" for label, share, _ in _parts(score))
        return f"{told}, {kinds}"
    return told


def _say_followed(found: Followed, names: Sequence[str], level: str) -> str:
    told = "; ".join(
        f"{name}: {tally(group.n_bought)} of {tally(group.n)}, "
        f"{percent(group.conversion.estimate, 0.001)} "
        f"({percent(group.conversion.ci_lower, 0.001)} to "
        f"{percent(group.conversion.ci_upper, 0.001)})"
        for name, group in zip(names, found.groups, strict=True)
    )
    return f"Share who bought within {found.days} days of answering, {level} intervals: {told}"
