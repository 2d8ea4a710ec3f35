"""The record of everything that the report on a survey shows."""

from dataclasses import dataclass
from datetime import datetime

from smsroi_models.attribution.checks import Check
from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.records import Record
from smsroi_models.survey.arm_answers import ArmAnswers, ArmDifference, ResponseRate
from smsroi_models.survey.drivers import Drivers
from smsroi_models.survey.followed import Followed
from smsroi_models.survey.metrics import Score
from smsroi_models.survey.questions import Survey
from smsroi_models.survey.themes import Themes


@dataclass(frozen=True, slots=True)
class AnswerCounts(Record):
    """Which answers count, and where the others went.

    Attributes
    ----------
    responses : int
        Answers up to ``as_of``.
    people : int
        Known people who answered, one answer each.
    replaced : int
        Earlier answers of people who answered again.
    anonymous : int
        Answers without a customer: in the score of everybody, in no arm.
    outside : int
        People who answered but are not of the population: in the score of everybody, in no arm.
    later : int
        Answers at or after ``as_of``, left out.
    """

    responses: int
    people: int
    replaced: int
    anonymous: int
    outside: int
    later: int

    @property
    def counted(self) -> int:
        """Answers in the score of everybody who answered."""
        return self.people + self.anonymous


@dataclass(frozen=True, slots=True)
class SurveyComments(Record):
    """What people wrote beside their answer.

    Attributes
    ----------
    n_comments : int
        Of known people, each person's latest.
    drivers : Drivers or None
        Words that go with low scores and with high ones; None where they cannot be told.
    no_drivers : str
        Why; empty where they can.
    themes : Themes or None
    no_themes : str
    """

    n_comments: int
    drivers: Drivers | None
    no_drivers: str
    themes: Themes | None
    no_themes: str


@dataclass(frozen=True, slots=True)
class SurveyResult(Record):
    """What the answers to a survey say, and of whom.

    Attributes
    ----------
    survey : Survey
        Contacts in its question are masked.
    campaign_name : str
        Empty where the survey belongs to no campaign.
    as_of : datetime
        UTC; answers and orders before it count.
    confidence_level : float
    boxes : int or None
        How many of the highest answers count; None for the customary number.
    currency : str
        Empty where the store has no campaign.
    counts : AnswerCounts
    distribution : dict of float to int
        Answers of everybody who answered, by score, the lowest first.
    everybody : NetPromoterScore or AnswerScore
        Of all who answered, anonymous ones included, each the same.
    arms : tuple of ArmAnswers
        Treatment and holdout; empty where all answers are anonymous. A survey without a campaign
        has one without a name: those who were asked.
    difference : ArmDifference or None
        None without two arms.
    rates : tuple of ResponseRate
        By arm and, within it, by variable and category.
    followed : Followed or None
        What people bought after their answer; None without orders, or where no days are over.
    comments : SurveyComments or None
        What they wrote; None where a campaign's report reads the survey.
    checks : tuple of Check
    missing : dict of str to str
        Tables that the store lacks, with what the report therefore cannot say.
    store_fingerprint : str
    locale : str
        In which reports write money, numbers and dates.
    """

    survey: Survey
    campaign_name: str
    as_of: datetime
    confidence_level: float
    boxes: int | None
    currency: str
    counts: AnswerCounts
    distribution: dict[float, int]
    everybody: Score
    arms: tuple[ArmAnswers, ...]
    difference: ArmDifference | None
    rates: tuple[ResponseRate, ...]
    followed: Followed | None
    comments: SurveyComments | None
    checks: tuple[Check, ...]
    missing: dict[str, str]
    store_fingerprint: str
    locale: str = DEFAULT_LOCALE

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.status == "failed")

    @property
    def has_arms(self) -> bool:
        """Whether the survey was asked of two arms."""
        return len(self.arms) == 2

    @property
    def best(self) -> Score:
        """The score that says most: weighted to those texted or asked, or of all who answered."""
        known = [arm.weighted for arm in self.arms if arm.arm != "holdout" and arm.weighted]
        return known[0] if known else self.everybody
