"""The figures of how the purchase model did: all purchases over time, and buyers by frequency."""

from datetime import timedelta
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from smsroi_models.lifetime_result import LifetimeResult
from smsroi_models.report import lifetime_words as words
from smsroi_models.report.drawing import (
    BLUE,
    GREY,
    INK,
    Canvas,
    Picture,
    canvas,
    figure_style,
    head,
    write_ticks,
)
from smsroi_models.report.escaped import Html
from smsroi_models.report.in_locale import in_store_locale, written_day
from smsroi_models.report.numbers import fixed, plain, significant, tally


@in_store_locale
def tracking(result: LifetimeResult, ax: Canvas | None = None) -> Picture:
    """Draw all repeat purchases gathered week by week, actual against expected."""
    track, title = result.tracking, words.tracking_finding(result)
    days: Any = [result.first_day + timedelta(days=int(day) + 1) for day in track.day]
    with figure_style():
        figure = canvas(ax, (5.2, 3.6))
        axes = figure.subplots()
        expected, came = track.cumulative_expected, track.cumulative_actual
        axes.plot(days, came, color=INK, linewidth=2.2, label="came")
        axes.plot(
            days, expected, color=BLUE, linewidth=2.2, linestyle=(0, (4, 2)), label="expected"
        )
        if _is_split(result):
            _mark_calibration(axes, result)
        locator = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.margins(x=0.02)
        axes.set_ylim(bottom=0)
        write_ticks(axes.yaxis, lambda value: plain(value, 1.0))
        axes.set_ylabel("repeat purchases gathered")
        axes.set_xlabel("end of week")
        axes.legend(loc="upper left", frameon=False)
        head(figure, title)
        sns.despine(ax=axes)
    return Picture(figure, f"{title}. {_say_tracking(result)}.")


@in_store_locale
def holdout(result: LifetimeResult, ax: Canvas | None = None) -> Picture | Html:
    """Draw purchases of the holdout period by earlier frequency, actual against expected."""
    trial = words.trial(result)
    if trial is None:
        return Html("")
    groups, title = trial.by_frequency, words.holdout_finding(trial)
    places = np.arange(len(groups.customers))
    names = [
        significant(low) if np.isfinite(high) else f"{significant(low)}+"
        for low, high in zip(groups.least, groups.most, strict=True)
    ]
    with figure_style():
        figure = canvas(ax, (5.2, 3.6))
        axes = figure.subplots()
        axes.bar(places, groups.expected_mean, color=BLUE, alpha=0.35, width=0.7, label="foretold")
        axes.errorbar(
            places,
            groups.actual_mean,
            yerr=2 * groups.standard_error,
            fmt="o",
            color=INK,
            markersize=6,
            linewidth=1.4,
            label="made, ± 2 standard errors",
        )
        axes.set_xticks(places, names)
        axes.set_xlabel("repeat purchases before")
        axes.set_ylabel("purchases per customer")
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper left", frameon=False)
        head(figure, title)
        sns.despine(ax=axes)
    told = "; ".join(
        f"{name} before: {fixed(made, 2)} made, {fixed(expected, 2)} foretold, {tally(n)} customers"
        for name, made, expected, n in zip(
            names, groups.actual_mean, groups.expected_mean, groups.customers, strict=True
        )
    )
    return Picture(figure, f"{title}. Purchases per customer by repeat purchases before: {told}.")


def _is_split(result: LifetimeResult) -> bool:
    return words.trial(result) is not None


def _mark_calibration(axes: Axes, result: LifetimeResult) -> None:
    assert result.holdout is not None
    at: Any = result.holdout.calibration_end + timedelta(days=1)
    axes.axvline(at, color=GREY, linewidth=1.2)
    axes.annotate(
        "foretold from here on",
        (at, 0.04),
        xycoords=("data", "axes fraction"),
        xytext=(5, 0),
        textcoords="offset points",
        color=INK,
        fontsize=9,
    )


def _say_tracking(result: LifetimeResult) -> str:
    track = result.tracking
    split = ""
    if result.holdout is not None and _is_split(result):
        split = f", foretold from {written_day(result.holdout.calibration_end)} on"
    return (
        f"Repeat purchases by the end of {len(track.day)} weeks: {tally(track.actual.sum())} came, "
        f"{tally(track.expected.sum())} expected{split}"
    )
