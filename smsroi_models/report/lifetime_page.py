"""The written parts of the report on customers' lifetime value.

Names of segments and regions come from outside: every value passes Jinja's autoescape.
"""

from typing import Any

from smsroi_models.clv.base_groups import GroupValue
from smsroi_models.clv.model_choice import ModelScore
from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.report import lifetime_words as words
from smsroi_models.report.escaped import Html, fragment
from smsroi_models.report.in_locale import in_store_locale
from smsroi_models.report.numbers import (
    Money,
    fixed,
    p_written,
    percent,
    plain,
    shortened,
    significant,
    step_for,
    tally,
    with_interval,
)
from smsroi_models.report.results import versions
from smsroi_models.report.words import confidence

# More rows than a reader takes in are added up.
MOST_ROWS = 15


@in_store_locale
def verdict(result: LifetimeResult) -> Html:
    """Return the answer: a headline, a sentence with the interval in words, and any caution."""
    return fragment(
        "lifetime_verdict.html",
        as_of=result.as_of,
        headline=words.headline(result),
        sentence=words.sentence(result),
        missed=words.miss_caution(result),
        cautions=result.failed,
    )


@in_store_locale
def key_figures(result: LifetimeResult) -> Html:
    """Return the handful of figures that a reader takes away."""
    money, shown = Money(result.currency), words.shown_value(result)
    each = _per(shown.estimate, result)
    repeat = percent(result.n_repeat_buyers / result.n_customers)
    here = result.alive_repeat_buyers
    purchases = with_interval(result.total.predicted_purchases, _counted, 1.0)
    tiles = [
        ("Value of all customers", *with_interval(shown, money, 0.01)),
        ("Per customer", money(each, 0.01), f"in {words.horizon(result)}"),
        ("Customers who have bought", tally(result.n_customers), f"{repeat} more than once"),
        ("Repeat buyers still here", *with_interval(here, _counted, 1.0)),
        ("Purchases to come", *purchases),
        ("Margin", percent(result.margin.rate, 0.001), "of revenue"),
    ]
    return fragment("key_figures.html", tiles=tiles)


@in_store_locale
def alive(result: LifetimeResult) -> Html:
    """Return what the model takes for granted of customers who bought once."""
    return fragment("note.html", text=words.alive_note(result))


@in_store_locale
def groups(result: LifetimeResult, by: str) -> Html:
    """Return what each group of customers is worth; nothing is said of groups not known.

    Parameters
    ----------
    result : LifetimeResult
    by : str
        ``"cohort"``, ``"segment"`` or ``"region"``.
    """
    if by not in result.groups:
        return fragment("note.html", text=f"The store does not say which {by} customers belong to.")
    found = result.groups[by]
    if by != "cohort":
        found = tuple(sorted(found, key=lambda g: (-g.total.expected_value.estimate, g.name)))
    money = Money(result.currency)
    return fragment(
        "lifetime_groups.html",
        by=_GROUPS[by],
        what=_WHAT[by],
        rows=[_group_row(group, money) for group in found[:MOST_ROWS]],
        left_out=len(found) - MOST_ROWS,
        horizon=words.horizon(result),
        confidence=confidence(result.terms.confidence_level),
    )


@in_store_locale
def holdout(result: LifetimeResult) -> Html:
    """Return how every model foretold the last part of the past."""
    period = result.holdout
    if period is None:
        return fragment("note.html", text="The past is too short to try the models on.")
    if not period.trials:
        return fragment("note.html", text=words.untried(period))
    rows = [
        (
            words.MODELS[name],
            *with_interval(trial.predicted, _counted, 1.0),
            _counted(trial.actual, 1.0),
            percent(trial.misplaced_share),
            f"{fixed(trial.calibration.slope, 2)}" if trial.calibration else "",
            name == result.model,
        )
        for name, trial in period.trials.items()
    ]
    return fragment(
        "lifetime_holdout.html",
        rows=rows,
        calibration_end=period.calibration_end,
        holdout_end=period.holdout_end,
        customers=_counted(period.n_customers, 1.0),
        not_fitted=[(words.MODELS[name], why) for name, why in period.not_fitted.items()],
        confidence=confidence(result.terms.confidence_level),
    )


@in_store_locale
def models(result: LifetimeResult) -> Html:
    """Return the fitted models: how well they describe the customers, and the parameters."""
    money = Money(result.currency)
    step = step_for(words.shown_value(result), 0.01)
    return fragment(
        "lifetime_models.html",
        sentence=words.models_sentence(result),
        scores=[_score_row(score, result, money, step) for score in result.choice.scores],
        parameters=_parameters(result),
        unit=result.terms.time_unit,
        model=words.model_name(result),
    )


@in_store_locale
def checks(result: LifetimeResult) -> Html:
    """Return what was checked before any figure was trusted."""
    return fragment("checks.html", checks=result.checks)


@in_store_locale
def limits(result: LifetimeResult) -> Html:
    """Return what the report does not show."""
    without = result.n_without_orders
    return fragment(
        "lifetime_limits.html",
        without=tally(without) if without else "",
        horizon=words.horizon(result),
        no_customers="customers" in result.missing,
    )


@in_store_locale
def method(result: LifetimeResult) -> Html:
    """Return how the figures were made and from what: enough to make them again."""
    return fragment(
        "lifetime_method.html",
        result=result,
        method=words.method(result),
        margin=words.margin_sentence(result),
        weeks=plain(result.observed_weeks, 1.0),
        versions=versions(),
    )


def _per(total: float, result: LifetimeResult) -> float:
    return total / result.n_customers


def _counted(count: float, step: float) -> str:
    return plain(count, max(step, 1.0))


def _group_row(group: GroupValue, money: Money) -> dict[str, str]:
    shown = group.total.predicted_value or group.total.expected_value
    value, interval = with_interval(shown, money, 0.01)
    return {
        "name": shortened(group.name),
        "customers": tally(group.n_customers),
        "alive": "" if group.alive_share is None else percent(group.alive_share),
        "each": money(group.value_per_customer, 0.01),
        "value": value,
        "interval": interval,
    }


def _score_row(
    score: ModelScore, result: LifetimeResult, money: Money, step: float
) -> dict[str, Any]:
    value = result.value_by_model.get(score.model)
    p_value = score.vuong_p_value
    return {
        "name": words.MODELS[score.model],
        "chosen": score.model == result.model,
        "likelihood": plain(score.log_likelihood, 0.1) if score.log_likelihood is not None else "",
        "aic": plain(score.aic, 0.1) if score.aic is not None else "",
        "p_value": "" if p_value is None else p_written(p_value),
        "value": money(value, step) if value is not None else "",
        "reason": score.reason or "",
    }


def _parameters(result: LifetimeResult) -> list[tuple[str, str, str]]:
    rows = []
    for model in (result.purchase_model, result.spend_model):
        for name, value, error in zip(
            model.PARAMETERS, model.parameters, model.standard_errors, strict=True
        ):
            rows.append((name, significant(value, 4), significant(error, 2)))
    return rows


_GROUPS = {"cohort": "First purchase", "segment": "Segment", "region": "Region"}
_WHAT = {
    "cohort": "by the time of their first purchase (UTC)",
    "segment": "by segment, as the store knows it",
    "region": "by region",
}
