"""How the list of reports is ordered: by kind, by campaign, and by what helps to find one."""

from dataclasses import dataclass

from smsroi_models.report.entries import Entry
from smsroi_models.report.folders import (
    AUDIENCE_FOLDER,
    LIFETIME_FOLDER,
    PORTFOLIO_FOLDER,
    SURVEY_FOLDER,
    moment_of,
)
from smsroi_models.report.results import AUDIENCE, PLANNED, PORTFOLIO, SURVEYED, VALUED
from smsroi_models.report.retold import retold_in

FEWEST_TO_FIND = 9
"""From as many campaigns on the index has a list by year and one by name."""
PARTS = {
    "all": "All campaigns on one page",
    "audience": "The audience",
    "surveys": "What customers said",
    "lifetime": "What customers are worth",
}
_PART_OF = {AUDIENCE: "audience", SURVEYED: "surveys", VALUED: "lifetime"}
_PART_OF_PAGE = {
    PORTFOLIO_FOLDER: "all",
    AUDIENCE_FOLDER: "audience",
    SURVEY_FOLDER: "surveys",
    LIFETIME_FOLDER: "lifetime",
}
LABELS = {
    "paid": "paid",
    "lost": "lost",
    "unclear": "cannot tell",
    "unknown": "cost not known",
    "invalid": "not to be read",
    "planned": "planned",
    "failed": "report failed",
}


@dataclass(frozen=True, slots=True)
class Group:
    """What there is of one campaign or page: what is shown of it, and the older reports beneath."""

    shown: tuple[Entry, ...]
    older: tuple[Entry, ...]
    kinds: tuple[str, ...]

    @property
    def first(self) -> Entry:
        """Return the entry that leads."""
        return self.shown[0]

    @property
    def link(self) -> str:
        """Return where its name leads: its newest report, or what there is instead."""
        finished = [entry for entry in self.shown if entry.state == "done"]
        return next((entry.link for entry in [*finished, *self.shown] if entry.link), "")

    @property
    def started(self) -> str:
        """Return the campaign's first day; "" where no report says it."""
        return next((entry.started for entry in self.shown if entry.started), "")

    @property
    def began(self) -> str:
        """Return that day for people."""
        found = next((entry for entry in self.shown if entry.started), None)
        return retold_in(found.locale, found.started) if found else ""

    @property
    def day(self) -> str:
        """Return the day by which it is listed: its first, else that of its report."""
        return self.started or moment_of(self.first.as_of)


def of_kind(listed: list[list[Entry]], kind: str) -> list[Group]:
    """Return what is of one kind of `PARTS`, or the campaigns for an empty one.

    An attempt that failed is of the kind of what else lies in its folder, or else of the page that
    the folder is named after. What came of the report on all campaigns stands on top by itself.
    """
    found = []
    for entries in listed:
        known = [
            _PART_OF.get(e.outcome, "") for e in entries if e.outcome and e.outcome != PORTFOLIO
        ]
        other = known[0] if known else _PART_OF_PAGE.get(entries[0].page, "")
        own = [
            entry
            for entry in entries
            if entry.outcome != PORTFOLIO
            if (_PART_OF.get(entry.outcome, "") if entry.outcome else other) == kind
        ]
        if own:
            found.append(_grouped(own))
    return found


def _grouped(entries: list[Entry]) -> Group:
    """Return the newest report, the newest plan and all attempts that failed; others are older."""
    shown: list[Entry] = []
    older: list[Entry] = []
    seen: set[tuple[str, bool]] = set()
    for entry in entries:
        kind = (entry.state, entry.outcome == PLANNED)
        (older if entry.state == "done" and kind in seen else shown).append(entry)
        seen.add(kind)
    kinds = tuple(dict.fromkeys(entry.outcome or "failed" for entry in shown))
    return Group(tuple(shown), tuple(older), kinds)


def choices_of(campaigns: list[Group]) -> list[tuple[str, str, int]]:
    """Return the verdicts to choose from with their number; none where a look finds them."""
    if len(campaigns) < FEWEST_TO_FIND:
        return []
    counted = [
        (kind, label, sum(kind in group.kinds for group in campaigns))
        for kind, label in LABELS.items()
    ]
    return [choice for choice in counted if choice[2]]


def years_of(campaigns: list[Group]) -> dict[int, str]:
    """Return, by place in the list, each year in which the campaign there is the first to begin."""
    found: dict[str, int] = {}
    for place, group in enumerate(campaigns):
        year = group.day[:4]
        if year.isdecimal():
            found.setdefault(year, place)
    return {place: year for year, place in found.items()}


def names_of(campaigns: list[Group]) -> list[tuple[str, int]]:
    """Return the campaigns' names from A to Z with their places; none where a look finds them."""
    if len(campaigns) < FEWEST_TO_FIND:
        return []
    named = [(_named(group.first), place) for place, group in enumerate(campaigns)]
    return sorted(named, key=lambda found: (found[0].casefold(), found[1]))


def _named(entry: Entry) -> str:
    """Return a name with its id, where it is another: names may be given twice."""
    same = entry.campaign_id in ("", entry.name)
    return entry.name if same else f"{entry.name} ({entry.campaign_id})"
