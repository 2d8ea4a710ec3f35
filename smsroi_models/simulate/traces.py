"""What customers leave behind besides orders: clicks, calls, replies, events and ratings."""

import numpy as np
import pandas as pd

from smsroi_models.simulate.calls import calls_frame, numbers_frame
from smsroi_models.simulate.events import events_frame
from smsroi_models.simulate.history import History
from smsroi_models.simulate.links import click_truth_frame, clicks_frame, draw_links, links_frame
from smsroi_models.simulate.replies import replies_frame
from smsroi_models.simulate.surveys import survey_frames

CLICK_TRUTH = "click truth"


def trace_frames(history: History, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the tables that no figure of the truth depends on, by name.

    Among them `CLICK_TRUTH`, which is no table of a store: who made each click.
    """
    links = draw_links(history, rng)
    return {
        "replies": replies_frame(history, rng),
        "links": links_frame(history),
        "clicks": clicks_frame(history, links),
        CLICK_TRUTH: click_truth_frame(links),
        "numbers": numbers_frame(history),
        "calls": calls_frame(history, rng),
        "events": events_frame(history, links, rng),
        **survey_frames(history, rng),
    }
