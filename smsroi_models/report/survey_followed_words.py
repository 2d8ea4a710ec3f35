"""The sentences of what people bought after they answered a survey."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.report.numbers import percent, significant, tally
from smsroi_models.survey.followed import AnswerGroup, Followed
from smsroi_models.survey_result import SurveyResult


def followed_finding(found: Followed) -> str:
    """Say whether those who answered higher bought more, in a figure's title."""
    if not any(group.n_bought for group in found.groups):
        return f"Nobody bought in the {found.days} days after answering"
    if found.correlation is None:
        return "Whether higher answers went with more buying cannot be told"
    if found.correlation.ci_lower > 0:
        return "Who answered higher bought more afterwards"
    if found.correlation.ci_upper < 0:
        return "Who answered higher bought less afterwards"
    return "What people answered says little about what they bought afterwards"


def stated_sentence(result: SurveyResult) -> str:
    """Say of those who said that they would how many did, beside the others."""
    found = result.followed
    if found is None:
        return ""
    said, days = found.stated, found.days
    who = said_so(result)
    if said.did_of_said is None:
        return f"Nobody whose {days} days are over is among {who}."
    text = (
        f"Of {tally(said.n_said)} {who}, {percent(said.did_of_said.estimate, 0.001)} bought within "
        f"{days} days ({_percent_interval(said.did_of_said)})"
    )
    if said.did_of_others is None or said.difference is None:
        return f"{text}; everybody is of that kind."
    clear = said.difference.ci_lower > 0 or said.difference.ci_upper < 0
    text += (
        f", and of the {tally(said.n_others)} others {percent(said.did_of_others.estimate, 0.001)} "
        f"({_percent_interval(said.did_of_others)})"
    )
    return f"{text}: {'a clear difference' if clear else 'no clear difference'}."


def said_so(result: SurveyResult) -> str:
    """Name those whose answer was high."""
    return {
        "nps": "promoters",
        "csat": "satisfied customers",
        "ces": "customers who found it easiest",
        "intent": "customers who said that they would buy",
    }[result.survey.metric]


def group_name(group: AnswerGroup) -> str:
    """Name a group of answers: ``promoters (9 to 10)``, or the answer."""
    if not group.name[0].isalpha():
        return group.name
    low, high = significant(group.lowest), significant(group.highest)
    return f"{group.name} ({low})" if low == high else f"{group.name} ({low} to {high})"


def _percent_interval(found: Estimate) -> str:
    return f"{percent(found.ci_lower, 0.001)} to {percent(found.ci_upper, 0.001)}"
