"""The rules that look at a whole column or at the rows of one key, as aggregates."""

from collections.abc import Iterator

import ibis

from smsroi_models.store.privacy import BARE_NUMBER, CONTACT, WRITTEN_NUMBER, names_a_person
from smsroi_models.store.rules import Rule, counted, row_key
from smsroi_models.store.tables import Column, Table


def summary_rules(rows: ibis.Table, table: Table, judged: frozenset[str]) -> tuple[Rule, ...]:
    """Return the rules of a whole column: currencies, locales, and ids that are bare numbers."""
    key = row_key(rows, table)
    rules = [
        rule
        for column in table.columns
        if column.name in judged
        for rule in _contact_rules(rows, table, column, key)
    ]
    if table.name == "campaigns" and "currency" in judged:
        rules.append(_one(rows, key, "currency", "currencies", _ONE_CURRENCY))
    if table.name == "campaigns" and "locale" in judged:
        rules.append(_one(rows, key, "locale", "locales", _ONE_LOCALE))
    return tuple(rules)


_ONE_CURRENCY = "Convert all money of the store to one currency, and name that in every campaign."
_ONE_LOCALE = "Name one locale in every campaign of the store: a page is written in one."


def _one(rows: ibis.Table, key: ibis.Value, column: str, plural: str, remedy: str) -> Rule:
    """Return the rule that a store has one value of the column."""
    kinds = rows[column].nunique()
    return Rule(
        f"mixed {plural}",
        "error",
        f"there is more than one {column}",
        remedy,
        ibis.ifelse(kinds > 1, kinds, 0),
        key.argmax(rows[column]),
        column,
    )


def _contact_rules(
    rows: ibis.Table, table: Table, column: Column, key: ibis.Value
) -> Iterator[Rule]:
    """Return the rules against ids that give a person away.

    A reference is judged where the table that it points to is absent; else it is judged there.
    """
    name, value = column.name, rows[column.name]
    own = name in table.key and column.references is None and name.endswith("_id")
    orphan = column.references is not None and f"_dangling_{name}" not in rows.columns
    if not own and not orphan:
        return
    person = names_a_person(column)
    telling = value.re_search(CONTACT)
    if person:
        telling |= value.re_search(WRITTEN_NUMBER)
    remedy = f"Replace {name} by a keyed pseudonym in every table; no such thing enters a store."
    fault = f"{name} looks like a telephone number or an e-mail address"
    yield counted(rows, key, "personal id", "error", fault, remedy, telling)
    if person:
        yield from _bare_rules(rows, value, key, fault, remedy)


def _bare_rules(
    rows: ibis.Table, value: ibis.Value, key: ibis.Value, fault: str, remedy: str
) -> Iterator[Rule]:
    """Judge ids of digits: numbers to dial if all of them could be dialled, else perhaps."""
    bare = value.re_search(BARE_NUMBER)
    count, digits = rows.count(where=bare), rows.count(where=value.re_search(r"^\d+$"))
    example = key.min(where=bare)
    certain = ibis.ifelse(count == digits, count, 0)
    yield Rule("personal id", "error", fault, remedy, certain, example)
    doubt = f"If it is one: {remedy[0].lower()}{remedy[1:]}"
    perhaps = ibis.ifelse(count < digits, count, 0)
    yield Rule("possible telephone number", "warning", fault, doubt, perhaps, example)


def key_rules(
    rows: ibis.Table, table: Table, judged: frozenset[str]
) -> tuple[ibis.Table, tuple[Rule, ...]]:
    """Return the keys that several rows share, and the rules they break.

    A customer in both arms of a campaign breaks a rule of its own and is no plain duplicate.
    """
    if not table.key or not judged.issuperset(table.key):
        return rows, ()
    arms = table.name == "assignments" and "arm" in judged
    shared = _shared_keys(rows, table, arms)
    key = row_key(shared, table)
    alike = ~shared["_both_arms"]
    surplus = (shared["_rows"] - 1).sum(where=alike).fill_null(0)
    repeated = Rule(
        "duplicate key",
        "error",
        f"{' + '.join(table.key)} is there already",
        "Keep one row of each key; what is there twice is counted twice.",
        surplus,
        key.min(where=alike),
    )
    return shared, (repeated, *([_both_arms(shared, key)] if arms else []))


def _shared_keys(rows: ibis.Table, table: Table, arms: bool) -> ibis.Table:
    named = rows.drop_null(list(table.key))
    both = named.arm.min() < named.arm.max() if arms else ibis.literal(False)
    shared = named.group_by(list(table.key)).aggregate(_rows=named.count(), _both_arms=both)
    return shared.filter(shared["_rows"] > 1)


def _both_arms(shared: ibis.Table, key: ibis.Value) -> Rule:
    return counted(
        shared,
        key,
        "both arms",
        "error",
        "the customer is in both arms of the campaign",
        "Keep the arm that was drawn first, or leave such customers out of the campaign.",
        shared["_both_arms"],
    )
