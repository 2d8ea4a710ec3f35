"""The parameters of a notebook: read from its tagged cell, and values held against them.

papermill injects whatever it is given: a misspelt name only warns, ``"7"`` passes for an int, and
a *name* that is not an identifier becomes code. So values are checked here, before a kernel
starts, and only declared names with values of the declared type go further.

The cell tagged ``parameters`` holds one parameter a line::

    campaign_id: str = "SPRING24"  # the campaign to read; text; a key of campaigns

Types are ``str``, ``int``, ``float``, ``bool`` and lists of these; the comment's three parts are
meaning, unit and allowed values.
"""

import ast
import difflib
import io
import json
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from smsroi_models.errors import ParameterError
from smsroi_models.report.typed_values import TYPES, check_value, parse_value

# What trips the reading of a file that is no notebook, from bad JSON to a list at the top.
_MALFORMED = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
_LINE = "name: type = literal  # meaning; unit; allowed"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter.

    ``type`` is its annotation as text (``"int"``, ``"list[str]"`` ...), ``default`` its value of
    that type; ``meaning``, ``unit`` and ``allowed`` are the parts of its comment.
    """

    name: str
    type: str
    default: object
    meaning: str
    unit: str
    allowed: str


def read_parameters(notebook: str | Path) -> dict[str, Parameter]:
    """Return the parameters that a notebook declares, by name, in their order.

    Parameters
    ----------
    notebook : path of an ``.ipynb`` file with exactly one code cell tagged ``parameters``.

    Raises
    ------
    ParameterError
        The file is no notebook, no cell or more than one is tagged, or a line is not of the form
        ``name: type = literal  # meaning; unit; allowed``; the text names cell and line.
    """
    path = Path(notebook)
    try:
        code = _code_cells(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParameterError(f"There is no notebook {str(path)!r}; give its path.") from None
    except (OSError, *_MALFORMED) as error:
        raise ParameterError(f"{str(path)!r} cannot be read as a notebook: {error}") from None
    tagged = [(number, source) for number, source, tags in code if "parameters" in tags]
    if len(tagged) != 1:
        raise ParameterError(
            f"{path.name}: {len(tagged)} code cells are tagged 'parameters'; tag exactly one."
        )
    number, source = tagged[0]
    return parse_declarations(source, where=f"{path.name}, cell {number}")


def _code_cells(text: str) -> list[tuple[int, str, Sequence[str]]]:
    """Return the number, source and tags of each code cell of a notebook of version 4.

    Read as the JSON that it is: to import nbformat takes longer than all else that finds out that
    a report is what it would be.
    """
    notebook = json.loads(text)
    if notebook["nbformat"] != 4:
        raise ValueError(f"it is a notebook of version {notebook['nbformat']}; save it as 4")
    return [
        (number, "".join(cell["source"]), cell["metadata"].get("tags", ()))
        for number, cell in enumerate(notebook["cells"], start=1)
        if cell["cell_type"] == "code"
    ]


def parse_declarations(source: str, where: str = "cell") -> dict[str, Parameter]:
    """Return the parameters declared in the source of a parameters cell.

    Raises
    ------
    ParameterError
        As `read_parameters`; ``where`` opens the text.

    Examples
    --------
    >>> parse_declarations("days: int = 14  # length of the window; days; 1 or more")["days"].unit
    'days'
    """
    try:
        statements = ast.parse(source).body
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        raise ParameterError(f"{where}: not valid Python ({error}); write `{_LINE}`.") from None
    comments = {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT}
    stray = sorted(set(comments) - {statement.lineno for statement in statements})
    if stray:
        raise ParameterError(f"{where}, line {stray[0]}: a comment alone; write `{_LINE}`.")
    lines = source.splitlines()
    declared: dict[str, Parameter] = {}
    for statement in statements:
        place = f"{where}, line {statement.lineno}"
        line = lines[statement.lineno - 1]
        parameter = _declaration(statement, line, comments.get(statement.lineno, ""), place)
        if parameter.name in declared:
            raise ParameterError(f"{place}: {parameter.name!r} is declared twice; keep one.")
        declared[parameter.name] = parameter
    return declared


def check_parameters(
    declared: Mapping[str, Parameter], given: Mapping[str, object]
) -> dict[str, object]:
    """Return every declared parameter's value: the given one where there is one, else its default.

    An int is accepted for a float and becomes one; nothing else is converted: ``"7"`` and ``True``
    are no int, and null is no value.

    Raises
    ------
    ParameterError
        A name is not declared (the text suggests the nearest), a value is not of the declared type,
        a float is not finite, an int leaves 64 bits, or text holds control characters.

    Examples
    --------
    >>> declared = parse_declarations("days: int = 14  # window; days; 1 or more")
    >>> check_parameters(declared, {})
    {'days': 14}
    >>> check_parameters(declared, {"day": 7})
    Traceback (most recent call last):
    ...
    smsroi_models.errors.ParameterError: 'day' is not a parameter; did you mean 'days'?
    """
    for name in given:
        find_parameter(name, declared)
    return {
        name: check_value(given.get(name, parameter.default), parameter.type, name)
        for name, parameter in declared.items()
    }


def parse_assignment(text: str, declared: Mapping[str, Parameter]) -> tuple[str, object]:
    """Return name and typed value of a command line's ``name=value``.

    Text is taken as it stands, a bool is ``true`` or ``false``, a list is a JSON array.

    Raises
    ------
    ParameterError
        There is no ``=``, the name is not declared, or the value is not of the declared type.

    Examples
    --------
    >>> declared = parse_declarations("days: int = 14  # window; days; 1 or more")
    >>> parse_assignment("days=7", declared)
    ('days', 7)
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise ParameterError(f"{text!r} is no parameter; write name=value.")
    parameter = find_parameter(name.strip(), declared)
    return parameter.name, parse_value(value, parameter.type, parameter.name)


def find_parameter(name: object, declared: Mapping[str, Parameter]) -> Parameter:
    """Return the declared parameter of that name; `ParameterError` suggests the nearest."""
    if isinstance(name, str) and name in declared:
        return declared[name]
    near = difflib.get_close_matches(str(name), declared, n=1)
    remedy = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(declared)}."
    raise ParameterError(f"{name!r} is not a parameter; {remedy}")


def _declaration(statement: ast.stmt, line: str, comment: str, place: str) -> Parameter:
    if (
        not isinstance(statement, ast.AnnAssign)
        or not isinstance(statement.target, ast.Name)
        or statement.value is None
        or statement.lineno != statement.end_lineno
        or not statement.target.id.isascii()
    ):
        raise ParameterError(f"{place}: write `{_LINE}`, one parameter a line.")
    if line.count("=") != 1 or line.count("#") != 1:
        # papermill reads this cell line by line with a regex; such a line it does not see.
        raise ParameterError(f"{place}: one '=' and one '#' a line, even inside text; reword it.")
    name, annotation = statement.target.id, ast.unparse(statement.annotation)
    if annotation not in TYPES:
        raise ParameterError(f"{place}: {annotation} is no type here; use {', '.join(TYPES)}.")
    parts = [part.strip() for part in comment.removeprefix("#").split(";")]
    if len(parts) != 3 or not all(parts):
        raise ParameterError(f"{place}: {name!r} wants the comment `# meaning; unit; allowed`.")
    try:
        value = ast.literal_eval(statement.value)
    except ValueError:
        raise ParameterError(f"{place}: {name!r} wants a plain literal as its default.") from None
    return Parameter(name, annotation, check_value(value, annotation, f"{place}: {name}"), *parts)
