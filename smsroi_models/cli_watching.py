"""How far an import is: a bar on a terminal, and a line for each file that was read."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from smsroi_models.store.vendors.masking import masked


@contextmanager
def watching(wanted: bool) -> Iterator[Callable[[str, float, int], None] | None]:
    """Hand out what an import tells how far it is; None where nobody wants to know.

    A log gets the lines only: a bar there is noise.
    """
    if not wanted:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from smsroi_models.store.vendors.importing import MERGING

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=Console(),
        transient=True,
        disable=not sys.stdout.isatty(),
    ) as progress:
        task = progress.add_task("reading", total=1.0)

        def watch(doing: str, share: float, records: int) -> None:
            total = None if doing == MERGING else 1.0
            progress.update(task, description=masked(doing), completed=share, total=total)
            if share == 1.0:
                print(f"Read {masked(doing)}: {records:,} records", flush=True)

        yield watch
