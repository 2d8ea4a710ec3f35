"""What a disk or another program refuses, told as an error of ours; the store is as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from smsroi_models.errors import StoreError


@contextmanager
def told_of_places(root: Path) -> Iterator[None]:
    """Tell in plain words why files cannot be written, or the store not be opened for that.

    Raises
    ------
    StoreError
        Instead of an `OSError` or an input and output error of DuckDB's.
    """
    try:
        yield
    except OSError as error:
        place = error.filename2 or error.filename or root
        raise StoreError(
            f"the import into {str(root)!r} cannot write: {error.strerror or error} "
            f"({str(place)!r}). Name a store in a folder that is yours, on a disk with room"
        ) from error
    except (duckdb.IOException, duckdb.BinderException) as error:
        if root.is_file() and "lock" in str(error).lower():
            raise StoreError(
                f"another program has {str(root)!r} open (a notebook or a report, perhaps): "
                "close it and import again"
            ) from error
        if isinstance(error, duckdb.IOException):
            raise StoreError(
                f"the import into {str(root)!r} stopped: {str(error).splitlines()[0]}"
            ) from error
        raise
