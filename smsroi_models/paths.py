"""Where things are, whether a command starts in the project's root or in `notebooks/`."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"


def find_store(path_or_url: str | Path) -> str:
    """Return the store's address; a relative path that is not here is looked up in the project.

    Notebooks started in `notebooks/` and commands started in the root then mean the same
    ``data/demo``.

    >>> find_store("postgres://host/db")
    'postgres://host/db'
    """
    here = Path(path_or_url)
    there = PROJECT / here
    if "://" not in str(path_or_url) and not here.exists() and there.exists():
        return str(there)
    return str(path_or_url)
