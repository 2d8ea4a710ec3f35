"""Every lazy query also compiles for the engines that a store may live in later."""

from datetime import UTC, datetime

import ibis
import numpy as np
import pytest

from smsroi_models.attribution.all_arms import clocks
from smsroi_models.attribution.all_campaigns import COLUMNS, active_customers, all_moments
from smsroi_models.attribution.bots import judged_clicks
from smsroi_models.attribution.calls import CallRule, callers_assigned, calls_summed, orders_after
from smsroi_models.attribution.campaigns import Campaign, assigned_customers
from smsroi_models.attribution.click_times import times_to_click
from smsroi_models.attribution.collect import moments_by_arm
from smsroi_models.attribution.conversion_events import events_by, events_summed
from smsroi_models.attribution.coupons import coupons_summed
from smsroi_models.attribution.credit import with_credit
from smsroi_models.attribution.credit_totals import credited_sums, texted_sums
from smsroi_models.attribution.daily import daily_additions
from smsroi_models.attribution.link_credit import links_by_target
from smsroi_models.attribution.links import links_summed
from smsroi_models.attribution.moments import Moments
from smsroi_models.attribution.outcomes import orders_in_reach, outcomes, ready_customers
from smsroi_models.attribution.overlap import strata_counted, texted_by_others
from smsroi_models.attribution.reached import with_received
from smsroi_models.attribution.rules import PRESETS
from smsroi_models.attribution.series import Span, daily_sums, series_customers
from smsroi_models.attribution.shared_draws import Draw, summed_squares
from smsroi_models.attribution.spending import texts_summed
from smsroi_models.attribution.touches import ledger
from smsroi_models.audience.decision_points import cells, decision_points, score_products
from smsroi_models.audience.pace import subscribed_time, texts_assigned, texts_priced
from smsroi_models.audience.terms import Fitted
from smsroi_models.clv.assigned_histories import assigned_histories, kinds_counted
from smsroi_models.clv.recruits import outside_the_arms, recruits_summed
from smsroi_models.clv.retention_counts import arm_purchases, cohort_purchases, quarter_starts
from smsroi_models.store.tables import ARMS, TABLES
from smsroi_models.survey.answer_tables import (
    anonymous_answers,
    answered_people,
    answers_counted,
    latest_answers,
    population,
)
from smsroi_models.survey.answer_tables import cells as survey_cells
from smsroi_models.survey.questions import Survey

STORE = {name: ibis.table(table.schema(), name=name) for name, table in TABLES.items()}
CAMPAIGN = Campaign("C", "C", datetime(2025, 3, 1, tzinfo=UTC), 14, 0.6, "USD", None)
AS_OF = datetime(2025, 4, 1, tzinfo=UTC)
READY = ready_customers(STORE, CAMPAIGN, AS_OF)
ORDERS = orders_in_reach(STORE, CAMPAIGN, READY, 90)
CUSTOMERS = outcomes(STORE, CAMPAIGN, AS_OF)
SPAN = Span(datetime(2025, 3, 1, tzinfo=UTC), 180, 14)
PEOPLE = series_customers(STORE, CAMPAIGN, SPAN)
LEDGER = ledger(STORE, CAMPAIGN, AS_OF, 31)
ARM = Moments.from_rows([[0.0, 0.0], [1.0, 2.0]], ["revenue", "pre_revenue"])
HISTORIES = assigned_histories(STORE, CAMPAIGN, AS_OF, 14)
SURVEY = Survey("s", "C", "nps", 0.0, 10.0, "How likely?")
ASKED = population(STORE, SURVEY, CAMPAIGN, AS_OF)
ANSWERS = latest_answers(STORE, SURVEY, AS_OF)
POINTS = decision_points(STORE, AS_OF, left_out=["HOLD"])
QUERIES = {
    "assigned_customers": assigned_customers(STORE, CAMPAIGN),
    "ready_customers": READY,
    "orders_in_reach": ORDERS,
    "outcomes": CUSTOMERS,
    "moments_by_arm": moments_by_arm(
        CUSTOMERS, ["revenue", "pre_revenue"], "arm", "treatment", "holdout"
    ),
    "daily_additions": daily_additions(ORDERS, CUSTOMERS, "margin", ["pre_revenue"]),
    "series_customers": PEOPLE,
    "daily_sums": daily_sums(STORE, CAMPAIGN, SPAN, PEOPLE),
    "active_customers": active_customers(STORE, AS_OF),
    "all_moments": all_moments(STORE, AS_OF, COLUMNS),
    "clocks": clocks(STORE, AS_OF),
    "with_received": with_received(STORE, CAMPAIGN, CUSTOMERS),
    "texts_summed": texts_summed(STORE, CAMPAIGN, AS_OF),
    "strata_counted": strata_counted(STORE, CAMPAIGN),
    "summed_squares": summed_squares(STORE, {"SPRING": Draw(1.0, 90, 10)}),
    "judged_clicks": judged_clicks(STORE),
    "ledger": LEDGER,
    "with_credit": with_credit(LEDGER, PRESETS["braze"]),
    "credited_sums": credited_sums(STORE, CAMPAIGN, AS_OF, list(PRESETS.values()), (ARM, ARM), 90),
    "links_by_target": links_by_target(STORE, CAMPAIGN, AS_OF),
    "links_summed": links_summed(STORE, CAMPAIGN, AS_OF),
    "coupons_summed": coupons_summed(STORE, CAMPAIGN, AS_OF),
    "calls_summed": calls_summed(STORE, CAMPAIGN, AS_OF, CallRule()),
    "orders_after": orders_after(STORE, CAMPAIGN, AS_OF, CallRule()),
    "callers_assigned": callers_assigned(STORE, CAMPAIGN, AS_OF),
    "events_summed": events_summed(STORE, CAMPAIGN, AS_OF),
    "events_by_message": events_by(STORE, AS_OF, "message", CAMPAIGN),
    "times_to_click": times_to_click(STORE, CAMPAIGN, AS_OF),
    "texted_sums": texted_sums(STORE, CAMPAIGN, AS_OF, list(PRESETS.values())),
    "texted_by_others": texted_by_others(STORE, CAMPAIGN, AS_OF),
    "assigned_histories": HISTORIES,
    "kinds_counted": kinds_counted(HISTORIES, "arm", ARMS, alike_in_spend=True),
    "recruits_summed": recruits_summed(
        STORE, CAMPAIGN, AS_OF, outside_the_arms(STORE, CAMPAIGN, {"c": "recruited"})
    ),
    "decision_points": POINTS,
    "cells": cells(POINTS),
    "score_products": score_products(
        POINTS, [Fitted("opted_out", ((), ("treated", "extra_30")), np.array([-5.0, 0.5]))]
    ),
    "texts_assigned": texts_assigned(STORE, AS_OF, ["HOLD"]),
    "subscribed_time": subscribed_time(STORE, datetime(2025, 3, 1, tzinfo=UTC), AS_OF),
    "texts_priced": texts_priced(STORE, AS_OF),
    "arm_purchases": arm_purchases(STORE, CAMPAIGN, AS_OF, 44),
    "population": ASKED,
    "latest_answers": ANSWERS,
    "answered_people": answered_people(STORE, ANSWERS, ASKED, AS_OF, 30),
    "anonymous_answers": anonymous_answers(STORE, SURVEY, AS_OF),
    "answers_counted": answers_counted(STORE, SURVEY, AS_OF),
    "survey_cells": survey_cells(ASKED, ANSWERS, ["segment", "region"]),
    "cohort_purchases": cohort_purchases(STORE, AS_OF.date(), quarter_starts(AS_OF.date(), 8)),
}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "bigquery", "snowflake"])
@pytest.mark.parametrize("query", QUERIES)
def test_query_compiles(query: str, dialect: str) -> None:
    assert ibis.to_sql(QUERIES[query], dialect=dialect).lstrip().startswith(("SELECT", "WITH"))
