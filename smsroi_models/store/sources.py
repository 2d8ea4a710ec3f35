"""The SQL by which DuckDB reads the files of a table; every name and path in it is escaped."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from smsroi_models.errors import StoreError

SOURCE = "source"
"""The name under which a DuckDB file is attached."""

FORMULA_SIGNS = " *[=+@\t\r\n\uff0b\uff0d\uff1d\uff20-]"
"""What text begins with that a spreadsheet takes for a formula, as a regular expression.

Spaces before a sign do not count for one, and the wide forms of the signs do for some. Written to
CSV, such text gets an apostrophe before it, and so does text that has apostrophes before such a
sign already: reading takes one off, and gets every text back.
"""
_FORMULA = re.compile(f"'*{FORMULA_SIGNS}")
_INERT = re.compile(f"'(?='*{FORMULA_SIGNS})")


def inert_in_csv(text: str) -> str:
    """Return the text as a CSV file of ours holds it, where no spreadsheet takes it for a formula.

    Examples
    --------
    >>> inert_in_csv("=1+1"), inert_in_csv("'=1"), inert_in_csv("C0017")
    ("'=1+1", "''=1", 'C0017')
    """
    return "'" + text if _FORMULA.match(text) else text


def as_it_was(text: str) -> str:
    """Return the text of which `inert_in_csv` made this one.

    Examples
    --------
    >>> as_it_was("'=1+1"), as_it_was("''=1"), as_it_was("'plain")
    ('=1+1', "'=1", "'plain")
    """
    return _INERT.sub("", text, count=1) if _INERT.match(text) else text


def sql_text(value: object) -> str:
    """Return the value as a SQL text literal.

    Examples
    --------
    >>> sql_text("Bob's")
    "'Bob''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"


def read_parquet_sql(files: Sequence[Path]) -> str:
    """Return the query that reads Parquet files as one table.

    A folder called ``a=b`` adds no column, and parts may lack columns that others have.
    """
    listed = ", ".join(map(sql_text, files))
    return (
        f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false, "
        f"union_by_name = {str(len(files) > 1).lower()})"
    )


def read_csv_sql(file: Path) -> str:
    """Return the query that reads a comma-separated UTF-8 file, every column as text.

    Nothing is guessed from the values: types are the contract's affair. Empty text is null. An
    apostrophe that keeps a formula inert (`FORMULA_SIGNS`) is taken off.

    Raises
    ------
    StoreError
        If the file has no header, is not separated by commas, names a column twice, or is not
        UTF-8.
    """
    header = _header(file)
    columns = ", ".join(f"{sql_text(name)}: 'VARCHAR'" for name in header)
    read = ", ".join(map(_as_it_was, header))
    return (
        f"SELECT {read} FROM read_csv([{sql_text(file)}], auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', nullstr = '', hive_partitioning = false, "
        f"columns = {{{columns}}})"
    )


def _as_it_was(name: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    inert = sql_text(f"^'('*{FORMULA_SIGNS})")
    # Hardly any text begins with an apostrophe: the others are spared the regular expression.
    return (
        f"CASE WHEN starts_with({quoted}, '''') THEN regexp_replace({quoted}, {inert}, '\\1') "
        f"ELSE {quoted} END AS {quoted}"
    )


def _header(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines), [])
    except UnicodeDecodeError as error:
        raise StoreError(f"{str(file)!r} is not UTF-8 text. Save it as CSV in UTF-8.") from error
    if len(header) == 1 and any(sign in header[0] for sign in (";", "\t", "|")):
        raise StoreError(
            f"{str(file)!r} is not separated by commas: its first line is {header[0]!r}. Save it "
            "with commas between the columns, and points in decimal numbers."
        )
    if not any(header):
        raise StoreError(f"{str(file)!r} is empty. Its first line must name its columns.")
    twice = [name for name, n in Counter(header).items() if n > 1]
    if twice:
        raise StoreError(f"{str(file)!r} names {twice[0]!r} twice. Each column has its own name.")
    return header
