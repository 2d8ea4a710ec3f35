"""Did a mass text campaign pay for itself, how sure are we, and what should be done next.

>>> import smsroi_models as smsroi
>>> smsroi.__version__
'0.1.0'

A name is imported when it is first used: the command and the tests of one corner do not wait for
all the others.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsroi_models.analysis import analyze_campaign
    from smsroi_models.attribution.borrowed_records import Borrowed
    from smsroi_models.attribution.compliance import ComplierLift
    from smsroi_models.attribution.effects import Estimate, Lift
    from smsroi_models.attribution.factor_records import IncrementalityFactors
    from smsroi_models.attribution.lift import compare
    from smsroi_models.attribution.moments import Moments
    from smsroi_models.attribution.pull_forward import PullForward
    from smsroi_models.attribution.rules import PRESETS, AttributionRule
    from smsroi_models.attribution.segment_records import Segments
    from smsroi_models.attribution.tracked_records import RuleComparison, TrackedCredit
    from smsroi_models.audience.fatigue_records import Fatigue
    from smsroi_models.audience_health import (
        analyze_audience,
        customers_who_asked_to_stop,
        write_asked_to_stop,
    )
    from smsroi_models.audience_result import AudienceResult
    from smsroi_models.borrowed import borrowed_roi
    from smsroi_models.clv.bg_nbd import BgNbd, fit_bg_nbd
    from smsroi_models.clv.gamma_gamma import GammaGamma, fit_gamma_gamma
    from smsroi_models.clv.long_term_records import LongTerm
    from smsroi_models.clv.mbg_nbd import MbgNbd, fit_mbg_nbd
    from smsroi_models.clv.pareto_nbd import ParetoNbd, fit_pareto_nbd
    from smsroi_models.clv.rfm import calibration_holdout_summary, rfm_summary
    from smsroi_models.clv.value import LifetimeTotal, LifetimeValue, lifetime_value
    from smsroi_models.factors import incrementality_factors
    from smsroi_models.holdout import complier_lift, holdout_lift, ratio_lift
    from smsroi_models.lifetime import analyze_lifetime_value
    from smsroi_models.lifetime_predictions import customer_lifetime_values
    from smsroi_models.lifetime_result import LifetimeResult
    from smsroi_models.paths import find_store
    from smsroi_models.planning.coupon_codes import verify_code
    from smsroi_models.planning.coupons import mint_coupons
    from smsroi_models.planning.links import mint_links
    from smsroi_models.planning.proposal import propose_campaign
    from smsroi_models.planning.proposed import Proposal
    from smsroi_models.planning.text_segments import count_segments
    from smsroi_models.planning.tracking_numbers import allocate_numbers
    from smsroi_models.portfolio import analyze_portfolio
    from smsroi_models.portfolio_result import PortfolioResult
    from smsroi_models.programme import analyze_programme, is_programme
    from smsroi_models.programme_result import ProgrammeResult
    from smsroi_models.result import CampaignResult
    from smsroi_models.roi import CostLine, Roi, return_on_investment
    from smsroi_models.segments import segment_lifts
    from smsroi_models.simulate import simulate_program
    from smsroi_models.store.checks import Finding, check_store
    from smsroi_models.store.connect import Store, open_store
    from smsroi_models.store.write import write_store
    from smsroi_models.survey.scores import NetPromoterScore, net_promoter_score
    from smsroi_models.survey.shares_and_means import AnswerScore, mean_score, top_box_share
    from smsroi_models.survey.weights import rake
    from smsroi_models.survey_result import SurveyResult
    from smsroi_models.surveys import analyze_survey
    from smsroi_models.systems import Systems, event_table, link_table, tracking_systems
    from smsroi_models.texting_frequency import analyze_fatigue
    from smsroi_models.tracked import rule_comparison, touch_ledger, tracked_credit
    from smsroi_models.without_holdout import CounterfactualResult, counterfactual_roi

__version__ = "0.1.0"

__all__ = [
    "PRESETS",
    "AnswerScore",
    "AttributionRule",
    "AudienceResult",
    "BgNbd",
    "Borrowed",
    "CampaignResult",
    "ComplierLift",
    "CostLine",
    "CounterfactualResult",
    "Estimate",
    "Fatigue",
    "Finding",
    "GammaGamma",
    "IncrementalityFactors",
    "LifetimeResult",
    "LifetimeTotal",
    "LifetimeValue",
    "Lift",
    "LongTerm",
    "MbgNbd",
    "Moments",
    "NetPromoterScore",
    "ParetoNbd",
    "PortfolioResult",
    "ProgrammeResult",
    "Proposal",
    "PullForward",
    "Roi",
    "RuleComparison",
    "Segments",
    "Store",
    "SurveyResult",
    "Systems",
    "TrackedCredit",
    "allocate_numbers",
    "analyze_audience",
    "analyze_campaign",
    "analyze_fatigue",
    "analyze_lifetime_value",
    "analyze_portfolio",
    "analyze_programme",
    "analyze_survey",
    "borrowed_roi",
    "calibration_holdout_summary",
    "check_store",
    "compare",
    "complier_lift",
    "count_segments",
    "counterfactual_roi",
    "customer_lifetime_values",
    "customers_who_asked_to_stop",
    "event_table",
    "find_store",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_mbg_nbd",
    "fit_pareto_nbd",
    "holdout_lift",
    "incrementality_factors",
    "is_programme",
    "lifetime_value",
    "link_table",
    "mean_score",
    "mint_coupons",
    "mint_links",
    "net_promoter_score",
    "open_store",
    "propose_campaign",
    "rake",
    "ratio_lift",
    "return_on_investment",
    "rfm_summary",
    "rule_comparison",
    "segment_lifts",
    "simulate_program",
    "top_box_share",
    "touch_ledger",
    "tracked_credit",
    "tracking_systems",
    "verify_code",
    "write_asked_to_stop",
    "write_store",
]

_NAMES = {
    "analysis": ("analyze_campaign",),
    "attribution.borrowed_records": ("Borrowed",),
    "attribution.compliance": ("ComplierLift",),
    "attribution.effects": (
        "Estimate",
        "Lift",
    ),
    "attribution.factor_records": ("IncrementalityFactors",),
    "attribution.lift": ("compare",),
    "attribution.moments": ("Moments",),
    "attribution.pull_forward": ("PullForward",),
    "attribution.rules": (
        "AttributionRule",
        "PRESETS",
    ),
    "attribution.segment_records": ("Segments",),
    "attribution.tracked_records": (
        "RuleComparison",
        "TrackedCredit",
    ),
    "audience.fatigue_records": ("Fatigue",),
    "audience_health": (
        "analyze_audience",
        "customers_who_asked_to_stop",
        "write_asked_to_stop",
    ),
    "audience_result": ("AudienceResult",),
    "borrowed": ("borrowed_roi",),
    "clv.bg_nbd": (
        "BgNbd",
        "fit_bg_nbd",
    ),
    "clv.gamma_gamma": (
        "GammaGamma",
        "fit_gamma_gamma",
    ),
    "clv.long_term_records": ("LongTerm",),
    "clv.mbg_nbd": (
        "MbgNbd",
        "fit_mbg_nbd",
    ),
    "clv.pareto_nbd": (
        "ParetoNbd",
        "fit_pareto_nbd",
    ),
    "clv.rfm": (
        "calibration_holdout_summary",
        "rfm_summary",
    ),
    "clv.value": (
        "LifetimeTotal",
        "LifetimeValue",
        "lifetime_value",
    ),
    "factors": ("incrementality_factors",),
    "holdout": (
        "complier_lift",
        "holdout_lift",
        "ratio_lift",
    ),
    "lifetime": ("analyze_lifetime_value",),
    "lifetime_predictions": ("customer_lifetime_values",),
    "lifetime_result": ("LifetimeResult",),
    "paths": ("find_store",),
    "planning.coupon_codes": ("verify_code",),
    "planning.coupons": ("mint_coupons",),
    "planning.links": ("mint_links",),
    "planning.proposal": ("propose_campaign",),
    "planning.proposed": ("Proposal",),
    "planning.text_segments": ("count_segments",),
    "planning.tracking_numbers": ("allocate_numbers",),
    "portfolio": ("analyze_portfolio",),
    "portfolio_result": ("PortfolioResult",),
    "programme": (
        "analyze_programme",
        "is_programme",
    ),
    "programme_result": ("ProgrammeResult",),
    "result": ("CampaignResult",),
    "roi": (
        "CostLine",
        "Roi",
        "return_on_investment",
    ),
    "segments": ("segment_lifts",),
    "simulate": ("simulate_program",),
    "store.checks": (
        "Finding",
        "check_store",
    ),
    "store.connect": (
        "Store",
        "open_store",
    ),
    "store.write": ("write_store",),
    "survey.scores": (
        "NetPromoterScore",
        "net_promoter_score",
    ),
    "survey.shares_and_means": (
        "AnswerScore",
        "mean_score",
        "top_box_share",
    ),
    "survey.weights": ("rake",),
    "survey_result": ("SurveyResult",),
    "surveys": ("analyze_survey",),
    "systems": (
        "Systems",
        "event_table",
        "link_table",
        "tracking_systems",
    ),
    "texting_frequency": ("analyze_fatigue",),
    "tracked": (
        "rule_comparison",
        "touch_ledger",
        "tracked_credit",
    ),
    "without_holdout": (
        "CounterfactualResult",
        "counterfactual_roi",
    ),
}
_PLACES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    value: object
    if name in _PLACES:
        value = getattr(import_module(f"smsroi_models.{_PLACES[name]}"), name)
    elif not name.startswith("_") and find_spec(f"smsroi_models.{name}"):
        value = import_module(f"smsroi_models.{name}")  # smsroi.errors, and whatever else is there
    else:
        raise AttributeError(f"module 'smsroi_models' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
