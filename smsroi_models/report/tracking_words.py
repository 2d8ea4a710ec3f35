"""The sentences of `smsroi plan links`, `coupons`, `numbers`, `message` and `send-list`."""

from collections.abc import Iterator
from datetime import UTC, datetime

from smsroi_models.planning.coupons import MintedCoupons
from smsroi_models.planning.gsm_alphabet import name_of
from smsroi_models.planning.links import MintedLinks
from smsroi_models.planning.recipients import Recipients
from smsroi_models.planning.send_list import SendList
from smsroi_models.planning.text_cost import SegmentPrice, TextCost
from smsroi_models.planning.text_fields import FieldedSegments
from smsroi_models.planning.text_segments import CostlyCharacter, TextSegments
from smsroi_models.planning.tracking_numbers import AllocatedNumbers
from smsroi_models.report.numbers import Money, exact_percent, fixed, tally

_SHOWN = 8


def links_told(minted: MintedLinks, campaign_id: str) -> Iterator[str]:
    """Yield what was minted, where it leads, and how safe it is."""
    kept = len(minted.table) - minted.n_new
    yield f"Minted {_many(minted.n_new, 'link')} for {campaign_id}{_kept(kept)}"
    yield from recipients_told(minted.recipients)
    url = minted.table.url.iloc[0]
    yield f"Like {url} ({len(url)} characters)"
    yield f"Leads to {minted.target.url}"
    if not minted.target.warning:
        yield f"Google Analytics 4 will count its visits as {minted.target.channel}"
    if minted.n_new:
        yield (
            f"Each token holds {fixed(minted.bits, 1)} bits: a guess hits one of the store's "
            "links once "
            "in a million million tries or rarer"
        )


def coupons_told(minted: MintedCoupons, campaign_id: str) -> Iterator[str]:
    """Yield what was minted, on what terms, and how safe it is."""
    kept = len(minted.table) - minted.n_new
    yield f"Minted {_many(minted.n_new, 'code')} for {campaign_id}{_kept(kept)}"
    yield from recipients_told(minted.recipients)
    first = minted.table.iloc[0]
    off = "discount not stated"
    if not _is_null(first.discount):
        off = f"{exact_percent(first.discount)} off"
    until = "never expire" if _is_null(first.expires_at) else f"until {_minute(first.expires_at)}"
    yield f"Like {first.code} ({len(first.code)} characters): {off}, {until}"
    if minted.n_new:
        yield (
            f"Each code holds {fixed(minted.bits, 1)} bits: a guess hits one of the store's "
            "codes once "
            "in 16 million tries or rarer. The last character finds every mistyped one"
        )


def numbers_told(allocated: AllocatedNumbers, campaign_id: str) -> Iterator[str]:
    """Yield which numbers of the pool the campaign has, and until when."""
    window = allocated.window
    for place, ending in zip(allocated.places, allocated.endings, strict=True):
        yield f"{campaign_id} has line {place} of the pool ({ending})"
    yield (
        f"Nobody else's calls come in there from {_minute(window.starts_at)} to "
        f"{_minute(window.ends_at)}, the rest after the window included"
    )


def recipients_told(recipients: Recipients | None) -> Iterator[str]:
    """Yield who is texted, and who is left out."""
    if recipients is None:
        return
    told = f"One for each of {_many(len(recipients.customer_ids), 'recipient')}"
    if recipients.held_out:
        told += f"; {tally(recipients.held_out)} held out get none"
    if recipients.opted_out:
        told += f"; {tally(recipients.opted_out)} who opted out get none"
    yield told


def send_list_told(made: SendList) -> Iterator[str]:
    """Yield how many are texted how many segments."""
    counts = made.table.segments.value_counts().sort_index()
    for segments, count in counts.items():
        yield f"{_many(count, 'recipient')}: {_many(int(str(segments)), 'segment')} each"
    yield f"{_many(int(made.table.segments.sum()), 'segment')} in all"
    recipients = made.recipients
    if recipients.held_out or recipients.opted_out:
        yield (
            f"Left out: {tally(recipients.held_out)} held out, {tally(recipients.opted_out)} "
            "who opted out"
        )


def segments_told(counted: FieldedSegments) -> Iterator[str]:
    """Yield what the text is billed as, and what makes it dearer."""
    short, long = counted.shortest, counted.longest
    if (short.segments, short.units) == (long.segments, long.units):
        yield _form_told(long)
    else:
        yield f"Shortest: {_form_told(short)}"
        yield f"Longest:  {_form_told(long)}"
    if long.costly:
        without = _many(long.segments_without, "segment")
        yield f"UCS-2 because of these characters; without them {without}:"
        for costly in long.costly[:_SHOWN]:
            yield f"  {_costly_told(costly)}"
        if len(long.costly) > _SHOWN:
            yield f"  and {len(long.costly) - _SHOWN} more"
    if counted.with_other_letters is not None:
        yield (
            "A {name} with a letter that GSM-7 lacks, like ë or ł, makes it "
            f"{_many(counted.with_other_letters, 'segment')} for that person"
        )


def cost_told(cost: TextCost, counted: FieldedSegments, today: datetime) -> Iterator[str]:
    """Yield the price, where it is from, and what texting everybody costs."""
    money = Money(cost.price.currency)
    yield f"{_price_told(cost.price, money, today)}"
    fixed = f", {money.booked(cost.fixed_cost)} of it fixed" if cost.fixed_cost else ""
    low, high = money.booked(cost.lowest), money.booked(cost.highest)
    between = high if low == high else f"{low} to {high}"
    yield f"Texting {_many(cost.n_recipients, 'recipient')} costs {between}{fixed}"
    if cost.extra_for_characters:
        long = counted.longest
        what = "This character makes" if len(long.costly) == 1 else "These characters make"
        yield (
            f"{what} {_many(long.segments, 'segment')} of {long.segments_without}: "
            f"{money.booked(cost.extra_for_characters)} more"
        )


def _form_told(form: TextSegments) -> str:
    return (
        f"{_many(form.segments, 'segment')} of {form.encoding}: {form.units} units, "
        f"{form.units_left} left in the last one"
    )


def _costly_told(costly: CostlyCharacter) -> str:
    shown = costly.character if costly.character.isprintable() else "(unseen)"
    times = f", {costly.count} times" if costly.count > 1 else ""
    if costly.replacement is None:
        remedy = "nothing looks like it"
    elif not costly.replacement.strip():
        remedy = "write a space" if costly.replacement else "leave it out"
    else:
        remedy = f"write {costly.replacement}"
    return f"{shown}  {name_of(costly.character)}{times}: {remedy}"


def _price_told(price: SegmentPrice, money: Money, today: datetime) -> str:
    text = f"A segment costs {money(price.price, 0.0001)}"
    if not price.campaign_id:
        return f"{text}, as given"
    age = (today - datetime.fromisoformat(price.last_sent_at).replace(tzinfo=UTC)).days
    return (
        f"{text}, the median of {price.campaign_id}, last texted on {price.last_sent_at} "
        f"({_many(age, 'day')} ago)"
    )


def _many(count: int, noun: str) -> str:
    return f"{tally(count)} {noun}" if count == 1 else f"{tally(count)} {noun}s"


def _kept(count: int) -> str:
    return f"; {tally(count)} are in the store already and stay" if count else ""


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _is_null(value: object) -> bool:
    return value is None or value != value
