"""Everything that is checked before a programme's figures are trusted."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from smsroi_models.attribution.checks import Check, balanced, enough_buyers
from smsroi_models.attribution.cohorts import Arms, BothArms, Cohort, constant_share_p_value
from smsroi_models.attribution.design_checks import enough_power
from smsroi_models.attribution.effects import Lift
from smsroi_models.attribution.exposure import Period
from smsroi_models.attribution.gates import (
    CONTAMINATED_SHARE,
    LEAST_SENT,
    MOST_CONTAMINATED_SHARE,
)
from smsroi_models.attribution.programme_spending import Spending
from smsroi_models.roi import Roi
from smsroi_models.store.checks import Finding

# Shares that differ between cohorts less often than this, drawn alike, were drawn otherwise.
CHANGED_SHARE_P_VALUE = 0.001
_COSTS_REMEDY = "Add the table messages with segments and prices, and the table costs."


def programme_checks(
    period: Period,
    last_order_at: datetime,
    arms: BothArms,
    first_cohort: Arms,
    cohorts: Sequence[Cohort],
    strata: Sequence[BothArms],
    reach: dict[str, int] | None,
    spending: Sequence[Spending],
    own_costs: bool,
    margin: Lift,
    roi: Roi,
    findings: Sequence[Finding],
) -> tuple[Check, ...]:
    """Return the checks of a programme, failed ones first.

    Parameters
    ----------
    period : Period
    last_order_at : datetime
        Of the whole store, UTC.
    arms : pair of Moments
        Treatment and holdout, of `MEASURED` and ``margin_cubed``, everybody who is compared.
    first_cohort : pair of Moments or None
        Those who were there when the programme began.
    cohorts : sequence of Cohort
    strata : sequence of pair of Moments
    reach : dict of str to int or None
        From `read_reach`.
    spending : sequence of Spending
    own_costs : bool
        Whether costs are booked on the programme's own row.
    margin : Lift
        The headline.
    roi : Roi
    findings : sequence of Finding
        The store's warnings.
    """
    orders = sum(arm.n * arm.mean_of("orders") for arm in arms)
    power = enough_power(roi, margin)
    checks = [
        _period_over(period),
        _orders_reach(period, last_order_at, orders),
        *_alike_before(first_cohort),
        _assigned_alike(cohorts, strata),
        *_reached(reach, cohorts),
        _told_of_programme(enough_buyers(*arms, margin.confidence_level)),
        *([_told_of_programme(power)] if power else []),
        _costs(spending, own_costs),
        *_prices(spending),
        *_tables(findings),
    ]
    rank = {"failed": 0, "informational": 1, "passed": 2}
    return tuple(sorted(checks, key=lambda check: rank[check.status]))


def _period_over(period: Period) -> Check:
    name = "Programme's period"
    if period.until >= period.ends_at:
        return Check(name, "passed", "The whole planned period is counted.")
    share = math.floor(1000 * period.elapsed_share) / 10
    return Check(
        name,
        "informational",
        f"The programme runs until {period.ends_at:%Y-%m-%d}; it is counted until "
        f"{period.until:%Y-%m-%d}, {share:g} % of its time. Costs of the programme "
        "as a whole count in the same proportion.",
        f"Read again after {period.ends_at:%Y-%m-%d}; each look at an unfinished programme is one "
        "more chance to be misled.",
    )


def _orders_reach(period: Period, last_order_at: datetime, orders: float) -> Check:
    name, day = "Orders reach to the end", timedelta(days=1)
    per_day = orders / max((period.until - period.first_assigned_at) / day, 1.0)
    # Orders as a Poisson process: a silence this long is rarer than 1 in 1,000.
    if per_day * ((period.until - last_order_at) / day) < -math.log(0.001):
        return Check(name, "passed", "Orders run to the end of the period counted.")
    return Check(
        name,
        "failed",
        f"The last order of the store is of {last_order_at:%Y-%m-%d %H:%M} UTC, but the programme "
        f"is counted until {period.until:%Y-%m-%d %H:%M} UTC; at {per_day:.1f} orders a day, the "
        "end is probably missing.",
        "Export the orders again, or read as of the day of the export.",
    )


def _alike_before(first_cohort: Arms) -> list[Check]:
    treatment, holdout = first_cohort
    if treatment is None or holdout is None or min(treatment.n, holdout.n) < 2:
        return []
    return [_told_of_programme(balanced(treatment, holdout))]


def _told_of_programme(check: Check) -> Check:
    # Written for one campaign; what it looks at and finds is the same.
    return replace(check, text=check.text.replace("campaign", "programme"))


def _assigned_alike(cohorts: Sequence[Cohort], strata: Sequence[BothArms]) -> Check:
    name = "Joiners assigned alike"
    lost = [cohort for cohort in cohorts if not cohort.compared]
    if lost:
        count = sum(cohort.n_treatment + cohort.n_holdout for cohort in lost)
        return Check(
            name,
            "failed",
            f"{count:,} customers joined at times at which everybody was put in one arm "
            f"({', '.join(cohort.joined for cohort in lost)}): they cannot be compared and are "
            "left out, while what their texts cost is counted.",
            "Draw every new customer's arm at the moment of joining, in the same share.",
        )
    shares = [arms[1].n / (arms[0].n + arms[1].n) for arms in strata]
    if len(strata) == 1:
        return Check(name, "passed", f"{shares[0]:.1%} of all customers are held out.")
    span = f"between {min(shares):.1%} and {max(shares):.1%}, by time of joining"
    if constant_share_p_value([(t.n, h.n) for t, h in strata]) >= CHANGED_SHARE_P_VALUE:
        text = f"The held-out share is {span}, as chance allows."
        return Check(name, "passed", text)
    return Check(
        name,
        "informational",
        f"The held-out share changed: it is {span}. Customers who joined at the same time are "
        "compared with each other, so that this does not bend the result.",
    )


def _reached(reach: dict[str, int] | None, cohorts: Sequence[Cohort]) -> list[Check]:
    if reach is None:
        return []
    texted = sum(reach.values())
    return [
        _left_alone(reach["holdout"], sum(cohort.n_holdout for cohort in cohorts)),
        _outside(reach["outside"], texted),
        _treated(reach["treatment"], sum(cohort.n_treatment for cohort in cohorts)),
    ]


def _left_alone(count: int, held_out: int) -> Check:
    name = "Holdout left alone"
    if count <= CONTAMINATED_SHARE * held_out:
        told = "No" if not count else f"Only {count:,} of {held_out:,}"
        return Check(name, "passed", f"{told} held-out customers were texted by any campaign.")
    lost = count > MOST_CONTAMINATED_SHARE * held_out
    consequence = (
        "too few are left to compare with" if lost else "the effect looks smaller than it was"
    )
    return Check(
        name,
        "failed",
        f"{count:,} of {held_out:,} held-out customers were texted by some campaign all the same: "
        f"{consequence}.",
        "Take the global holdout off every campaign's sending list.",
        invalidates=lost,
    )


def _outside(count: int, texted: int) -> Check:
    name = "Texted customers belong to it"
    if count <= CONTAMINATED_SHARE * texted:
        told = "Every" if not count else f"All but {count:,} of {texted:,}"
        plural = "" if not count else "s"
        text = f"{told} texted customer{plural} had been assigned to the programme before."
        return Check(name, "passed", text)
    return Check(
        name,
        "failed",
        f"{count:,} of {texted:,} texted customers had not been assigned to the programme: what "
        "their texts cost is counted, what they earned is not.",
        "Assign every customer to the programme before the first text.",
    )


def _treated(count: int, treatment: int) -> Check:
    name = "Treatment arm texted"
    text = f"{count:,} of {treatment:,} customers who may be texted had at least one text"
    if count >= LEAST_SENT * treatment:
        return Check(name, "passed", f"{text}.")
    return Check(
        name,
        "failed",
        f"{text}: little can be seen of what texts do, or the table messages is not whole.",
        "Export the messages of every campaign again.",
        invalidates=not count,
    )


def _costs(spending: Sequence[Spending], own_costs: bool) -> Check:
    name = "Costs booked"
    sent = [part for part in spending if part.sent]
    bare = [part.campaign_id for part in sent if not part.costs]
    priced = any(sum(part.texts) > 0 for part in spending)
    other = own_costs or any(part.costs for part in spending)
    if not priced and not other:
        text = "The store does not say any cost: no profit and no return are given."
        return Check(name, "failed", text, _COSTS_REMEDY)
    if not priced or not other:
        absent = "any cost beside the texts" if priced else "what the texts cost"
        return Check(
            name,
            "failed",
            f"The store does not say {absent}: profit and return are better here than they were.",
            _COSTS_REMEDY,
        )
    if bare and not own_costs:
        named = ", ".join(bare[:5]) + (" and others" if len(bare) > 5 else "")
        return Check(
            name,
            "informational",
            f"{len(bare)} of {len(sent)} campaigns have no cost beside their texts ({named}).",
            "Book what they cost, on the campaign or on the programme's own row.",
        )
    return Check(name, "passed", "Texts and other costs are booked.")


def _prices(spending: Sequence[Spending]) -> list[Check]:
    unpriced = sum(part.unpriced for part in spending)
    if not unpriced or not any(part.priced for part in spending):
        return []
    return [
        Check(
            "Prices of texts",
            "informational",
            f"{unpriced:,} of {sum(part.sent for part in spending):,} texts have no price: they "
            "count at the mean price of their campaign's others, and at nothing where it has none.",
            "Import the carrier's prices.",
        )
    ]


def _tables(findings: Sequence[Finding]) -> list[Check]:
    if not findings:
        return [Check("Tables", "passed", "Every table keeps its contract.")]
    return [
        Check(f"Table {finding.table}", "informational", finding.message, finding.remedy)
        for finding in findings
    ]
