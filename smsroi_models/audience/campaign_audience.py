"""What one campaign did to the list: the record that its report shows."""

from dataclasses import dataclass

from smsroi_models.audience.rates import Rate
from smsroi_models.clv.retention import Curve
from smsroi_models.records import Record


@dataclass(frozen=True, slots=True)
class CampaignAudience(Record):
    """Who left in a campaign's window, in both arms, and after its texts.

    What the campaign caused is ``lift["opted_out"]`` of its result.

    Attributes
    ----------
    treatment, holdout : Curve
        Share of the assigned who had opted out by the end of each day since assignment.
    opt_outs_per_text : Rate or None
        Opt-outs within seven days of a delivered text, per delivered text; None without
        ``messages``, or before a text was followed for so long.
    opted_in : int or None
        Spells of subscription whose opt-in names this campaign; None as above.
    asked : int or None
        Customers who asked to stop within seven days of a text of it, in words that the platform
        does not honour, and may still be texted; None without ``replies`` or ``messages``.
    """

    treatment: Curve
    holdout: Curve
    opt_outs_per_text: Rate | None
    opted_in: int | None
    asked: int | None
