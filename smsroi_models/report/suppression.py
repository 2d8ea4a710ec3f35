"""The file beside the report on the audience: who asked to stop and may still be texted."""

import json
from pathlib import Path

from smsroi_models.audience_health import write_asked_to_stop
from smsroi_models.report.folders import SUPPRESSION_FILE
from smsroi_models.soundness import parse_as_of
from smsroi_models.store.connect import open_store


def write_suppression(store_url: str, results: Path) -> Path | None:
    """Write the customers to suppress beside a report, as of its moment; None without replies.

    Parameters
    ----------
    store_url : path or URL of the store that the report is of.
    results : path of the report's ``results.json``.
    """
    report = json.loads(results.read_text(encoding="utf-8"))
    with open_store(store_url) as opened:
        if "replies" not in opened:
            return None
        return write_asked_to_stop(
            opened,
            parse_as_of(report["as_of"]),
            report["store_fingerprint"],
            results.with_name(SUPPRESSION_FILE),
        )
