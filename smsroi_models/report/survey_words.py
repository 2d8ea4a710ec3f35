"""The sentences of the report on a survey, made from its result."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report.numbers import fixed, percent, plain, say, significant, step_for, tally
from smsroi_models.report.words import confidence
from smsroi_models.survey.answer_checks import record_is_whole
from smsroi_models.survey.arm_answers import ResponseRate, rate_of_all
from smsroi_models.survey.metrics import Score
from smsroi_models.survey.representation import TOGETHER
from smsroi_models.survey_result import SurveyResult

TITLE = "What did customers say?"
NAMES = {
    "nps": "Net promoter score",
    "csat": "Satisfied customers",
    "ces": "Ease of the purchase",
    "intent": "Customers who say they will buy",
}
VARIABLES = {
    "segment": "segment",
    "region": "region",
    "bought_before": "whether they had bought in the 90 days before",
}


def verdict(result: SurveyResult) -> str:
    """Return the answer in one piece, with the checks that failed."""
    failed = [check.name.lower() for check in result.failed]
    caution = f" Checks that failed: {', '.join(failed)}." if failed else ""
    return f"{headline(result)} {sentence(result)}{caution}"


def headline(result: SurveyResult) -> str:
    """Return the score in a few words, and whether the texts changed it."""
    caution = ", with a caution" if result.failed else ""
    score = f"{_named(result)} {_value(result)} among those who answered"
    found = result.difference.best if result.difference else None
    if found is None:
        return f"{score}{caution}."
    return f"{score}: {_changed(found)}{caution}."


def sentence(result: SurveyResult) -> str:
    """Return of whom the score is, what chance and silence leave open, and how the arms differ.

    That those who kept silent may think otherwise stands in the same sentence as the interval: it
    is no part of it (decision 0011).
    """
    low, high = _ends(result.best.estimate, result)
    level = confidence(result.confidence_level)
    said = (
        f"Of {of_whom(result)} {_is(result)} {_value(result)}, between {low} and {high} with "
        f"{level} confidence as far as chance goes; {silence(result)}."
    )
    return " ".join(part for part in (said, difference_sentence(result)) if part)


def difference_sentence(result: SurveyResult) -> str:
    """Say how the texted differ from the held-out; empty without arms."""
    if result.difference is None:
        return ""
    found = result.difference.best
    if found is None:
        return "Too few answered to compare the texted with the held-out."
    value, low, high = difference_in_words(found, result)
    if found.ci_lower > 0 or found.ci_upper < 0:
        more = "higher" if found.estimate > 0 else "lower"
        return f"Texted customers score {value} {more} than held-out ones ({low} to {high})."
    return (
        f"Texted and held-out customers do not clearly differ: the difference lies between {low} "
        f"and {high}."
    )


def difference_in_words(found: Estimate, result: SurveyResult) -> tuple[str, str, str]:
    r"""Write a difference without its sign, and both ends of its interval with theirs."""
    factor, unit = (100.0, "pp") if is_share(result) else (1.0, "points")
    scaled = found.scaled(factor)
    step = step_for(scaled, 0.01 if result.survey.metric == "ces" else 1.0)
    value = plain(abs(scaled.estimate), step)
    low, high = plain(scaled.ci_lower, step), plain(scaled.ci_upper, step)
    of_value = "point" if (unit, value) == ("points", "1") else unit
    return f"{value}\N{NO-BREAK SPACE}{of_value}", low, f"{high}\N{NO-BREAK SPACE}{unit}"


def of_whom(result: SurveyResult) -> str:
    """Name the people whom the score is of: those who answered, and whom they are weighted to."""
    if not result.arms or result.best is result.everybody:
        return f"the {tally(result.counts.counted)} who answered"
    arm = result.arms[0]
    texted = " texted customers" if arm.arm else ""
    everyone = f"all {tally(arm.response.n)} {'texted' if arm.arm else 'who were asked'}"
    used = arm.representation.variables if arm.representation else ()
    by = f" by {_listed([VARIABLES[name] for name in used])}" if used else ""
    return (
        f"the {tally(arm.response.n_answered)}{texted} who answered, weighted to look like "
        f"{everyone}{by},"
    )


def silence(result: SurveyResult) -> str:
    """Say that those who did not answer may think otherwise, and how many they are."""
    rate = _rate_of_best(result)
    if rate is None or rate.share is None or not record_is_whole(rate):
        return "how many kept silent is not known, and they may think otherwise"
    if rate.share.estimate == 1:
        return "everybody asked answered"
    only = "only " if rate.share.estimate < 0.5 else ""
    return (
        f"{only}{percent(rate.share.estimate)} of those asked answered, and those who did not may "
        "think otherwise"
    )


def _rate_of_best(result: SurveyResult) -> ResponseRate | None:
    weighted = result.arms and result.best is not result.everybody
    return rate_of_all(result.arms[:1] if weighted else result.arms)


def unknown_sentence(result: SurveyResult) -> str:
    """Say how many of those asked answered, and which way the others may pull the scores.

    That they may think otherwise is in `sentence`, above it.
    """
    if not result.counts.people:
        return (
            f"All {tally(result.counts.anonymous)} answers are anonymous: who answered is not "
            "known, "
            "and so neither how many kept silent nor what the texted and the held-out said."
        )
    rate = rate_of_all(result.arms)
    if rate is None or rate.share is None:
        return "The store does not say who was asked: how many kept silent cannot be told."
    assert rate.n_invited is not None
    others = f" {tally(rate.n_uninvited)} more answered whom nobody is recorded to have asked."
    said = f"{tally(rate.n_of_invited)} of {tally(rate.n_invited)} who were asked answered"
    return (
        f"{said} ({percent(rate.share.estimate)})."
        f"{others if rate.n_uninvited else ''}"
        f" If the pleased are readier to answer, {_too_high(result)}."
    )


def _too_high(result: SurveyResult) -> str:
    if not result.has_arms:
        return "the score is too high"
    return "the scores of both arms are too high, and their difference is the safer figure"


def weights_sentence(result: SurveyResult) -> str:
    """Say what the answers were weighted by, and what could not be used."""
    made = [arm.representation for arm in result.arms if arm.representation]
    if not made:
        return "The answers are not weighted: there are too few, or nothing to weight by."
    used = [VARIABLES[name] for name in made[0].variables]
    people = "everyone assigned to its arm" if result.arms[0].arm else "everyone who was asked"
    said = f"Each answer is weighted, so that together they stand for {people} by {_listed(used)}."
    gone = sorted({VARIABLES[name] for one in made for name in one.given_up})
    if gone:
        said += f" They could not be weighted by {_listed(gone)}."
    if any(one.put_together for one in made):
        said += f" Groups with too few answers were put together, as {TOGETHER}."
    most = max(one.largest_weight for one in made)
    return f"{said} The largest weight is {plain(most, 0.1)} times the mean one."


def scores_finding(result: SurveyResult) -> str:
    """Say in a figure's title how the arms compare."""
    found = result.difference.best if result.difference else None
    if found is None:
        return f"{_named(result)} {_value(result)}"
    if found.ci_lower > 0:
        return "Texted customers score higher than held-out ones"
    if found.ci_upper < 0:
        return "Texted customers score lower than held-out ones"
    return "Texted and held-out customers do not clearly differ"


def counts_sentence(result: SurveyResult) -> str:
    """Say which answers count, and where the others went."""
    counts = result.counts
    parts = [f"{tally(counts.people)} people answered"]
    if counts.replaced:
        parts.append(
            f"{tally(counts.replaced)} earlier answers of people who answered again do not count"
        )
    if counts.anonymous:
        parts.append(
            f"{tally(counts.anonymous)} anonymous answers count only among all who answered"
        )
    if counts.outside:
        of = "never assigned" if result.has_arms else "not recorded as asked"
        parts.append(f"{tally(counts.outside)} people were {of} and count there only, too")
    if counts.later:
        parts.append(f"{tally(counts.later)} answers came later than this reading")
    return f"{'; '.join(parts)}."


def method(result: SurveyResult) -> str:
    """Say how the figures were made, for a reader who wants to check them."""
    interval = {
        "nps": "the adjusted Wald interval (Rocks 2016)",
        "ces": "Student's t",
    }.get(result.survey.metric, "Wilson's interval")
    return (
        f"{_how(result)} Its interval is {interval}; of weighted answers by the number of equal "
        "ones that would be as precise, from the jackknife of the raked mean. Weights are raked to "
        "the margins of everyone assigned, none above five times the mean (Deville and Särndal "
        "1992). The difference of two arms has its interval from both (Zou and Donner 2008). "
        "docs/surveys.md has formulas, sources, and how often the intervals hold."
    )


def is_share(result: SurveyResult) -> bool:
    """Tell whether the score is a share."""
    return result.survey.metric in ("csat", "intent")


def write_score(result: SurveyResult, value: float, step: float) -> str:
    """Write a score of the survey's metric, rounded to a multiple of the step."""
    return percent(value, step) if is_share(result) else plain(value, step)


def score_with_interval(score: Score, result: SurveyResult) -> str:
    """Write a score with its interval: ``38 (30 to 45)``."""
    return say(score.estimate, lambda value, step: write_score(result, value, step), finest(result))


def finest(result: SurveyResult) -> float:
    """Return the step that scores are written to: whole points, whole percents, hundredths."""
    return 1.0 if result.survey.metric == "nps" else 0.01


def _how(result: SurveyResult) -> str:
    scale = f"{significant(result.survey.scale_min)} to {significant(result.survey.scale_max)}"
    if result.survey.metric == "nps":
        return (
            f"On the scale of {scale}, promoters answered from {fixed(0.85, 2)} of the way up "
            "(9 and 10 of "
            f"10), detractors below {fixed(0.65, 2)} (0 to 6); the score is 100 times the "
            "difference of their "
            "shares."
        )
    if result.survey.metric == "ces":
        return f"The score is the mean answer on the scale of {scale}."
    boxes = getattr(result.everybody, "boxes", None) or 1
    highest = "the highest answer" if boxes == 1 else f"one of the {boxes} highest answers"
    return f"The score is the share who gave {highest} on the scale of {scale}."


def _named(result: SurveyResult) -> str:
    return NAMES[result.survey.metric]


def _is(result: SurveyResult) -> str:
    return "the share is" if is_share(result) else "the score is"


def _value(result: SurveyResult) -> str:
    score = result.best
    value = write_score(result, score.score, step_for(score.estimate, finest(result)))
    if result.survey.metric == "ces":
        return f"{value} of {significant(result.survey.scale_max)}"
    return value


def _ends(found: Estimate, result: SurveyResult) -> tuple[str, str]:
    step = step_for(found, finest(result))
    return write_score(result, found.ci_lower, step), write_score(result, found.ci_upper, step)


def _changed(found: Estimate) -> str:
    if found.ci_lower > 0:
        return "the texts raised it"
    if found.ci_upper < 0:
        return "the texts lowered it"
    return "no clear change by the texts"


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
