"""Whether the gain of the window is kept, or its orders had only been moved forward.

Three contrasts of the same customers, each with an interval of its own: what changed in the h days
after the window, what is left in all, and how the loss stands to half of the gain:

    change_h = after_h,    total_h = window + after_h,    rest_h = window / 2 + after_h.

Each is the lift of a weighted sum of columns, so that the covariance of the window and of the time
after it is in its error. ``rest_h`` is above zero where more than half of the gain is kept.

Other campaigns that reach the same customers in those days reach both arms alike if their arms were
drawn independently of this one's; one that left out whoever had just been texted does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from smsroi_models.attribution.effects import Estimate, Lift
from smsroi_models.attribution.estimates import usable_covariates
from smsroi_models.attribution.lift import compare
from smsroi_models.attribution.moments import Moments
from smsroi_models.errors import NotEstimableError
from smsroi_models.records import Record

Verdict = Literal["kept", "partly moved earlier", "moved earlier", "cannot tell", "too early"]


@dataclass(frozen=True, slots=True)
class HorizonLift(Record):
    """What changed by some days after the window's end.

    Attributes
    ----------
    days : int
        After the window's end.
    change : Lift
        Margin per assigned customer in those days alone; below zero where orders had been moved
        forward.
    total : Lift
        Margin per assigned customer from assignment to the end of those days.
    rest : Lift
        Half of the window's lift and the change: above zero where more than half is kept.
    incremental_change, incremental_total : Estimate
        Lift times the customers of treatment, in the store's currency.
    """

    days: int
    change: Lift
    total: Lift
    rest: Lift
    incremental_change: Estimate
    incremental_total: Estimate


@dataclass(frozen=True, slots=True)
class PullForward(Record):
    """What became of the window's gain.

    Attributes
    ----------
    in_window : Lift or None
        Margin per assigned customer in the window; None where no horizon can be read.
    incremental_window : Estimate or None
        Times the customers of treatment, in the store's currency.
    horizons : tuple of HorizonLift
        Shortest first.
    too_early : dict of int to datetime
        Horizons that cannot be read yet, in days, with the time (UTC) from which they can.
    not_estimable : dict of int to str
        Horizons whose lifts cannot be estimated, with the reason.
    """

    MEMBERS: ClassVar[tuple[str, ...]] = ("horizons",)

    in_window: Lift | None
    incremental_window: Estimate | None
    horizons: tuple[HorizonLift, ...]
    too_early: dict[int, datetime]
    not_estimable: dict[int, str]

    @property
    def verdict(self) -> Verdict:
        """What the longest horizon that can be read says; the shorter ones do not count.

        ``too early`` where none can be read. Otherwise, where the window's gain is clear (its
        interval lies above zero):

        - ``partly moved earlier``: less was bought afterwards, clearly, and the total is clear;
        - ``moved earlier``: less was bought afterwards, clearly, more than half of the gain went,
          clearly, and the total is not clear;
        - ``kept``: no such drop is clear, more than half of the gain is left, clearly, and the
          total is clear.

        Anything else ``cannot tell``.
        """
        if not self.horizons:
            return "cannot tell" if self.not_estimable else "too early"
        last = self.horizons[-1]
        if self.in_window is None or self.in_window.ci_lower <= 0:
            return "cannot tell"
        total_is_clear = last.total.ci_lower > 0
        if last.change.ci_upper < 0:
            if total_is_clear:
                return "partly moved earlier"
            return "moved earlier" if last.rest.ci_upper < 0 else "cannot tell"
        return "kept" if last.rest.ci_lower > 0 and total_is_clear else "cannot tell"


def pull_forward(
    treatment: Moments,
    holdout: Moments,
    horizons: Sequence[int],
    *,
    candidates: Sequence[str] = (),
    too_early: Mapping[int, datetime] | None = None,
    confidence_level: float = 0.95,
) -> PullForward:
    """Say what changed after the window and what is left of its gain.

    Parameters
    ----------
    treatment, holdout : Moments
        From `collect_after_window`: ``margin``, ``after_h`` for each horizon, the candidates.
    horizons : sequence of int
        Days after the window's end, fixed before anything was seen.
    candidates : sequence of str
        Columns measured before assignment; those that are usable adjust every lift.
    too_early : mapping of int to datetime, optional
        Horizons that cannot be read yet, with the time from which they can.
    confidence_level : float
        In (0, 1), of each interval for itself.

    Raises
    ------
    NotEstimableError
        If the window's own lift cannot be estimated.
    ParameterError
        If the confidence level lies outside (0, 1).

    Examples
    --------
    In the window the texted spend 2 more each, in the week after it 2 less: all of it moved.

    >>> names = ["margin", "after_7"]
    >>> texted = Moments.from_rows([[2.0, 0.0], [4.0, 0.0], [3.0, 1.0]] * 40, names)
    >>> held = Moments.from_rows([[0.0, 2.0], [2.0, 2.0], [1.0, 3.0]] * 40, names)
    >>> found = pull_forward(texted, held, [7])
    >>> week = found.horizons[0]
    >>> round(week.change.absolute_lift, 9), round(week.total.absolute_lift, 9), found.verdict
    (-2.0, 0.0, 'moved earlier')
    """
    covariates = usable_covariates(treatment, holdout, candidates)
    window = compare(
        treatment, holdout, "margin", covariates=covariates, confidence_level=confidence_level
    )
    found: list[HorizonLift] = []
    reasons: dict[int, str] = {}
    for days in sorted(horizons):
        try:
            found.append(_horizon(treatment, holdout, days, covariates, confidence_level))
        except NotEstimableError as reason:
            reasons[days] = str(reason)
    return PullForward(
        in_window=window,
        incremental_window=window.scaled(treatment.n),
        horizons=tuple(found),
        too_early=dict(too_early or {}),
        not_estimable=reasons,
    )


def unread(too_early: Mapping[int, datetime]) -> PullForward:
    """Return the record of a campaign after whose window no horizon is over yet."""
    return PullForward(None, None, (), dict(too_early), {})


def _horizon(
    treatment: Moments,
    holdout: Moments,
    days: int,
    covariates: tuple[str, ...],
    confidence_level: float,
) -> HorizonLift:
    after = f"after_{days}"
    sums = {
        "change": {after: 1.0},
        "total": {"margin": 1.0, after: 1.0},
        "rest": {"margin": 0.5, after: 1.0},
    } | {name: {name: 1.0} for name in covariates}
    arms = treatment.combine(sums), holdout.combine(sums)
    change, total, rest = (
        compare(*arms, name, covariates=covariates, confidence_level=confidence_level)
        for name in ("change", "total", "rest")
    )
    n = treatment.n
    return HorizonLift(days, change, total, rest, change.scaled(n), total.scaled(n))
