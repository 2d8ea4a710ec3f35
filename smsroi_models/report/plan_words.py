"""The sentences of a plan's page, made from its proposal."""

import math

from smsroi_models.attribution.checks import FEW_BUYERS
from smsroi_models.attribution.design_checks import WEAK_ROI
from smsroi_models.planning.holdout import HoldoutOption
from smsroi_models.planning.proposed import Proposal
from smsroi_models.report.numbers import Money, percent, tally
from smsroi_models.report.words import confidence

_CENT = 0.01


def verdict(proposal: Proposal) -> str:
    """Return the proposal in one piece, with the checks that failed."""
    failed = [check.name.lower() for check in proposal.checks if check.status == "failed"]
    caution = f" Checks that failed: {', '.join(failed)}." if failed else ""
    return f"{headline(proposal)} {sentence(proposal)}{caution}"


def headline(proposal: Proposal) -> str:
    """Say how many to hold out."""
    chosen = proposal.chosen
    total = chosen.n_treatment + chosen.n_holdout
    return (
        f"Hold out {share(chosen.holdout_share)}: {tally(chosen.n_holdout)} of {tally(total)} "
        "customers."
    )


def sentence(proposal: Proposal) -> str:
    """Say what that shows, costs and is worth."""
    chosen, money = proposal.chosen, Money(proposal.currency)
    shown = f"You will then see any ROI above {seen(chosen)} in {cases(proposal.power)}"
    if chosen.cost is None or chosen.value is None:
        return f"{shown}. What knowing is worth cannot be told."
    campaigns = proposal.stakes.future_campaigns
    decided = f"the next {campaigns} campaigns" if campaigns != 1 else "the next campaign"
    cost = chosen.cost.estimate
    verb = "costs" if cost >= 0 else "saves"
    return (
        f"{shown}; holding out {verb} about {about(abs(cost), money)}; "
        f"knowing is worth about {about(chosen.value, money)} for {decided} like it."
    )


def reason(proposal: Proposal) -> str:
    """Say why this share, and which one is recommended where another was given."""
    best = share(proposal.recommended.holdout_share)
    if proposal.basis == "given":
        ground = _ground(proposal).replace("At this share", "There", 1)
        return f"The share was given; recommended is {best}. {ground}"
    return _ground(proposal)


def basis_of_costs(proposal: Proposal) -> tuple[str, str]:
    """Say where the price of a text and the fixed cost come from."""
    sources = (proposal.cost_per_text_of, proposal.fixed_cost_of)
    return tuple(f"as in {source}" if source else "as given" for source in sources)  # type: ignore[return-value]


def cases(power: float) -> str:
    r"""Write a probability as the cases in which something happens.

    >>> cases(0.8), cases(0.9)
    ('4 of 5 cases', '90% of cases')
    """
    return "4 of 5 cases" if math.isclose(power, 0.8) else f"{percent(power)} of cases"


def share(value: float) -> str:
    r"""Write a holdout share, finer where it is small.

    >>> share(0.12), share(0.004)
    ('12%', '0.4%')
    """
    whole = math.isclose(value, round(value, 2), abs_tol=1e-9)
    return percent(value, 0.01 if whole else 0.001)


def seen(option: HoldoutOption) -> str:
    """Write the smallest ROI that an option shows."""
    return percent(option.detectable.roi) if option.detectable.roi is not None else "none"


def about(amount: float, money: Money) -> str:
    """Write an amount to the two digits that an expectation deserves, nothing finer than a cent.

    >>> about(17521.8, Money("USD")), about(0.2134, Money("USD")), about(2e-16, Money("USD"))
    ('$18,000', '$0.21', '$0')
    """
    if abs(amount) < _CENT / 2:
        return money(0.0)
    return money(amount, max(two_digits(amount), _CENT))


def two_digits(amount: float) -> float:
    """Return the step that leaves an amount two digits.

    >>> two_digits(749.5), two_digits(0.0)
    (10.0, 1.0)
    """
    return 10.0 ** (math.floor(math.log10(abs(amount))) - 1) if amount else 1.0


def value_finding(proposal: Proposal) -> str:
    """Say at which share the value of knowing exceeds its cost most, in a figure's title."""
    chosen, best = proposal.chosen, proposal.recommended
    if chosen.net_value is None:
        shown = f"Holding out {share(chosen.holdout_share)} shows an ROI above {seen(chosen)}"
        return f"{shown} in {cases(proposal.power)}"
    if best.net_value is not None and best.net_value <= 0:
        return "Holding out costs more than knowing is worth, whatever the share"
    return f"Value of knowing, less its cost, is largest at {share(best.holdout_share)} held out"


def power_finding(proposal: Proposal) -> str:
    """Say what the chosen share shows, in a figure's title."""
    chosen = proposal.chosen
    return (
        f"With {share(chosen.holdout_share)} held out, an ROI of {seen(chosen)} is called a gain "
        f"in {cases(proposal.power)}"
    )


def method(proposal: Proposal) -> str:
    """Say how the figures were made, for a reader who wants to check them."""
    history = (
        f"pre-period revenue and orders explain {percent(proposal.spending.r_squared, 0.001)} of it"
        if proposal.spending.covariates
        else "no pre-period explains any of it"
    )
    return (
        "The margin per customer is taken to vary in both arms as it did in the audience's last "
        f"{proposal.window_days} days; {history}. ROI is called a gain where its "
        f"{confidence(proposal.confidence_level)} interval lies above zero, by Student's t with "
        "unequal arms. The value of knowing is the expected value of sample information (Raiffa "
        "and Schlaifer 1961): what choosing after the test earns above choosing now, were the "
        "campaigns ahead exactly like this one."
    )


def _ground(proposal: Proposal) -> str:
    best = proposal.recommended
    if best.net_value is not None:
        ground = "At this share the value of knowing exceeds the cost of holding out most"
        if _freely_best(proposal).holdout_share < best.holdout_share:
            ground += f", of those that leave {FEW_BUYERS} held-out buyers, as a report needs"
        return f"{ground}. {_proof(proposal)}".strip()
    roi = best.detectable.roi
    if roi is not None and roi <= WEAK_ROI:
        return (
            f"It is the smallest share that shows an ROI of {percent(WEAK_ROI)} and leaves at "
            f"least {FEW_BUYERS} buyers in the holdout."
        )
    return (
        f"No share of this audience shows an ROI as small as {percent(WEAK_ROI)}; this one comes "
        "nearest."
    )


def _proof(proposal: Proposal) -> str:
    """Say what more would prove: a decision can be worth making on less than proof."""
    sharpest = min(proposal.options, key=lambda option: option.standard_error)
    if sharpest.holdout_share <= 1.5 * proposal.recommended.holdout_share:
        return ""
    return (
        "That is enough to decide by; to prove a smaller return, hold out more: "
        f"{share(sharpest.holdout_share)} shows any above {seen(sharpest)}."
    )


def _freely_best(proposal: Proposal) -> HoldoutOption:
    valued = [option for option in proposal.options if option.net_value is not None]
    return max(valued, key=lambda option: option.net_value or 0.0)
