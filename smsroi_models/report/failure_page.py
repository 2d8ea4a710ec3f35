"""The page that stands beside a campaign's reports where the last attempt failed."""

from pathlib import Path

from smsroi_models.locales import DEFAULT_LOCALE
from smsroi_models.report.folders import written_moment
from smsroi_models.report.hygiene import BESIDE, check_page, clean_text
from smsroi_models.report.index import environment, home_of
from smsroi_models.report.numbers import shortened
from smsroi_models.report.retold import retold_in

SUFFIX = ".failed.html"
_MESSAGE_LENGTH = 1000


def write_failure(
    path: Path,
    campaign_id: str,
    message: str,
    attempt: Path,
    scratch: Path,
    locale: str = DEFAULT_LOCALE,
) -> bool:
    """Write why a report could not be made, in plain words; return whether that succeeded.

    Parameters
    ----------
    path : ``<moment>.failed.html`` in the campaign's folder.
    campaign_id, message : untrusted text.
    attempt : the executed notebook beside the page, linked if it is there.
    scratch : where the page is written before it is moved into its place whole.
    locale : of the store.
    """
    page = (
        environment()
        .get_template("failure.html.j2")
        .render(
            title=f"The report of {shortened(campaign_id)} could not be made",
            language="en",
            campaign_id=shortened(campaign_id),
            moment=written_moment(path.name.removesuffix(SUFFIX), locale),
            message=retold_in(locale, shortened(message, _MESSAGE_LENGTH)),
            attempt=attempt.name if attempt.exists() else "",
            home=home_of(path.parent, up=1),
        )
    )
    page = clean_text(page)
    check_page(page, BESIDE)
    try:
        scratch.write_text(page, encoding="utf-8")
        scratch.replace(path)
    except OSError:  # the failure itself is what counts, and is told elsewhere
        return False
    return True
