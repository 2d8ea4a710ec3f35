"""Tracking numbers of a campaign, out of a pool that several campaigns share over time.

A store keeps no telephone number: its id is a keyed pseudonym of the number *and* the campaign, as
imports of calls make it (`Pseudonyms.of_tracking_number`). A number that is used again therefore is
another row of ``numbers``, and its calls find the campaign that they belong to. An id of one's own,
such as ``hotline-2``, is one row and so belongs to one campaign for good.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from smsroi_models.attribution.campaigns import Tables, read_campaign
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.minted import read_numbers
from smsroi_models.planning.number_windows import (
    REST_DAYS,
    CallWindow,
    allocate_windows,
    call_window,
)
from smsroi_models.store.privacy import BARE_NUMBER, CONTACT, WRITTEN_NUMBER
from smsroi_models.store.pseudonyms import Pseudonyms, read_secret

_TELLING = re.compile(f"{CONTACT}|{WRITTEN_NUMBER}|{BARE_NUMBER}")
_OWN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")


@dataclass(frozen=True, slots=True)
class AllocatedNumbers:
    """The numbers of a campaign.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows of the store's ``numbers``, those that it had already included.
    places : tuple of int
        Where each stands in the pool, from 1: a file may not name it.
    endings : tuple of str
        The last two digits of each, or the id of one's own.
    window : CallWindow
        When they may ring, the rest included.
    n_new : int
        Numbers that the campaign had not yet.
    """

    table: pd.DataFrame
    places: tuple[int, ...]
    endings: tuple[str, ...]
    window: CallWindow
    n_new: int


@dataclass(frozen=True, slots=True)
class _Line:
    place: int
    ending: str
    bookings: tuple[CallWindow, ...]
    dialled: bool
    lost: bool


def allocate_numbers(
    store: Tables,
    campaign_id: str,
    pool: Sequence[str],
    *,
    count: int = 1,
    rest_days: int = REST_DAYS,
    region: str | None = None,
    pseudonyms: Pseudonyms | None = None,
) -> AllocatedNumbers:
    """Return numbers of the pool on which no other campaign's calls come in at the same time.

    Parameters
    ----------
    store : Store
        Knows the campaign, and which numbers serve others.
    campaign_id : str
    pool : sequence of str
        Telephone numbers, or ids of one's own.
    count : int
        How many numbers the campaign is to have.
    rest_days : int
        How long a number rests after a campaign's window.
    region : str, optional
        Country of numbers that do not name theirs, two letters.
    pseudonyms : Pseudonyms, optional
        Those of the store's imports; by default under the secret that imports read.

    Raises
    ------
    DataError
        If the campaign is unknown, or the pool too small; the text says what is lacking.
    ParameterError
        If the pool is empty, holds a number twice or one without its country, or mixes numbers and
        ids.
    """
    campaign = read_campaign(store, campaign_id)
    window = call_window(campaign_id, campaign.starts_at, campaign.window_days, rest_days)
    ids = pseudonyms or Pseudonyms(read_secret())
    used = read_numbers(store)
    lines: dict[str, _Line] = {}
    for place, text in enumerate(pool, start=1):
        number_id, line = _line(place, text.strip(), window, used, ids, region, rest_days)
        if number_id in lines:
            raise ParameterError(
                f"lines {lines[number_id].place} and {place} of the pool are one number: name it "
                "once"
            )
        lines[number_id] = line
    _refuse_mixed(lines)
    chosen = _chosen(lines, window, count)
    known = {number_id for number_id, *_ in used}
    return AllocatedNumbers(
        pd.DataFrame({"number_id": chosen, "campaign_id": campaign_id}, dtype="string"),
        tuple(lines[number_id].place for number_id in chosen),
        tuple(lines[number_id].ending for number_id in chosen),
        window,
        len(set(chosen) - known),
    )


def _line(
    place: int,
    text: str,
    window: CallWindow,
    used: Sequence[tuple[str, str, datetime, int]],
    pseudonyms: Pseudonyms,
    region: str | None,
    rest_days: int,
) -> tuple[str, _Line]:
    """Return the number's id in this campaign, and what else it serves."""
    own = pseudonyms.of_tracking_number(text, region, window.campaign_id)
    if own is None and (not _OWN_ID.fullmatch(text) or _TELLING.match(text)):
        raise ParameterError(
            f"line {place} of the pool is no possible telephone number, or lacks its country: "
            "write it with its prefix, like +1 202 555 0142, or name the country with --region"
        )
    bookings, lost = [], False
    for number_id, campaign_id, starts_at, window_days in used:
        lost |= own is None and number_id == text and campaign_id != window.campaign_id
        there = text if own is None else pseudonyms.of_tracking_number(text, region, campaign_id)
        if there == number_id:
            bookings.append(call_window(campaign_id, starts_at, window_days, rest_days))
    ending = text if own is None else f"***{text[-2:]}"
    return own or text, _Line(place, ending, tuple(bookings), own is not None, lost)


def _refuse_mixed(lines: Mapping[str, _Line]) -> None:
    """Refuse ids among telephone numbers: such an id is the header of a file, or a typing error."""
    ids = [line.place for line in lines.values() if not line.dialled]
    if ids and len(ids) < len(lines):
        raise ParameterError(
            f"line {ids[0]} of the pool is no telephone number, as others are: take out a header, "
            "correct the number, or name its country with --region"
        )


def _chosen(lines: Mapping[str, _Line], window: CallWindow, count: int) -> list[str]:
    usable = [number_id for number_id, line in lines.items() if not line.lost]
    lost = len(lines) - len(usable)
    because = (
        f"{lost} ids of the pool belong to earlier campaigns for good, as ids of one's own do: "
        "name telephone numbers, which can be used again"
    )
    if lost and not usable:
        raise DataError(because)
    booked = {number_id: lines[number_id].bookings for number_id in usable}
    try:
        return list(allocate_windows(usable, {window: count}, booked)[window.campaign_id])
    except DataError as error:
        raise DataError(f"{error}. {because}" if lost else str(error)) from error
