"""A texting programme with known truth: every table of a store, and what each campaign did."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.simulate.global_holdout import programme_rows
from smsroi_models.simulate.history import draw_history
from smsroi_models.simulate.more_surveys import SCALES, more_survey_frames
from smsroi_models.simulate.opinion_truth import opinion_truth
from smsroi_models.simulate.people import people_frames
from smsroi_models.simulate.request import make_request
from smsroi_models.simulate.shop import Shop, require
from smsroi_models.simulate.traces import CLICK_TRUTH, trace_frames
from smsroi_models.simulate.trade import trade_frames
from smsroi_models.simulate.truth import programme_truth, truth_frame
from smsroi_models.store.tables import TABLES


@dataclass(frozen=True, slots=True)
class Program:
    """A simulated programme.

    Attributes
    ----------
    tables
        The tables of a store by name, in the order of `TABLES`.
    truth
        One row per campaign, indexed by ``campaign_id``. ``n_treatment``, ``n_holdout``: customers
        assigned. ``revenue_lift``, ``margin_lift`` (currency) and ``conversion_lift`` (share with
        an order in the window): expected effect per assigned customer of either arm, whether or
        not the text was delivered, given the orders that they would have made anyway; a difference
        of arm means estimates them without bias. 0 where nobody was assigned.
        ``incremental_revenue``, ``incremental_margin``: lift x n_treatment. ``cost``: exactly as
        the tables add up. ``profit`` = incremental_margin - cost; ``roi`` = profit / cost, NaN
        where nothing was spent.
    programme
        The same of the whole programme, in one row indexed by the key of its own row among the
        campaigns, without ``conversion_lift``: expected effect of all campaigns together on the
        customers of the programme's treatment arm, from each one's assignment to the horizon. None
        without a global holdout.
    opinions
        One row per campaign: ``score_treatment``, ``score_holdout`` and ``difference``, the net
        promoter score in points that everybody assigned would give, answering or not, had all been
        in the one arm or in the other. None with ``detail="core"``.
    click_truth
        ``click_id`` and ``machine``: who made each click of the table, which itself does not say.
        None with ``detail="core"``.
    """

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame
    programme: pd.DataFrame | None = None
    opinions: pd.DataFrame | None = None
    click_truth: pd.DataFrame | None = None


def simulate_program(
    n_customers: int,
    n_campaigns: int,
    rng: np.random.Generator,
    *,
    start: str | pd.Timestamp = "2025-01-06T10:00Z",
    window_days: int = 14,
    spacing_days: int = 30,
    holdout_share: float = 0.2,
    global_holdout_share: float = 0.0,
    conversion_effects: Sequence[float] | None = None,
    spend_effects: Sequence[float] | None = None,
    discounts: Sequence[float] | None = None,
    margin_rate: float = 0.6,
    currency: str = "USD",
    locale: str = DEFAULT_LOCALE,
    shop: Shop | None = None,
    detail: Literal["full", "core"] = "full",
    more_surveys: Sequence[str] = (),
) -> Program:
    """Simulate a shop that texts its customers, and return its tables and the truth.

    A campaign changes nothing but its own window: the extra orders that it causes do not touch
    the later orders, dropout or amounts of the customer, and nobody orders less afterwards. Only
    its opt-outs last: later campaigns assign those still opted in. The same generator state gives
    the same tables, and the tables of ``detail="core"`` are the same in both details.

    Parameters
    ----------
    n_customers
        Customers, 1 to 100 million, those included who are acquired while the programme runs.
    n_campaigns
        Campaigns, 1 to 999.
    rng
        Source of all randomness.
    start
        Time with a zone at which the first campaign assigns its customers; cut to the second.
    window_days, spacing_days
        Length of the outcome window and days from one campaign to the next, days; windows may not
        overlap. The programme ends ``spacing_days`` after the last campaign's start.
    holdout_share
        Probability of the holdout arm, in (0, 1), drawn for each customer on its own.
    global_holdout_share
        Probability, in [0, 1), that a customer is kept out of every campaign. Above 0, the table
        of campaigns has one more row, the programme (``GLOBAL-`` and the year of the start), with
        assignments of everybody who could be texted, at the start or at a later acquisition.
    conversion_effects
        Per campaign, the mean probability of an extra order for an assigned customer who gets the
        text, in [0, 1]; customers differ, frequent and active ones respond more. Default: cycles
        through profitable, zero and loss-making campaigns.
    spend_effects
        Per campaign, the relative change of the list amount of orders between the text and the
        window's end, of customers who got the text; above -1.
    discounts
        Per campaign, the coupon's share of list price, in [0, 1]. It lowers the truth by what the
        customers get who would have bought anyway. Default: a cycle, but 0 for a campaign whose
        two effects are 0, so that such a campaign truly has none.
    margin_rate
        Share of list price kept as margin, in [0, 1].
    currency
        ISO 4217 code.
    locale
        In which reports write money, numbers and dates, like ``de-DE``.
    shop
        Buyers, prices and habits; `Shop()` if left out.
    detail
        ``"full"`` makes every table; ``"core"`` only campaigns, plans, customers, assignments,
        messages, subscriptions, coupons, orders and costs.
    more_surveys
        Beside the net promoter score, which every campaign asks in full detail, any of ``csat``,
        ``ces`` and ``intent``. No other table depends on them.

    Raises
    ------
    ParameterError
        If a parameter lies outside its range or a list has the wrong length.

    References
    ----------
    Fader, Hardie and Lee (2005), "Counting your customers" the easy way, section 3.
    Fader and Hardie (2013), The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> program = simulate_program(500, 2, np.random.default_rng(1), detail="core")
    >>> float(program.truth.loc["camp-02", "margin_lift"])  # the second one has no effect
    0.0
    """
    require(isinstance(rng, np.random.Generator), "rng", rng, "be a numpy.random.Generator")
    require(detail in ("full", "core"), "detail", detail, "be 'full' or 'core'")
    known = not isinstance(more_surveys, str) and set(more_surveys) <= set(SCALES)
    rule = f"name some of {', '.join(SCALES)}, in full detail"
    require(known and not (more_surveys and detail == "core"), "more_surveys", more_surveys, rule)
    request = make_request(
        n_customers,
        n_campaigns,
        start,
        window_days,
        spacing_days,
        holdout_share,
        global_holdout_share,
        conversion_effects,
        spend_effects,
        discounts,
        margin_rate,
        currency,
        locale,
        shop,
    )
    history = draw_history(request, rng)
    frames = people_frames(history) | trade_frames(history)
    if detail == "full":
        frames |= trace_frames(history, rng)
    more = programme_rows(history)
    if more_surveys:
        # A stream of its own: spawning takes nothing from the other one.
        asked = tuple(dict.fromkeys(more_surveys))
        more |= more_survey_frames(history, asked, rng.spawn(1)[0])
    for name, rows in more.items():
        frames[name] = pd.concat([frames[name], rows], ignore_index=True)
    tables = {name: frames[name] for name in TABLES if name in frames}
    opinions = opinion_truth(history) if detail == "full" else None
    return Program(
        tables,
        truth_frame(history),
        programme_truth(history),
        opinions=opinions,
        click_truth=frames.get(CLICK_TRUTH),
    )
