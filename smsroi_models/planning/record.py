"""The plan of a campaign, recorded before anybody is assigned: what will be measured, and how.

A plan is frozen. Its canonical JSON (sorted keys, no spaces, times in UTC, UTF-8) has a SHA-256
hash, so that a later change of a single letter shows.
"""

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smsroi_models.decision import DecisionRule
from smsroi_models.errors import ParameterError
from smsroi_models.planning.plan_rules import (
    COVARIATES,
    METRIC,
    check_count,
    check_days,
    check_name,
    check_names,
    check_rule,
    check_share,
    require,
)
from smsroi_models.records import Record, canonical_json, sha256_of
from smsroi_models.scratch import scratch_beside


@dataclass(frozen=True, slots=True)
class Plan(Record):
    """What a campaign's analysis will be, fixed before its outcomes are seen.

    Attributes
    ----------
    campaign_id, name : str
        Key of the campaign, and what people call it.
    recorded_at : datetime
        When the plan was fixed; any zone, kept in UTC.
    metric : str
        What decides: ``"profit"``.
    window_days : int
        Length of the outcome window, days, 1 to 3650.
    holdout_share : float
        Share of customers that is not texted, in (0, 1).
    strata : tuple of str
        Columns of the customers' list within whose values the arms are drawn.
    pre_days : int
        Length of the pre-period, days, 0 to 3650.
    covariates : tuple of str
        Of `COVARIATES`: what the headline figures are adjusted for.
    confidence_level : float
        In (0, 1).
    rule : DecisionRule
        What is done after the result.
    seed : int or None
        Seed of the draw, 0 or more; None before it, or where the arms were drawn elsewhere.
    n_treatment, n_holdout : int or None
        Customers put in each arm, both or neither; None before the draw.
    n_audience : int or None
        Customers that the plan was sized for; None where that is not known.

    Raises
    ------
    ParameterError
        If a value lies outside its range; the text names it.

    Examples
    --------
    >>> plan = Plan("SPRING", "Spring sale", datetime(2025, 2, 28, tzinfo=UTC), 14, 0.2)
    >>> plan.treatment_share, len(plan.sha256)
    (0.8, 64)
    >>> replace(plan, window_days=15).sha256 == plan.sha256
    False
    """

    campaign_id: str
    name: str
    recorded_at: datetime
    window_days: int
    holdout_share: float
    metric: str = METRIC
    strata: tuple[str, ...] = ()
    pre_days: int = 90
    covariates: tuple[str, ...] = COVARIATES
    confidence_level: float = 0.95
    rule: DecisionRule = field(default_factory=DecisionRule)
    seed: int | None = None
    n_treatment: int | None = None
    n_holdout: int | None = None
    n_audience: int | None = None

    def __post_init__(self) -> None:
        _check(self)
        # One canonical form: a list or a whole number must not change the hash.
        object.__setattr__(self, "recorded_at", self.recorded_at.astimezone(UTC))
        object.__setattr__(self, "strata", tuple(self.strata))
        object.__setattr__(self, "covariates", tuple(self.covariates))
        rule = replace(self.rule, minimum_profit=float(self.rule.minimum_profit))
        object.__setattr__(self, "rule", rule)

    @property
    def treatment_share(self) -> float:
        """Share of customers that may be texted, in (0, 1)."""
        return 1 - self.holdout_share

    @property
    def sha256(self) -> str:
        """Hash of the canonical JSON, 64 hexadecimal digits."""
        return sha256_of(self.to_json())

    def to_json(self) -> str:
        """Return the canonical JSON: equal plans give equal text, on any machine."""
        values = asdict(self) | {"recorded_at": self.recorded_at.isoformat()}
        if self.n_audience is None:
            # Plans recorded before there was such a key keep their hash.
            del values["n_audience"]
        return canonical_json(values)


def write_plan(plan: Plan, path: str | Path) -> Path:
    """Write the plan and its hash as JSON, wholly or not at all, and never over a file.

    Raises
    ------
    ParameterError
        If something is at ``path`` already: a recorded plan is not replaced.
    """
    target = Path(path).expanduser()
    document = {"plan": json.loads(plan.to_json()), "sha256": plan.sha256}
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_beside(target) as scratch:
        fresh = scratch / "plan.json"
        fresh.write_text(text, encoding="utf-8")
        try:
            # Unlike a rename, a link fails where something is there already.
            os.link(fresh, target)
        except FileExistsError as error:
            raise ParameterError(
                f"{target} is there already: a recorded plan is not replaced. Name another file"
            ) from error
    return target


def read_plan(source: str | Path) -> Plan:
    """Return the plan of a file of `write_plan`, or of its text (which begins with ``{``).

    Raises
    ------
    ParameterError
        If there is no such file, it is not JSON, a key is unknown or missing, a value lies
        outside its range, or the hash is not that of the plan.
    """
    text, place = _text_of(source)
    document = _parsed(text, place)
    _check_keys(document, {"plan", "sha256"}, place)
    return _plan_of(document["plan"], document["sha256"], place)


def plan_from_record(record: str, sha256: str) -> Plan:
    """Return the plan whose canonical JSON is ``record``, as the table ``plans`` keeps it.

    Raises
    ------
    ParameterError
        As `read_plan`.
    """
    return _plan_of(_parsed(record, "the record"), sha256, "the record")


def _text_of(source: str | Path) -> tuple[str, str]:
    if isinstance(source, str) and source.lstrip().startswith("{"):
        return source, "the plan"
    path = Path(source).expanduser()
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except FileNotFoundError as error:
        raise ParameterError(f"there is no plan {str(path)!r}: `smsroi plan` makes one") from error
    except UnicodeDecodeError as error:
        raise ParameterError(f"{path} is not text: hand over a plan.json") from error


def _parsed(text: str, place: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_without_repeats, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ParameterError(f"{place} is not JSON of a plan: {error}") from error
    if not isinstance(found, dict):
        raise ParameterError(f"{place} is not a plan: it holds a {type(found).__name__}")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of a plan")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: readers would differ on which value counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"a key stands twice among {names}")
    return found


def _plan_of(values: Any, sha256: Any, place: str) -> Plan:
    if not isinstance(values, dict):
        raise ParameterError(f"{place} is not a plan: it holds a {type(values).__name__}")
    optional = {"n_audience"} if values.get("n_audience") is None else set()
    _check_keys(values, {part.name for part in fields(Plan)} - optional, place)
    rule = values["rule"]
    if not isinstance(rule, dict):
        raise ParameterError(f"{place}: rule is {rule!r}, not the parts of a rule")
    _check_keys(rule, {part.name for part in fields(DecisionRule)}, f"{place}: rule")
    plan = Plan(**values | {"recorded_at": _time(values), "rule": _rule(rule, place)})
    if plan.sha256 != sha256:
        raise ParameterError(
            f"{place}: sha256 is {sha256!r}, but that of what it says is {plan.sha256!r}: the plan "
            "was changed after it was recorded. Use the recorded one, or record a new one"
        )
    return plan


def _rule(values: dict[str, Any], place: str) -> DecisionRule:
    try:
        return DecisionRule(**values)
    except (TypeError, OverflowError) as error:
        raise ParameterError(f"{place}: rule is {values}: it must hold numbers") from error


def _time(values: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(values["recorded_at"])
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"recorded_at is {values['recorded_at']!r}: write it as 2025-02-28T09:00:00+00:00"
        ) from error


def _check_keys(found: dict[str, Any], expected: set[str], place: str) -> None:
    for verb, names in (("lacks", expected - found.keys()), ("has", found.keys() - expected)):
        if names:
            listed = ", ".join(map(repr, sorted(names)))
            kind = "" if verb == "lacks" else ", unknown to a plan"
            raise ParameterError(f"{place} {verb} {listed}{kind}: the keys are {sorted(expected)}")


def _check(plan: Plan) -> None:
    for name in ("campaign_id", "name"):
        check_name(name, getattr(plan, name))
    require(plan.metric == METRIC, "metric", plan.metric, f"be {METRIC!r}")
    check_names("strata", plan.strata)
    require("customer_id" not in plan.strata, "strata", plan.strata, "not hold customer_id")
    check_names("covariates", plan.covariates, COVARIATES)
    recorded = plan.recorded_at
    zoned = isinstance(recorded, datetime) and recorded.utcoffset() is not None
    require(zoned, "recorded_at", recorded, "be a time with its zone, such as UTC")
    check_days("window_days", plan.window_days, 1)
    check_days("pre_days", plan.pre_days, 0)
    adjustable = bool(plan.pre_days) or not plan.covariates
    require(adjustable, "covariates", plan.covariates, "be empty where pre_days is 0")
    check_share("holdout_share", plan.holdout_share)
    check_share("confidence_level", plan.confidence_level)
    check_rule(plan.rule)
    for name in ("seed", "n_treatment", "n_holdout", "n_audience"):
        check_count(name, getattr(plan, name))
    both = (plan.n_treatment is None) == (plan.n_holdout is None)
    require(both, "n_holdout", plan.n_holdout, "be there where n_treatment is, and only there")
