"""What every result record can do: become a dict or a one-row frame."""

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class Record:
    """A frozen dataclass of results; units stand in each field's documentation."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, nested records included, as plain Python values."""
        return dataclasses.asdict(self)  # type: ignore[call-overload,no-any-return]

    def to_frame(self) -> "pd.DataFrame":
        """Return one row; a nested field ``a`` of record ``b`` becomes the column ``b.a``."""
        import pandas as pd

        return pd.json_normalize(self.to_dict())
