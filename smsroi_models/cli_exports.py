"""What `smsroi demo --as-exports` writes, and the commands that it tells."""

import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def tell_exports(
    tables: "Mapping[str, pd.DataFrame]", folder: Path, store: str, as_json: bool
) -> dict[str, Any]:
    """Write the exports, print how they become a store, and return the same for a script."""
    from smsroi_models.simulate.exports import write_exports

    steps = write_exports(tables, folder)
    each = [_words("import", *step.arguments(str(folder), store)) for step in steps]
    campaign = str(tables["campaigns"].campaign_id.iloc[0])
    commands = [
        _words("import", "all", str(folder), "--store", store),
        _words("check", "--store", store),
        _words("report", campaign, "--store", store),
    ]
    if not as_json:
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"Wrote {size / 1e6:,.1f} MB of a simulated shop's exports to {folder}. Try:\n")
        print(*commands, sep="\n")
        print("\nThe first one does what these do, one after another:\n")
        print(*each, sep="\n")
        print()
    return {"exports": str(folder), "commands": commands, "imports": each}


def _words(*words: str) -> str:
    # Where the command's name alone would not be found, as it was called now.
    return shlex.join(["smsroi" if shutil.which("smsroi") else sys.argv[0], *words])
