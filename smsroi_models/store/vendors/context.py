"""What an import knows beside its files: options, the mapping file, the store's facts, ids."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from smsroi_models.errors import DataError, ParameterError
from smsroi_models.store.conform import similar_column
from smsroi_models.store.pseudonyms import Pseudonyms
from smsroi_models.store.vendors.contract import DroppedRecord, Values
from smsroi_models.store.vendors.values import text
from smsroi_models.store.vendors.zones import Clock

NO_CAMPAIGN = "belongs to no campaign"


@dataclass(frozen=True, slots=True)
class CampaignRule:
    """A record is of the campaign if all that the rule says holds.

    Attributes
    ----------
    campaign_id : str
        The campaign.
    where : mapping of str to str
        Columns and the texts that they equal.
    matches : mapping of str to pattern
        Columns and the regular expressions that are found in them.
    start, until : datetime, optional
        The record's time lies in ``[start, until)``.
    """

    campaign_id: str
    where: Mapping[str, str] = field(default_factory=dict)
    matches: Mapping[str, "re.Pattern[str]"] = field(default_factory=dict)
    start: datetime | None = None
    until: datetime | None = None

    def holds(self, record: Values, at: datetime | None) -> bool:
        """Tell whether the record, which happened ``at``, is of the campaign."""
        if self.start is not None and (at is None or at < self.start):
            return False
        if self.until is not None and (at is None or at >= self.until):
            return False
        return all(text(record, name) == value for name, value in self.where.items()) and all(
            pattern.search(text(record, name) or "") for name, pattern in self.matches.items()
        )


@dataclass(slots=True)
class Asked:
    """Columns that rules name and no record had so far; a misspelt one would hold for nothing."""

    missing: set[str] | None = None
    columns: tuple[str, ...] = ()

    def look(self, record: Values, rules: tuple[CampaignRule, ...]) -> None:
        """Look for the columns that are still missing."""
        if self.missing is None:
            self.missing = {name for rule in rules for name in (*rule.where, *rule.matches)}
        if self.missing:
            self.columns = tuple(record)
            self.missing.difference_update(record)

    def refuse_missing(self, known: Iterable[str]) -> None:
        """Refuse a rule for a column that is neither in the files nor among the known ones.

        Raises
        ------
        ParameterError
            If there is one; the text says which column is nearest.
        """
        for name in sorted((self.missing or set()).difference(known)):
            near = similar_column(name, [*self.columns, *known])
            hint = f"is {near!r} meant?" if near else f"they have {', '.join(self.columns)}"
            raise ParameterError(f"[[campaign]] asks for {name!r}, which no record has: {hint}")


@dataclass(slots=True)
class Context:
    """Options of one import, and the ids it makes.

    Attributes
    ----------
    pseudonyms : Pseudonyms
        Makes the ids.
    campaign_id : str, optional
        The campaign of every record.
    rules : tuple of CampaignRule
        Looked through in order where no one campaign is named.
    clock : Clock
        Reads times.
    region : str, optional
        The country of numbers that do not name theirs, two letters.
    currency : str, optional
        The store's.
    currency_named : bool
        Whether the user said it: money that does not say its currency is taken for it only then.
    exported_at : datetime, optional
        When the files were made.
    settings : mapping
        The rest of the mapping file, by section.
    same_person : list
        Pairs of an address's id and a number's id that were seen on one record.
    asked : Asked
        Which columns the rules were looked for, and which are nowhere.
    last_order, last_order_kept : str, bool
        The order whose first row was read last, for the line items below it, and its fate.
    """

    pseudonyms: Pseudonyms
    campaign_id: str | None = None
    rules: tuple[CampaignRule, ...] = ()
    clock: Clock = field(default_factory=Clock)
    region: str | None = None
    currency: str | None = None
    currency_named: bool = True
    exported_at: datetime | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    same_person: list[tuple[str, str]] = field(default_factory=list)
    asked: "Asked" = field(default_factory=lambda: Asked())
    last_order: str | None = None
    last_order_kept: bool = False

    def campaign_of(self, record: Values, at: datetime | None) -> str | None:
        """Return the campaign of the record: the one named, or that of the first rule to hold."""
        if self.campaign_id is not None:
            return self.campaign_id
        self.asked.look(record, self.rules)
        return next((rule.campaign_id for rule in self.rules if rule.holds(record, at)), None)

    def campaign_needed(self, record: Values, at: datetime | None) -> str:
        """Return the campaign; a record of none is dropped."""
        found = self.campaign_of(record, at)
        if found is None:
            raise DroppedRecord(NO_CAMPAIGN)
        return found

    def need_campaigns(self) -> None:
        """Refuse an import that could not tell any record's campaign."""
        if self.campaign_id is None and not self.rules:
            raise ParameterError(
                "which campaign are these records of? Name it with --campaign, or give rules in "
                "a --mapping file"
            )

    def person(
        self, phone: str | None, address: str | None, region: str | None = None
    ) -> str | None:
        """Return the id of the person: the number's where there is one, else the address's."""
        by_phone = self.pseudonyms.of_phone(phone, region or self.region) if phone else None
        by_address = self.pseudonyms.of_address(address) if address else None
        if by_phone and by_address:
            self.same_person.append((by_address, by_phone))
        return by_phone or by_address

    def person_needed(
        self, phone: str | None, address: str | None, region: str | None = None
    ) -> str:
        """Return the id of the person; a record of nobody is dropped."""
        found = self.person(phone, address, region)
        if found is None:
            if phone and not address:
                raise DroppedRecord("the telephone number is not possible, or lacks its country")
            raise DroppedRecord("names nobody: no telephone number and no e-mail address")
        return found

    def link_id(self, url: str) -> str:
        """Return the id of a short link of which a vendor tells the address alone."""
        return "l" + self.pseudonyms.of_text("link", url)

    def require_currency(self, code: str | None) -> None:
        """Refuse money of another currency than the store's; where none is known, too.

        Raises
        ------
        DataError
            If the currencies differ: a sum of both would look like money and be none.
        ParameterError
            If the store's currency is not known, or the money's is not and nobody named one.
        """
        if code is None:
            if not self.currency_named:
                raise ParameterError(
                    "the file has prices and does not say their currency: if it is the store's "
                    f"({self.currency or 'not known yet'}), say so with --currency; if not, take "
                    "the prices out, and book what the texts cost as costs in that of the store"
                )
            return
        if self.currency is None:
            raise ParameterError(
                "the store has no campaigns yet, so its currency is not known: name it, for "
                "example --currency USD"
            )
        if code.strip().upper() != self.currency:
            raise DataError(
                f"the file's money is in {code.strip().upper()[:3]!r}, the store's in "
                f"{self.currency}: a store has one currency. Convert the file, or name a store "
                "of that currency"
            )

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section of the mapping file; empty where it is not there."""
        found = self.settings.get(name, {})
        return found if isinstance(found, Mapping) else {}

    def drain_same_person(self) -> Iterator[tuple[str, str]]:
        """Hand over, once, the pairs of ids that were seen together."""
        pairs, self.same_person = self.same_person, []
        return iter(pairs)

    def with_options(self, **changes: Any) -> "Context":
        """Return the context with some options changed."""
        return replace(self, **changes)
