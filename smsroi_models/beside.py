"""What a campaign's analysis reads beside the lift: time after the window, extremes, reach."""

from collections.abc import Sequence
from datetime import datetime

from smsroi_models.attribution.after_window import collect_after_window, readable_horizons
from smsroi_models.attribution.campaigns import Campaign, Readiness, Tables
from smsroi_models.attribution.checks import Check
from smsroi_models.attribution.compliance import ComplierLift, compare_compliers
from smsroi_models.attribution.estimates import OutcomeLift
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import PRE_PERIOD_COLUMNS
from smsroi_models.attribution.outliers import outliers
from smsroi_models.attribution.pull_forward import PullForward, pull_forward, unread
from smsroi_models.attribution.winsorised import Caps
from smsroi_models.errors import NotEstimableError


def follow_up(
    store: Tables,
    campaign: Campaign,
    readiness: Readiness,
    as_of: datetime,
    *,
    pre_days: int,
    confidence_level: float,
) -> PullForward:
    """Read what the counted customers did after their window, at every horizon that is over.

    Raises
    ------
    NotEstimableError
        If the window's own lift cannot be estimated.
    """
    over, early = readable_horizons(readiness, as_of)
    if not over:
        return unread(early)
    treated, held = collect_after_window(store, campaign, as_of, over, pre_days=pre_days)
    return pull_forward(
        treated,
        held,
        over,
        candidates=PRE_PERIOD_COLUMNS if pre_days else (),
        too_early=early,
        confidence_level=confidence_level,
    )


def reached_lift(
    treatment: Moments, holdout: Moments, covariates: Sequence[str], confidence_level: float
) -> ComplierLift | None:
    """Return the margin's lift per customer whom the text reached; None where it cannot be told.

    It cannot without messages, or where assignment hardly changed who received a text.
    """
    if "received" not in treatment.columns:
        return None
    try:
        return compare_compliers(
            treatment,
            holdout,
            "margin",
            "received",
            covariates=covariates,
            confidence_level=confidence_level,
        )
    except NotEstimableError:
        return None


def outlier_checks(
    lifts: dict[str, OutcomeLift], caps: Caps | None, cost: float | None, currency: str
) -> list[Check]:
    """Hold the margin against the capped margin, where both could be estimated."""
    if caps is None or "margin_capped" not in lifts:
        return []
    return [
        outliers(
            lifts["margin"].headline,
            lifts["margin_capped"].headline,
            cost=cost,
            margin_cap=caps.margin_cap,
            margin_floor=caps.margin_floor,
            n_capped=caps.n_capped,
            currency=currency,
        )
    ]
