"""Names of rules that are short enough for a figure, and tell them apart."""

from collections import Counter
from collections.abc import Sequence

from smsroi_models.attribution.rules import AttributionRule

_PRESETS = {
    "klaviyo_before_2024_10": "Klaviyo (until Oct 2024)",
    "klaviyo_2024": "Klaviyo (from Oct 2024)",
    "klaviyo_2026": "Klaviyo (2026)",
    "attentive_calendar": "Attentive (older)",
    "attentive_rolling": "Attentive (newer)",
}


def short_names(rules: Sequence[AttributionRule]) -> dict[str, str]:
    """Return what a figure calls each rule, by its name: no two are called the same.

    A label is cut at its comma, where that leaves it the only one so called.

    Examples
    --------
    >>> from smsroi_models.attribution.rules import PRESETS
    >>> found = short_names(list(PRESETS.values()))
    >>> found["klaviyo_2026"], found["yotpo"]
    ('Klaviyo (2026)', 'Yotpo')
    """
    cut = {rule.name: _PRESETS.get(rule.name, rule.label.split(",")[0]) for rule in rules}
    labels = {rule.name: rule.label for rule in rules}
    both = {rule.name: f"{rule.label} ({rule.name})" for rule in rules}
    for attempt in (cut, labels):
        taken = Counter(attempt.values())
        if max(taken.values()) == 1:
            return attempt
    return both
