"""Tracking links and the clicks on them, by people and by machines that scan them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from smsroi_models.simulate.campaign import Run
from smsroi_models.simulate.columns import (
    DAY,
    NEVER,
    NONE,
    Flags,
    Integers,
    identifiers,
    joined,
    picked,
    table_frame,
)
from smsroi_models.simulate.history import History
from smsroi_models.simulate.shop import Shop

_BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari",
    "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/131.0 Mobile Safari",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari",
)
_SCANNERS = (
    "LinkScanner/2.1 (+https://scanner.example/bot)",
    "Mozilla/5.0 (compatible; PreviewBot/1.0)",
    "python-requests/2.32",
)
_AGENTS = (*_BROWSERS, *_SCANNERS)
_DISGUISED_SHARE = 0.3  # of the scanners' clicks, under the name of a browser
_MISSING_AGENT_SHARE = 0.02
_RETURN_SHARE = 0.25
_MEAN_CURIOSITY = DAY / 4
_BURST_SIZE = 4


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one campaign.

    Attributes
    ----------
    link
        Row in the table of the link that each assigned customer got, `NONE` for the holdout;
        shape (n_assigned,).
    clicked
        When each assigned customer first clicked, seconds, `NEVER` if not; shape (n_assigned,).
    click_link, click_time, click_agent, click_machine
        Every click: row of its link, seconds, row of the user agents, whether a machine made it;
        shape (n_clicks,).
    """

    link: Integers
    clicked: Integers
    click_link: Integers
    click_time: Integers
    click_agent: Integers
    click_machine: Flags


def draw_links(history: History, rng: np.random.Generator) -> tuple[Links, ...]:
    """Hand out the links of every campaign and draw the clicks before the horizon."""
    holders = [len(_holders(run)) for run in history.runs]
    firsts = np.cumsum([0, *holders[:-1]]).tolist()
    return tuple(
        _draw_links(run, first, history.request.horizon, history.request.shop, rng)
        for run, first in zip(history.runs, firsts, strict=True)
    )


def link_keys(rows: Integers) -> pa.Array:
    """Return the keys of the links in these rows of the table; `NONE` gives null."""
    return identifiers("l", rows, 9)


def links_frame(history: History) -> pd.DataFrame:
    """Return the table ``links``."""
    runs = history.runs
    holders = [_holders(run) for run in runs]
    customer = np.concatenate(holders)
    number = np.repeat([run.plan.number for run in runs], [len(holder) for holder in holders])
    ids = link_keys(np.arange(len(customer)))
    address = picked(["https://txt.example/"], np.zeros_like(customer))
    return table_frame(
        "links",
        {
            "link_id": ids,
            "campaign_id": history.campaign_keys(number),
            "customer_id": history.customer_keys(customer),
            "url": joined(address, ids),
            "target_url": picked(
                [f"https://shop.example/{run.plan.campaign_id}" for run in runs], number
            ),
        },
    )


def clicks_frame(history: History, links: Sequence[Links]) -> pd.DataFrame:
    """Return the table ``clicks`` as raw data come: one row a click, no bot marked as such."""
    time = np.concatenate([each.click_time for each in links])
    order = np.argsort(time, kind="stable")
    link = np.concatenate([each.click_link for each in links])[order]
    agent = np.concatenate([each.click_agent for each in links])[order]
    return table_frame(
        "clicks",
        {
            "click_id": identifiers("k", np.arange(len(time)), 9),
            "link_id": link_keys(link),
            "clicked_at": history.times(time[order]),
            "clicks": np.ones(len(time), dtype=np.int64),
            "user_agent": picked(_AGENTS, agent),
            "bot_reason": pa.nulls(len(time), pa.large_string()),
        },
    )


def click_truth_frame(links: Sequence[Links]) -> pd.DataFrame:
    """Return which clicks a machine made: ``click_id`` as in the table, ``machine``."""
    time = np.concatenate([each.click_time for each in links])
    order = np.argsort(time, kind="stable")
    machine = np.concatenate([each.click_machine for each in links])[order]
    ids = identifiers("k", np.arange(len(time)), 9)
    return pd.DataFrame({"click_id": pd.Series(ids, dtype="str"), "machine": machine})


def _holders(run: Run) -> Integers:
    """Return whose link each of the campaign's links is; `NONE` for one that all share."""
    return run.treated_customers if run.plan.personal else np.array([NONE])


def _draw_links(run: Run, first: int, horizon: int, shop: Shop, rng: np.random.Generator) -> Links:
    numbers = np.cumsum(run.treated) - 1 if run.plan.personal else np.zeros_like(run.customer)
    link = np.where(run.treated, first + numbers, NONE)
    clicked = _human_clicks(run, shop, rng)
    if shop.hasty_share > 0:
        clicked = _with_haste(run, clicked, shop, rng)
    people = np.flatnonzero(clicked != NEVER)
    returning = people[rng.random(len(people)) < _RETURN_SHARE]
    pauses = 60 + rng.exponential(DAY, len(returning)).astype(np.int64)
    scanned = np.flatnonzero(run.delivered & (rng.random(len(link)) < shop.bot_share))
    place = np.concatenate([people, returning, scanned])
    haste = rng.integers(1, 9, len(scanned))
    time = np.concatenate([clicked[people], clicked[returning] + pauses, run.sent[scanned] + haste])
    agent = np.concatenate(
        [_agents_of_people(len(people) + len(returning), rng), _agents_of_bots(len(scanned), rng)]
    )
    machine = np.arange(len(place)) >= len(people) + len(returning)
    # Drawn only where there are any, so that a shop without them stays as it was.
    if shop.patient_bot_share > 0 or shop.burst_bot_share > 0:
        late, late_time = _disguised_clicks(run, shop, rng)
        place, time = np.concatenate([place, late]), np.concatenate([time, late_time])
        agent = np.concatenate([agent, rng.integers(0, len(_BROWSERS), len(late))])
        machine = np.concatenate([machine, np.ones(len(late), dtype=np.bool_)])
    seen = time < horizon
    return Links(link, clicked, link[place[seen]], time[seen], agent[seen], machine[seen])


def _with_haste(run: Run, clicked: Integers, shop: Shop, rng: np.random.Generator) -> Integers:
    """Return the first clicks, some of them within ten seconds of the text."""
    people = np.flatnonzero(clicked != NEVER)
    hasty = people[rng.random(len(people)) < shop.hasty_share]
    soon = clicked.copy()
    soon[hasty] = np.minimum(clicked[hasty], run.sent[hasty] + rng.integers(3, 10, len(hasty)))
    return soon


def _disguised_clicks(run: Run, shop: Shop, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Draw clicks of machines that wait and call themselves browsers: whose, and when."""
    size = len(run.customer)
    patient = np.flatnonzero(run.delivered & (rng.random(size) < shop.patient_bot_share))
    burst = np.flatnonzero(run.delivered & (rng.random(size) < shop.burst_bot_share))
    place = np.concatenate([patient, np.repeat(burst, _BURST_SIZE)])
    begins = run.sent[patient] + rng.integers(30, 1_800, len(patient))
    bursts = np.repeat(run.sent[burst] + rng.integers(30, 1_800, len(burst)), _BURST_SIZE)
    follows = np.tile(np.arange(_BURST_SIZE), len(burst))
    return place, np.concatenate([begins, bursts + follows])


def _human_clicks(run: Run, shop: Shop, rng: np.random.Generator) -> Integers:
    """Draw first clicks; who orders because of the text clicks, if at all, before the order."""
    size = len(run.customer)
    curious = run.delivered & (rng.random(size) < shop.click_share)
    wait = 20 + rng.exponential(_MEAN_CURIOSITY, size).astype(np.int64)
    clicked = np.where(curious, run.sent + wait, NEVER)
    place = run.extra_place
    before = run.sent[place] + (rng.random(len(place)) * (run.extra_time - run.sent[place])).astype(
        np.int64
    )
    through_link = rng.random(len(place)) < shop.buyer_click_share
    clicked[place] = np.where(through_link, before, NEVER)
    return clicked


def _agents_of_people(size: int, rng: np.random.Generator) -> Integers:
    missing = rng.random(size) < _MISSING_AGENT_SHARE
    return np.where(missing, NONE, rng.integers(0, len(_BROWSERS), size))


def _agents_of_bots(size: int, rng: np.random.Generator) -> Integers:
    disguised = rng.random(size) < _DISGUISED_SHARE
    scanner = rng.integers(len(_BROWSERS), len(_AGENTS), size)
    return np.where(disguised, rng.integers(0, len(_BROWSERS), size), scanner)
