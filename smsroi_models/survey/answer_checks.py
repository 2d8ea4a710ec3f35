"""Whether the answers can carry what is said of them: each check passed, failed or informs."""

from collections.abc import Sequence

from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.effects import Estimate
from smsroi_models.survey.arm_answers import ArmAnswers, ResponseRate

# An interval of a net promoter score of 30 answers is about 50 points wide, of 100 about 30.
FEW_ANSWERS, MODEST_ANSWERS = 30, 100
# Groves (2006): a rate alone does not tell the error; below a fifth, four of five are unknown.
LOW_RATE = 0.2
# Weights that more than halve the sample speak for people who hardly answered.
MOST_DESIGN_EFFECT = 2.0
# A tenth of a standard deviation (Austin 2009).
MOST_IMBALANCE = 0.1
MANY_ANONYMOUS = 0.1
# Above this share of answers by people not recorded as asked, the record is not whole.
MANY_UNINVITED = 0.1


def enough_answers(arms: Sequence[ArmAnswers], n_answers: int) -> Check:
    """Check that every arm, or the whole survey, has answers enough; fails below `FEW_ANSWERS`."""
    name, remedy = "Enough answers", "Ask more people, above all in the smaller arm."
    counts = {_NAMES[arm.arm]: arm.response.n_answered for arm in arms} or {"people": n_answers}
    fewest = min(counts, key=lambda kind: counts[kind])
    told = " and ".join(f"{count:,} {kind}" for kind, count in counts.items())
    if counts[fewest] >= MODEST_ANSWERS:
        return Check(name, "passed", f"{told} answered.")
    text = f"Only {counts[fewest]:,} {fewest} answered: the interval is wide, and says so."
    few = counts[fewest] < FEW_ANSWERS
    return Check(name, "failed" if few else "informational", text, remedy)


def response_alike(arms: Sequence[ArmAnswers], difference: Estimate | None) -> Check | None:
    """Check that the texted answered as readily as the held-out; None without two arms."""
    if len(arms) < 2:
        return None
    name, rates = "Answered alike", [arm.response.share for arm in arms]
    whole = all(record_is_whole(arm.response) for arm in arms)
    if difference is None or rates[0] is None or rates[1] is None or not whole:
        text = (
            "Not told: the record of who was asked in each arm is missing or has holes, and so "
            "whether the text changed who answers."
        )
        return Check(name, "informational", text, "Keep the table invitations whole.")
    texted, held_out = (_percent(rate.estimate) for rate in (rates[0], rates[1]))
    told = f"{texted} of the texted and {held_out} of the held-out"
    if difference.ci_lower <= 0 <= difference.ci_upper:
        text = f"{told} who were asked answered: no clear difference."
        return Check(name, "passed", text)
    return Check(
        name,
        "failed",
        f"{told} who were asked answered. The text may have changed who answers: part of the "
        "difference between the arms can be a difference between those who did.",
        "Ask both arms in the same way and at the same time, by a channel that is not the text.",
    )


def record_is_whole(rate: ResponseRate) -> bool:
    """Tell whether nearly all who answered are recorded as asked."""
    return rate.n_uninvited <= MANY_UNINVITED * rate.n_answered


def response_high(rate: ResponseRate | None) -> Check:
    """Say how many of those asked answered; fails below `LOW_RATE`, not told without a record."""
    name = "Response rate"
    share = rate.share if rate else None
    if rate is None or share is None:
        text = "Not told: who was asked is not recorded, and so how many of them answered."
        return Check(name, "informational", text, "Keep the table invitations.")
    if not record_is_whole(rate):
        text = (
            f"Not told: {rate.n_uninvited:,} of {rate.n_answered:,} who answered are not recorded "
            f"as asked. Of the {rate.n_invited:,} who are, {rate.n_of_invited:,} answered."
        )
        return Check(name, "informational", text, "Keep the table invitations whole.")
    told = f"{_percent(share.estimate)} of those asked answered"
    if share.ci_upper >= LOW_RATE:
        return Check(name, "passed", f"{told}.")
    return Check(
        name,
        "failed",
        f"{told}: most people's opinion is not known, and those who answer are often the more "
        "pleased or the more annoyed. Weights mend only what is known of people.",
        "Ask sooner, ask less, or remind once.",
    )


def weights_hold(arms: Sequence[ArmAnswers]) -> Check | None:
    """Check that weighting left no imbalance and cost little; None where nothing was weighted."""
    made = [arm.representation for arm in arms if arm.representation]
    if not made:
        return None
    name = "Weights"
    effect = max(one.design_effect for one in made)
    worst = max(abs(row.difference_after) for one in made for row in one.balance)
    gone = sorted({name for one in made for name in one.given_up})
    told = f"The weights meet everyone assigned, and cost {_percent(1 - 1 / effect)} of the answers"
    if worst > MOST_IMBALANCE:
        seen = f"After weighting a group is still {worst:.2f} standard deviations off"
    elif effect > MOST_DESIGN_EFFECT:
        seen = f"{told}: a few answers speak for many"
    else:
        lost = f" {', '.join(gone)} could not be weighted by." if gone else ""
        return Check(name, "passed", f"{told}.{lost}")
    return Check(name, "failed", f"{seen}.", "Ask more of the people who hardly answered.")


def anonymous_few(n_anonymous: int, n_answers: int) -> Check | None:
    """Say how many answers nobody is known by; fails above `MANY_ANONYMOUS`. None without any."""
    if not n_anonymous:
        return None
    name, share = "Anonymous answers", n_anonymous / n_answers
    text = (
        f"{n_anonymous:,} of {n_answers:,} answers ({_percent(share)}) name nobody: they count in "
        "the score of everybody who answered, but are in no arm and cannot be weighted."
    )
    if share <= MANY_ANONYMOUS:
        return Check(name, "informational", text)
    return Check(name, "failed", text, "Send each person a link of her own.")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


_NAMES = {"treatment": "texted", "holdout": "held-out"}
