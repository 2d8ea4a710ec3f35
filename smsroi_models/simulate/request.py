"""What is asked of the simulator, checked before anything is drawn."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from smsroi_models.errors import ParameterError
from smsroi_models.locales import checked_locale
from smsroi_models.simulate.columns import DAY
from smsroi_models.simulate.plan import Plan, make_plans
from smsroi_models.simulate.shop import Shop, require

_MOST_CUSTOMERS, _MOST_CAMPAIGNS = 10**8, 999  # what the keys have digits for


@dataclass(frozen=True, slots=True)
class Request:
    """The checked parameters of a programme; see `simulate_program`.

    ``horizon`` is the programme's end, seconds since ``start``.
    """

    n_customers: int
    plans: tuple[Plan, ...]
    start: pd.Timestamp
    horizon: int
    holdout_share: float
    global_holdout_share: float
    margin_rate: float
    currency: str
    locale: str
    shop: Shop

    @property
    def programme_id(self) -> str:
        """Key of the programme's own row among the campaigns."""
        return f"GLOBAL-{self.start.year}"


def make_request(
    n_customers: int,
    n_campaigns: int,
    start: str | pd.Timestamp,
    window_days: int,
    spacing_days: int,
    holdout_share: float,
    global_holdout_share: float,
    conversion_effects: Sequence[float] | None,
    spend_effects: Sequence[float] | None,
    discounts: Sequence[float] | None,
    margin_rate: float,
    currency: str,
    locale: str,
    shop: Shop | None,
) -> Request:
    """Check the parameters and put them together; `ParameterError` as `simulate_program` says."""
    _require_whole("n_customers", n_customers, 1, _MOST_CUSTOMERS)
    _require_whole("n_campaigns", n_campaigns, 1, _MOST_CAMPAIGNS)
    _require_whole("window_days", window_days, 1, math.inf)
    # From window_days up, so that no two windows overlap.
    _require_whole("spacing_days", spacing_days, window_days, math.inf)
    _require_number("holdout_share", holdout_share)
    require(0 < holdout_share < 1, "holdout_share", holdout_share, "lie inside (0, 1)")
    _require_number("global_holdout_share", global_holdout_share)
    within = 0 <= global_holdout_share < 1
    require(within, "global_holdout_share", global_holdout_share, "lie in [0, 1)")
    _require_number("margin_rate", margin_rate)
    require(0 <= margin_rate <= 1, "margin_rate", margin_rate, "lie in [0, 1]")
    code = isinstance(currency, str) and re.fullmatch("[A-Z]{3}", currency) is not None
    require(code, "currency", currency, "be an ISO 4217 code of three capitals")
    require(shop is None or isinstance(shop, Shop), "shop", shop, "be a Shop")
    return Request(
        n_customers=int(n_customers),
        plans=make_plans(
            n_campaigns, window_days, spacing_days, conversion_effects, spend_effects, discounts
        ),
        start=_time_with_zone(start),
        horizon=n_campaigns * spacing_days * DAY,
        holdout_share=float(holdout_share),
        global_holdout_share=float(global_holdout_share),
        margin_rate=float(margin_rate),
        currency=currency,
        locale=checked_locale(locale),
        shop=Shop() if shop is None else shop,
    )


def _require_whole(name: str, value: object, lowest: int, highest: float) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    top = f" to {highest}" if highest < math.inf else " up"
    kept = whole and lowest <= value <= highest  # type: ignore[operator]
    require(kept, name, value, f"be a whole number from {lowest}{top}")


def _require_number(name: str, value: object) -> None:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    require(number, name, value, "be a number")


def _time_with_zone(start: object) -> pd.Timestamp:
    rule = "be a time with a zone, such as '2025-01-06T10:00Z'"
    try:
        begin = pd.Timestamp(start)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"start = {start!r} breaks the rule that start must {rule}. Pass such a time."
        ) from error
    require(not pd.isna(begin) and begin.tzinfo is not None, "start", start, rule)
    return begin.floor("s")
