"""The written parts of the report on a survey.

The question, segments and regions are somebody else's text: every value passes Jinja's autoescape.
"""

from typing import Any

from smsroi_models.report import survey_followed_words as later
from smsroi_models.report import survey_words as words
from smsroi_models.report.drivers_page import drivers_table, themes_table
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import (
    Money,
    fixed,
    percent,
    plain,
    shortened,
    tally,
    with_interval,
)
from smsroi_models.report.results import versions
from smsroi_models.report.retold import retold
from smsroi_models.report.words import confidence
from smsroi_models.survey.answer_checks import record_is_whole
from smsroi_models.survey.arm_answers import ArmAnswers, ResponseRate, rate_of_all
from smsroi_models.survey.metrics import Score
from smsroi_models.survey.weight_quality import Balance
from smsroi_models.survey_result import SurveyResult

# More rows than a reader takes in are left to the results file.
MOST_ROWS, MOST_WEIGHTS = 12, 8
_ARMS = {"treatment": "Texted", "holdout": "Held out", "": "All asked"}
_VARIABLES = {"segment": "Segment", "region": "Region", "bought_before": "90 days before"}


@in_store_locale
def verdict(result: SurveyResult) -> Html:
    """Return the answer: a headline, a sentence with the interval in words, and any caution."""
    return fragment(
        "survey_verdict.html",
        of=_of(result),
        question=shortened(result.survey.question, 300),
        as_of=result.as_of,
        headline=words.headline(result),
        sentence=words.sentence(result),
        unknown=words.unknown_sentence(result),
        cautions=result.failed,
    )


@in_store_locale
def key_figures(result: SurveyResult) -> Html:
    """Return the handful of figures that a reader takes away."""
    write = _writer(result)
    score = result.best
    tiles = [
        (
            words.NAMES[result.survey.metric],
            *with_interval(score.estimate, write, words.finest(result)),
        )
    ]
    found = result.difference.best if result.difference else None
    if found is not None:
        value, low, high = words.difference_in_words(found, result)
        sign = "\N{MINUS SIGN}" if found.estimate < 0 else "+"
        tiles.append(("Texted less held out", f"{sign}{value}", f"{low} to {high}"))
    tiles.append(("People who answered", tally(result.counts.people), _anonymous(result)))
    rate = _rate(result)
    if rate:
        tiles.append(("Response rate", *rate))
    if result.followed:
        said = result.followed.stated
        if said.did_of_said:
            bought, interval = with_interval(said.did_of_said, percent, 0.001)
            label = f"Bought in {result.followed.days} days"
            tiles.append((label, bought, f"of {later.said_so(result)}; {interval}"))
    return fragment("key_figures.html", tiles=tiles)


@in_store_locale
def scores(result: SurveyResult) -> Html:
    """Return each arm's score, weighted and as answered, and their difference."""
    rows = [_score_row(arm, result) for arm in result.arms]
    rows.append(
        {
            "name": "Everybody who answered",
            "n": tally(result.everybody.n),
            "weighted": ("", ""),
            "plain": _score_cell(result.everybody, result),
        }
    )
    return fragment(
        "survey_scores.html",
        rows=rows,
        difference=_difference_row(result),
        counts=words.counts_sentence(result),
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def rates(result: SurveyResult) -> Html:
    """Return how many of each kind of people answered, by arm."""
    by_arm = {(rate.arm, rate.variable, rate.category): rate for rate in result.rates}
    kinds = list(dict.fromkeys((rate.variable, rate.category) for rate in result.rates))
    arms = [arm.arm for arm in result.arms]
    rows = [
        {
            "kind": _kind(variable, category),
            "whole": not variable,
            "cells": [_rate_cell(by_arm.get((arm, variable, category))) for arm in arms],
        }
        for variable, category in kinds[: MOST_ROWS + 1]
    ]
    return fragment(
        "survey_rates.html",
        sentence=words.unknown_sentence(result),
        arms=[_ARMS[arm] for arm in arms],
        rows=rows,
        left_out=len(kinds) - len(rows),
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def weights(result: SurveyResult) -> Html:
    """Return how far those who answered were from those they stand for, before and after."""
    made = [(arm.arm, arm.representation) for arm in result.arms if arm.representation]
    furthest = sorted(
        ((arm, row) for arm, told in made for row in told.balance),
        key=lambda pair: -abs(pair[1].difference_before),
    )
    rows = [_balance_row(arm, row) for arm, row in furthest[:MOST_WEIGHTS]]
    return fragment(
        "survey_weights.html",
        sentence=words.weights_sentence(result),
        rows=rows,
        left_out=len(furthest) - len(rows),
        effects=[
            (_ARMS[arm], f"{fixed(told.design_effect, 2)}", plain(told.effective_sample_size, 1.0))
            for arm, told in made
        ],
    )


@in_store_locale
def followed(result: SurveyResult) -> Html:
    """Return what people bought after they answered, by their answer."""
    found = result.followed
    if found is None:
        text = (
            "The store has no orders."
            if "orders" in result.missing
            else "The days in which purchases would count are not over for anybody yet."
        )
        return fragment("note.html", text=text)
    money = Money(result.currency)
    rows = [
        {
            "name": later.group_name(group),
            "n": tally(group.n),
            "share": with_interval(group.conversion, percent, 0.001),
            "spend": with_interval(group.spend, money, 0.01) if group.spend else ("", ""),
        }
        for group in found.groups
    ]
    correlation = ""
    if found.correlation:
        value, interval = with_interval(found.correlation, plain, 0.01)
        correlation = f"{value} ({interval})"
    return fragment(
        "survey_followed.html",
        finding=later.followed_finding(found),
        stated=later.stated_sentence(result),
        rows=rows,
        days=found.days,
        waiting=tally(found.n_waiting) if found.n_waiting else "",
        correlation=correlation,
        not_correlated=found.not_correlated,
        confidence=confidence(result.confidence_level),
    )


@in_store_locale
def drivers(result: SurveyResult) -> Html:
    """Return the words that go with low scores and with high ones, or why they are not told."""
    found = result.comments
    if found is None or found.drivers is None:
        why = found.no_drivers if found else "comments were not read"
        return fragment(
            "note.html", text=f"Which words go with low scores cannot be told: {retold(why)}."
        )
    return drivers_table(found.drivers)


@in_store_locale
def themes(result: SurveyResult) -> Html:
    """Return what the comments are about, or why that is not told."""
    found = result.comments
    if found is None or found.themes is None:
        why = found.no_themes if found else "comments were not read"
        return fragment(
            "note.html", text=f"What the comments are about cannot be told: {retold(why)}."
        )
    return themes_table(found.themes, result.currency)


@in_store_locale
def checks(result: SurveyResult) -> Html:
    """Return what was checked before any figure was trusted."""
    return fragment("checks.html", checks=result.checks)


@in_store_locale
def limits(result: SurveyResult) -> Html:
    """Return what the report does not show."""
    told = ("customers", "invitations", "orders", "assignments")
    missing = {name: text for name, text in result.missing.items() if name in told}
    return fragment("survey_limits.html", arms=result.has_arms, missing=missing)


@in_store_locale
def method(result: SurveyResult) -> Html:
    """Return how the figures were made and from what: enough to make them again."""
    return fragment(
        "survey_method.html",
        result=result,
        method=words.method(result),
        question=shortened(result.survey.question, 300),
        counts=words.counts_sentence(result),
        versions=versions(),
    )


def campaign_section(result: SurveyResult | None, why_not: str, *, comparable: bool = True) -> Html:
    """Return what a campaign's report says of its survey, or why that is not told."""
    if result is None:
        return fragment("note.html", text=retold(why_not))
    return fragment(
        "survey_section.html",
        question=shortened(result.survey.question, 300),
        survey_id=shortened(result.survey.survey_id),
        sentence=words.sentence(result),
        unknown=words.unknown_sentence(result),
        rows=[_score_row(arm, result) for arm in result.arms],
        difference=_difference_row(result),
        cautions=result.failed,
        comparable=comparable,
        confidence=confidence(result.confidence_level),
    )


def _writer(result: SurveyResult) -> Any:
    return lambda value, step: words.write_score(result, value, step)


def _of(result: SurveyResult) -> str:
    name = shortened(result.campaign_name, 200)
    return f"Survey of {name}" if name else f"Survey {shortened(result.survey.survey_id)}"


def _anonymous(result: SurveyResult) -> str:
    count = result.counts.anonymous
    return f"and {tally(count)} anonymous answers" if count else "one answer each"


def _invited_known(result: SurveyResult) -> bool:
    rate = rate_of_all(result.arms)
    return rate is not None and rate.share is not None


def _rate(result: SurveyResult) -> tuple[str, str] | None:
    """Return the response rate of all arms together and what it is of."""
    rate = rate_of_all(result.arms)
    if rate is None or rate.share is None:
        return None
    assert rate.n_invited is not None
    asked = f"of {tally(rate.n_invited)} who were asked"
    # What a record with holes says of itself is no rate of the answers that the scores are of.
    return (percent(rate.share.estimate) if record_is_whole(rate) else "not known", asked)


def _score_row(arm: ArmAnswers, result: SurveyResult) -> dict[str, Any]:
    return {
        "name": _ARMS[arm.arm],
        "n": tally(arm.response.n_answered),
        "weighted": _score_cell(arm.weighted, result),
        "plain": _score_cell(arm.unweighted, result),
    }


def _score_cell(score: Score | None, result: SurveyResult) -> tuple[str, str]:
    if score is None:
        return "", ""
    return with_interval(score.estimate, _writer(result), words.finest(result))


def _difference_row(result: SurveyResult) -> dict[str, tuple[str, str]] | None:
    found = result.difference
    if found is None:
        return None
    cells: dict[str, tuple[str, str]] = {}
    for name, estimate in (("weighted", found.weighted), ("plain", found.unweighted)):
        cells[name] = "", ""
        if estimate is not None:
            value, low, high = words.difference_in_words(estimate, result)
            sign = "\N{MINUS SIGN}" if estimate.estimate < 0 else "+"
            # Rounded to nothing it has no sign.
            shown = f"{sign}{value}" if set(value) & set("123456789") else value
            cells[name] = shown, f"{low} to {high}"
    return cells


def _kind(variable: str, category: str) -> str:
    if not variable:
        return "Everybody"
    return f"{_VARIABLES[variable]}: {shortened(category.strip(), 40)}"


def _rate_cell(rate: ResponseRate | None) -> tuple[str, str, str]:
    if rate is None:
        return "", "", ""
    if rate.share is None:
        return "not known", "", f"{tally(rate.n_answered)} answers"
    assert rate.n_invited is not None
    share, interval = with_interval(rate.share, percent, 0.01)
    others = f", and {tally(rate.n_uninvited)} not asked" if rate.n_uninvited else ""
    return share, interval, f"{tally(rate.n_of_invited)} of {tally(rate.n_invited)}{others}"


def _balance_row(arm: str, row: Balance) -> tuple[str, ...]:
    return (
        _kind(row.variable, row.category),
        _ARMS[arm],
        percent(row.population_share, 0.001),
        percent(row.unweighted_share, 0.001),
        plain(row.difference_before, 0.01),
    )
