"""The arms of a survey: from what was collected to scores, response rates and checks."""

from collections.abc import Sequence

from smsroi_models.attribution.checks import Check
from smsroi_models.store.tables import ARMS
from smsroi_models.survey import answer_checks
from smsroi_models.survey.answers import Scale
from smsroi_models.survey.arm_answers import (
    ArmAnswers,
    ArmDifference,
    ResponseRate,
    answers_of_arm,
    rate_of_all,
    response_rate,
)
from smsroi_models.survey.metrics import Metric
from smsroi_models.survey.people_asked import Asked, Cell
from smsroi_models.survey_result import AnswerCounts


def read_arms(
    asked: Asked,
    metric: Metric,
    scale: Scale,
    boxes: int | None,
    confidence_level: float,
    invited_known: bool,
) -> tuple[tuple[ArmAnswers, ...], tuple[ResponseRate, ...]]:
    """Return each arm's answers, treatment first, and who answered by arm and kind of customer."""
    # A table of invitations that names nobody of this survey does not say who was asked.
    invited_known = invited_known and any(cell.invited for cell in asked.cells)
    present = {cell.arm for cell in asked.cells}
    names = [name for name in (*ARMS, "") if name in present]
    rates, arms = [], []
    for name in names:
        cells = [cell for cell in asked.cells if cell.arm == name]
        whole = _rate(name, cells, confidence_level, invited_known)
        rates.append(whole)
        for variable in asked.people.groups:
            for category in sorted({cell.groups[variable] for cell in cells}):
                part = [cell for cell in cells if cell.groups[variable] == category]
                rates.append(_rate(name, part, confidence_level, invited_known, variable, category))
        inside = asked.people.arm == name
        groups = {key: labels[inside] for key, labels in asked.people.groups.items()}
        arms.append(
            answers_of_arm(
                asked.people.score[inside],
                groups,
                {variable: _totals(cells, variable) for variable in groups},
                whole,
                metric,
                scale,
                boxes=boxes,
                confidence_level=confidence_level,
            )
        )
    return tuple(arms), tuple(rates)


def _rate(
    arm: str,
    cells: Sequence[Cell],
    confidence_level: float,
    invited_known: bool,
    variable: str = "",
    category: str = "",
) -> ResponseRate:
    n, invited, answered, uninvited = (
        sum(getattr(cell, name) for cell in cells)
        for name in ("n", "invited", "answered", "uninvited")
    )
    asked = invited if invited_known else None
    return response_rate(arm, n, asked, answered, uninvited, confidence_level, variable, category)


def _totals(cells: Sequence[Cell], variable: str) -> dict[str, float]:
    totals: dict[str, float] = {}
    for cell in cells:
        category = cell.groups[variable]
        totals[category] = totals.get(category, 0.0) + cell.n
    return totals


def count_answers(asked: Asked, arms: Sequence[ArmAnswers]) -> AnswerCounts:
    """Return which answers count, and where the others went."""
    n = len(asked.people.score)
    return AnswerCounts(
        responses=asked.n_responses,
        people=n,
        replaced=asked.n_replaced,
        anonymous=len(asked.anonymous),
        outside=n - sum(arm.response.n_answered for arm in arms),
        later=asked.n_later,
    )


def survey_checks(
    arms: Sequence[ArmAnswers], difference: ArmDifference | None, counts: AnswerCounts
) -> list[Check]:
    """Return whether the answers can carry what is said of them."""
    two = arms if len(arms) == 2 else ()
    if not counts.people:
        return [
            check
            for check in (answer_checks.anonymous_few(counts.anonymous, counts.counted),)
            if check
        ] + [answer_checks.response_high(None)]
    found = [
        answer_checks.enough_answers(two, counts.counted),
        answer_checks.response_high(rate_of_all(arms)),
        answer_checks.response_alike(two, difference.response if difference else None),
        answer_checks.weights_hold(arms),
        answer_checks.anonymous_few(counts.anonymous, counts.counted),
    ]
    return [check for check in found if check]
