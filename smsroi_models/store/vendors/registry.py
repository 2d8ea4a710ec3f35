"""The vendors by the names that the command line takes."""

import difflib
from collections.abc import Callable

from smsroi_models.errors import ParameterError
from smsroi_models.store.vendors.assigned import SMSROI
from smsroi_models.store.vendors.attentive import attentive_vendor
from smsroi_models.store.vendors.bitly import BITLY
from smsroi_models.store.vendors.callrail import CALLRAIL
from smsroi_models.store.vendors.context import Context
from smsroi_models.store.vendors.contract import Vendor
from smsroi_models.store.vendors.ga4 import GA4
from smsroi_models.store.vendors.klaviyo import KLAVIYO
from smsroi_models.store.vendors.mapped import mapped_vendor
from smsroi_models.store.vendors.shopify import SHOPIFY
from smsroi_models.store.vendors.surveys import DELIGHTED, SURVEYMONKEY, TYPEFORM
from smsroi_models.store.vendors.twilio import TWILIO

_LISTED = (
    TWILIO,
    SHOPIFY,
    CALLRAIL,
    BITLY,
    TYPEFORM,
    SURVEYMONKEY,
    DELIGHTED,
    GA4,
    KLAVIYO,
    SMSROI,
)
_KNOWN: dict[str, Callable[[Context], Vendor]] = {
    **{vendor.name: lambda _, vendor=vendor: vendor for vendor in _LISTED},  # type: ignore[misc]
    "attentive": attentive_vendor,
    "csv": mapped_vendor,
}
VENDORS = tuple(_KNOWN)
"""Every name, `csv` for a file that a mapping file describes."""


def vendor_called(name: str, context: Context) -> Vendor:
    """Return the vendor of that name.

    Raises
    ------
    ParameterError
        If there is none, or its mapping is missing or wrong.
    """
    if name not in _KNOWN:
        near = difflib.get_close_matches(name.lower(), VENDORS, n=1)
        hint = f"is {near[0]!r} meant?" if near else f"known are {', '.join(VENDORS)}"
        raise ParameterError(
            f"no importer is called {name!r}: {hint}. Any table comes in with `csv` and a mapping"
        )
    return _KNOWN[name](context)
