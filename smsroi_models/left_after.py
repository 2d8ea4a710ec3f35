"""Who left the list in a campaign's window, and who asked to: tables and shares together."""

from datetime import datetime

from smsroi_models.attribution.campaigns import Campaign, Readiness
from smsroi_models.audience.asked_to_stop import read_asked_after
from smsroi_models.audience.campaign_audience import CampaignAudience
from smsroi_models.audience.rates import share_of
from smsroi_models.audience.texted import collect_first_opt_outs, read_campaign_counts
from smsroi_models.clv.retention import curve
from smsroi_models.store.connect import Store
from smsroi_models.store.tables import ARMS


def read_campaign_audience(
    store: Store,
    campaign: Campaign,
    readiness: Readiness,
    as_of: datetime,
    confidence_level: float,
) -> CampaignAudience | None:
    """Return who left in the window, by arm and day, and after the texts.

    None where the store has no subscriptions.
    """
    if "subscriptions" not in store:
        return None
    days = range(1, campaign.window_days + 1)
    arms = [
        curve(counts.cumsum(), days, readiness.ready[arm], confidence_level)
        for arm, counts in zip(ARMS, collect_first_opt_outs(store, campaign, as_of), strict=True)
    ]
    texted = "messages" in store
    counts = read_campaign_counts(store, campaign, as_of) if texted else None
    asked = read_asked_after(store, campaign, as_of) if texted and "replies" in store else None
    return CampaignAudience(
        treatment=arms[0],
        holdout=arms[1],
        opt_outs_per_text=(
            share_of(counts.opted_out, counts.delivered, confidence_level) if counts else None
        ),
        opted_in=counts.opted_in if counts else None,
        asked=asked,
    )
