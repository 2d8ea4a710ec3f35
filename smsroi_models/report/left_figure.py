"""The figure of who left the list: both arms, day by day since assignment."""

import seaborn as sns
from matplotlib.ticker import MaxNLocator

from smsroi_models.attribution.effects import Estimate
from smsroi_models.audience.campaign_audience import CampaignAudience
from smsroi_models.report.drawing import (
    GREY,
    RED,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    percent_axis,
)
from smsroi_models.report.left_page import finding
from smsroi_models.report.numbers import percent
from smsroi_models.report.words import confidence


def left_by_day(
    found: CampaignAudience, caused: Estimate | None, level: float, ax: Canvas | None = None
) -> Picture:
    """Draw the share of each arm that had opted out by the end of each day.

    Parameters
    ----------
    found : CampaignAudience
    caused : Estimate or None
        Customers who opted out because of the campaign.
    level : float
        Confidence level of the bands.
    """
    title = finding(found, caused)
    with figure_style():
        figure = canvas(ax, (5.2, 3.5))
        axes = figure.subplots()
        for curve, colour, name in (
            (found.treatment, RED, "texted"),
            (found.holdout, GREY, "held out"),
        ):
            days = (0, *curve.days)
            low, high = (0, *curve.ci_lower), (0, *curve.ci_upper)
            axes.fill_between(days, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.plot(days, (0, *curve.share), color=colour, linewidth=2.2, label=name)
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
        top = max(*found.treatment.ci_upper, *found.holdout.ci_upper)
        percent_axis(axes.yaxis, 0.001 if top < 0.05 else 0.01)
        axes.set_ylabel("opted out")
        axes.set_xlabel(
            f"days since assignment; bands: {confidence(level)} intervals,\neach day for itself"
        )
        axes.legend(frameon=False, loc="best")
        head(figure, title)
        sns.despine(ax=axes)
    last = found.treatment.days[-1]
    ends = [percent(curve.share[-1], 0.0001) for curve in (found.treatment, found.holdout)]
    alt = f"Opted out within {last} days: texted {ends[0]}, held out {ends[1]}"
    return Picture(figure, f"{title}. {alt}, with {confidence(level)} bands.")
