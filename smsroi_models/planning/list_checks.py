"""What speaks against assigning a list of customers: each text counts, names and offers a way."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from smsroi_models.attribution.campaigns import Tables, read_campaign, read_campaign_ids
from smsroi_models.errors import DataError, ParameterError
from smsroi_models.planning.lists import Standing, read_assigned
from smsroi_models.planning.plan_rules import differs_in_size
from smsroi_models.planning.record import Plan
from smsroi_models.planning.recorded import collect_plan
from smsroi_models.store.privacy import BARE_NUMBER, CONTACT, WRITTEN_NUMBER, mask

_BARE = re.compile(BARE_NUMBER)
_TELLING = re.compile(f"{CONTACT}|{WRITTEN_NUMBER}")


def check_list(listed: pa.Table) -> None:
    """Refuse empty ids, repeated ids, and texts that give a person away.

    Raises
    ------
    DataError
        The text counts the rows and names one, masked.
    """
    ids = listed["customer_id"].to_pylist()
    empty = sum(not value for value in ids)
    if empty:
        raise DataError(
            f"{empty:,} of {len(ids):,} customers have no customer_id: give every customer one, or "
            "leave the row out"
        )
    _check_repeats(ids)
    _check_privacy("customer_id", ids)
    for name in listed.column_names[1:]:
        values = [value for value in listed[name].unique().to_pylist() if value]
        _check_privacy(name, values)


def check_campaign(store: Tables, plan: Plan) -> None:
    """Refuse a campaign that the store has assigned already, or knows otherwise than planned.

    Raises
    ------
    ParameterError
        The text says what the store says.
    """
    assigned = read_assigned(store, plan.campaign_id)
    if assigned:
        raise ParameterError(
            f"campaign {plan.campaign_id!r} has {assigned:,} assignments already: a second draw "
            "would mix up its arms. Name a new campaign"
        )
    if collect_plan(store, plan.campaign_id) not in (None, plan):
        raise ParameterError(
            f"the store has another plan of campaign {plan.campaign_id!r}: use that one, or name a "
            "new campaign"
        )
    if "campaigns" not in store or plan.campaign_id not in read_campaign_ids(store):
        return
    window = read_campaign(store, plan.campaign_id).window_days
    if window != plan.window_days:
        raise ParameterError(
            f"campaign {plan.campaign_id!r} has a window of {window} days in the store and of "
            f"{plan.window_days} in the plan: correct the table, or plan anew"
        )


def check_standing(standing: Standing, listed: int, moment: datetime, drop_opted_out: bool) -> None:
    """Refuse customers whom the store does not know, and those who opted out.

    Raises
    ------
    DataError
        The text counts them and names some.
    """
    if standing.unknown:
        raise DataError(
            f"{len(standing.unknown):,} of {listed:,} customers are not in the store's table of "
            f"customers ({_some(standing.unknown)}): add them there, or correct the list"
        )
    if standing.opted_out and not drop_opted_out:
        raise DataError(
            f"{len(standing.opted_out):,} of {listed:,} customers opted out before "
            f"{moment:%Y-%m-%d %H:%M} UTC ({_some(standing.opted_out)}): they may not be texted. "
            "Leave them out of the list, or pass --drop-opted-out (drop_opted_out=True)"
        )


def opt_outs_unchecked(store: Tables | None) -> str:
    """Return a sentence where nothing can say who of a list opted out, else nothing."""
    if store is None:
        return (
            "opt-outs were not checked, because there is no --store (store=): the list must leave "
            "out whoever opted out"
        )
    if "subscriptions" not in store:
        return (
            "opt-outs were not checked, because the store has no table subscriptions: the list "
            "must leave out whoever opted out"
        )
    return ""


def check_size(plan: Plan, n_customers: int, any_size: bool) -> str:
    """Return a sentence where the customers to assign are not as many as planned, else nothing.

    Raises
    ------
    DataError
        If they are less than half as many, unless ``any_size``.
    """
    planned = plan.n_audience
    if planned is None or not differs_in_size(n_customers, planned):
        return ""
    text = f"the list has {n_customers:,} customers to assign; the plan was sized for {planned:,}"
    if 2 * n_customers < planned and not any_size:
        raise DataError(
            f"{text}: so few show much less than planned. Hand over the whole list, plan anew, or "
            "pass --any-size (any_size=True)"
        )
    return f"{text}: the test shows {'less' if n_customers < planned else 'more'} than planned"


def _check_repeats(ids: Sequence[str]) -> None:
    repeated = [value for value, count in Counter(ids).items() if count > 1]
    if repeated:
        raise DataError(
            f"{len(repeated):,} customers are in the list more than once "
            f"({_some(sorted(repeated))}): keep one row of each, or a customer could be in both "
            "arms"
        )


def _check_privacy(name: str, values: Sequence[str]) -> None:
    """Refuse by the rules by which `check_store` judges ids."""
    telling = [value for value in values if _TELLING.match(value)]
    digits = [value for value in values if re.fullmatch(r"\d+", value)]
    if digits and all(map(_BARE.match, digits)):
        telling += digits
    if telling:
        raise DataError(
            f"{len(telling):,} values of {name} look like a telephone number or an e-mail address "
            f"({_some(telling)}): use keyed pseudonyms; no such thing enters a store"
        )


def _some(values: Sequence[str]) -> str:
    shown = ", ".join(map(mask, values[:3]))
    return f"{shown} ..." if len(values) > 3 else shown
