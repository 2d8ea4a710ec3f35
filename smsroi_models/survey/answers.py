"""Answers on a scale, with the weight of each: what every score is computed from.

An answer that is null (NaN) is one that was not given: it is left out and counted. A score off the
scale is refused, never cut to it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smsroi_models.errors import DataError, NotEstimableError, ParameterError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """The lowest and the highest answer that a question allows.

    Raises
    ------
    ParameterError
        If they are not finite numbers, the lowest below the highest.

    Examples
    --------
    >>> Scale(1, 5).place_of(np.array([1.0, 4.0, 5.0])).tolist()
    [0.0, 0.75, 1.0]
    """

    scale_min: float
    scale_max: float

    def __post_init__(self) -> None:
        ends = (self.scale_min, self.scale_max)
        if not all(is_number(end) for end in ends) or not self.scale_min < self.scale_max:
            raise ParameterError(
                f"the scale runs from {self.scale_min!r} to {self.scale_max!r}: scale_min must be "
                "a finite number below scale_max, such as 0 and 10"
            )

    def place_of(self, score: Floats) -> Floats:
        """Return each score's place on the scale, in [0, 1]."""
        place: Floats = (score - self.scale_min) / (self.scale_max - self.scale_min)
        return place


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The answers that were given, none of them null.

    Attributes
    ----------
    score, weights : ndarray of shape (n_answers,)
        Weights are positive; all 1 where none were given.
    design : ndarray of shape (n_answers, n_columns)
        Columns whose weighted totals are known without error, because the weights were made to
        meet them; a single column of ones where nothing is known but their number.
    scale : Scale
    n_missing : int
        Answers left out because they are null.
    weighted : bool
    """

    score: Floats
    weights: Floats
    design: Floats
    scale: Scale
    n_missing: int
    weighted: bool

    @property
    def n(self) -> int:
        """How many answers there are."""
        return len(self.score)


def read_answers(
    score: ArrayLike,
    weights: ArrayLike | None,
    scale: Scale,
    raked_to: Sequence[ArrayLike] = (),
) -> Answers:
    """Check scores and weights, and leave out answers that were not given.

    Parameters
    ----------
    score : array_like of shape (n,)
        On the scale; NaN or None where there is no answer.
    weights : array_like of shape (n,), optional
        Positive; of a row without an answer it does not matter.
    scale : Scale
    raked_to : sequence of array_like of shape (n,)
        The groups that the weights were raked to, one array of labels for each variable.

    Raises
    ------
    DataError
        If the shapes disagree, a score is off the scale or no number, or a weight is not positive.
    NotEstimableError
        If there is no answer at all.

    Examples
    --------
    >>> read_answers([9, None, 7], None, Scale(0, 10)).n_missing
    1
    """
    values = _numbers("score", score)
    given = ~np.isnan(values)
    refuse_off_scale(values[given], scale)
    if not given.any():
        raise NotEstimableError(
            f"none of {len(values)} rows holds an answer: nothing can be said of what people think"
        )
    made = np.ones(len(values)) if weights is None else _numbers("weights", weights)
    if len(made) != len(values):
        raise DataError(f"{len(values)} scores and {len(made)} weights: give each row its weight")
    made = made[given]
    wrong = made[~((made > 0) & np.isfinite(made))]
    if len(wrong):
        raise DataError(
            f"{len(wrong)} weights such as {wrong[0]:g} are not positive and finite: leave out "
            "rows that are to count for nothing"
        )
    design = _indicators([_labels(labels, len(values))[given] for labels in raked_to], len(made))
    return Answers(
        values[given],
        made,
        design,
        scale,
        int((~given).sum()),
        weights is not None,
    )


def refuse_off_scale(score: Floats, scale: Scale) -> None:
    """Raise `DataError` for scores off the scale: which, how many, and what to do."""
    off = score[~((score >= scale.scale_min) & (score <= scale.scale_max))]
    if len(off):
        seen = ", ".join(f"{value:g}" for value in np.unique(off)[:5])
        raise DataError(
            f"{len(off)} scores ({seen}) are off the scale from {scale.scale_min:g} to "
            f"{scale.scale_max:g}: correct them, or say the scale that was asked on"
        )


def check_confidence(confidence_level: float) -> None:
    """Raise `ParameterError` unless the confidence level lies inside (0, 1)."""
    if not (is_number(confidence_level) and 0 < confidence_level < 1):
        raise ParameterError(
            f"confidence_level is {confidence_level!r}: it must lie between 0 and 1, such as 0.95"
        )


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number, and not true or false."""
    if isinstance(value, bool | np.bool_):
        return False
    return isinstance(value, int | float | np.number) and math.isfinite(value)


def _numbers(name: str, values: ArrayLike) -> Floats:
    found = np.asarray(values)
    if found.dtype.kind in "bUSMm":
        raise DataError(f"{name} holds {found.dtype}, not numbers: pass the numbers themselves")
    try:
        numbers = found.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} holds something else than numbers ({error})") from error
    if numbers.ndim != 1:
        raise DataError(f"{name} has the shape {numbers.shape}: one value a row is needed")
    return numbers


def _labels(labels: ArrayLike, n: int) -> NDArray[Any]:
    found = np.asarray(labels, dtype=object)
    if found.shape != (n,):
        raise DataError(f"raked_to has the shape {found.shape}: one label for each of {n} rows")
    return found


def _indicators(groups: list[NDArray[Any]], n: int) -> Floats:
    """Return a column for each group of each variable; ones where there is no variable."""
    columns = [np.ones(n)]
    for labels in groups:
        known = list(dict.fromkeys(labels.tolist()))
        columns += [np.array([label == one for label in labels], np.float64) for one in known[1:]]
    return np.column_stack(columns)
