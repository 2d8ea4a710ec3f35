import subprocess
import sys
from pathlib import Path

import pytest

from smsroi_models.store.dictionary import dictionary
from smsroi_models.store.tables import TABLES

_COMMITTED = Path(__file__).parents[2] / "data" / "README.md"


def test_the_committed_dictionary_is_the_generated_one():
    assert _COMMITTED.read_text(encoding="utf-8") == dictionary()


def test_the_module_prints_the_dictionary():
    run = subprocess.run(
        [sys.executable, "-m", "smsroi_models.store.dictionary"],
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    )
    assert run.stdout == dictionary()


@pytest.mark.parametrize("name", TABLES)
def test_every_column_stands_in_its_table_with_five_cells(name):
    section = dictionary().split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == [c.name for c in TABLES[name].columns]
    for row, column in zip(rows, TABLES[name].columns, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 5
        assert (cells[1], cells[2]) == (column.kind, "may be" if column.nullable else "no")
        assert all(f"`{value}`" in cells[3] for value in column.allowed)
        if column.references:
            assert f"[{column.references}]" in cells[3]
