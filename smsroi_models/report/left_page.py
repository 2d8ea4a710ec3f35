"""What a campaign's report says of the list: a sentence and one small table."""

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.campaign_audience import CampaignAudience
from smsroi_models.report.audience_words import share_with_interval
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.numbers import percent, plain, step_for, tally, with_interval
from smsroi_models.report.retention_page import points
from smsroi_models.report.words import confidence
from smsroi_models.result import CampaignResult


def caused_by(result: CampaignResult) -> Estimate | None:
    """Return the customers who opted out because of the campaign; None where it cannot be told.

    Where nobody of one arm opted out there is no lift; the long run has an interval of its own.

    Parameters
    ----------
    result : CampaignResult
    """
    lift = result.lift.get("opted_out")
    if lift is not None:
        return lift.headline.scaled(lift.headline.n_treatment)
    lost = result.long_term.lost if result.long_term else None
    return lost.opt_outs if lost else None


def left_table(
    found: CampaignAudience, caused: Estimate | None, n_treatment: int, level: float
) -> Html:
    """Return how many opt-outs the campaign caused, how many a text, and who asked to stop.

    Parameters
    ----------
    found : CampaignAudience
    caused : Estimate or None
        From `caused_by`.
    n_treatment : int
        Customers assigned to a text.
    level : float
        Confidence level of the intervals.
    """
    rows = []
    if caused is not None:
        rows.append(("Opt-outs that it caused", *with_interval(caused, plain, 1.0)))
        share = points(caused.scaled(1 / n_treatment))
        rows.append(("Difference in the share who left, texted less held out", *share))
    if found.opt_outs_per_text is not None:
        shares = share_with_interval(found.opt_outs_per_text)
        rows.append(("Opt-outs within 7 days, per delivered text", *shares))
    if found.opted_in:
        rows.append(("Opt-ins that name it", tally(found.opted_in), ""))
    if found.asked is not None:
        rows.append(("Asked to stop after it, and may still be texted", tally(found.asked), ""))
    return fragment(
        "left.html",
        sentence=sentence(found, caused, n_treatment),
        rows=rows,
        asked=found.asked or 0,
        confidence=confidence(level),
    )


def finding(found: CampaignAudience, caused: Estimate | None) -> str:
    """Say in a figure's title how many opt-outs the campaign caused, if it can be told."""
    if caused is None:
        left = found.treatment.share[-1]
        return f"Of the texted {percent(left, 0.001)} left within the window"
    value, interval = with_interval(caused, plain, 1.0)
    if caused.ci_lower > 0:
        return f"The campaign caused {value} opt-outs ({interval})"
    if caused.ci_upper < 0:
        return f"Fewer of the texted left than of the held-out ({value} opt-outs; {interval})"
    return f"Whether the campaign drove anybody away cannot be told ({interval} opt-outs)"


def sentence(found: CampaignAudience, caused: Estimate | None, n_treatment: int) -> str:
    """Say the same, with both arms' shares, and who asked to stop in other words."""
    arms = found.treatment.share[-1], found.holdout.share[-1]
    step = min(step_for(caused.scaled(1 / n_treatment), 1e-4), 0.001) if caused else 0.001
    texted, held = (percent(share, step) for share in arms)
    days = found.treatment.days[-1]
    text = (
        f"{finding(found, caused)}. Within {days} days of assignment {texted} of those assigned to "
        f"a text opted out, and {held} of the held-out."
    )
    if found.asked:
        many = found.asked != 1
        text += (
            f" {tally(found.asked)} customer{'s' * many} asked to stop after it in words of their "
            "own, which the platform does not act on, and may still be texted."
        )
    return text
