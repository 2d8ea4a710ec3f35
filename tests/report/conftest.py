"""One small simulated campaign and its result, shared by the tests of the page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import smsroi_models as smsroi
from smsroi_models.result import CampaignResult

HOSTILE = (
    """<script>alert(1)</script>"'&$x$ {{ 7*7 }} {campaign_id} </title><img src=x onerror=1>"""
)


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Parquet with two campaigns of a small shop; the second has a hostile name."""
    program = smsroi.simulate_program(4000, 2, np.random.default_rng(11), detail="full")
    tables = dict(program.tables)
    campaigns = tables["campaigns"].copy()
    campaigns.loc[1, "name"] = HOSTILE
    tables["campaigns"] = campaigns
    return smsroi.write_store(tables, tmp_path_factory.mktemp("store") / "shop")


@pytest.fixture(scope="session")
def result(small_store: Path) -> CampaignResult:
    with smsroi.open_store(small_store) as store:
        return smsroi.analyze_campaign(store, "camp-01")


@pytest.fixture(scope="session")
def hostile(result: CampaignResult) -> CampaignResult:
    return replace(result, campaign=replace(result.campaign, name=HOSTILE))
