"""Nothing imports rightwards: tables -> numbers -> stories, with sufficient statistics between.

Each module belongs to a layer. A layer says which layers its modules may import and which
packages of others. A module that no layer names fails, so that a new one is placed on purpose.
"""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import smsroi_models

ROOT = Path(smsroi_models.__file__).parent
PACKAGE = "smsroi_models"


@dataclass(frozen=True)
class Layer:
    """Modules (a name that ends in a dot takes in everything below), and what they may import.

    ``packages`` of None allows any.
    """

    modules: tuple[str, ...]
    layers: tuple[str, ...]
    packages: frozenset[str] | None


ENGINE = frozenset({"ibis", "duckdb", "pandas", "pyarrow", "numpy"})
LAYERS = {
    "foundation": Layer(
        ("errors", "locales", "records", "record_html", "record_text", "scratch"),
        ("foundation",),
        frozenset({"pandas", "babel"}),
    ),
    "seam": Layer(
        (
            "attribution.moments",
            "attribution.influence",
            "attribution.rule_checks",
            "attribution.rules",
            "audience.counts",
            "audience.terms",
        ),
        ("foundation", "seam"),
        frozenset({"numpy"}),
    ),
    "privacy": Layer(("masking",), ("foundation",), frozenset()),
    "tables": Layer(
        (
            "store",
            "store.",
            "attribution",
            "attribution.campaigns",
            "attribution.outcomes",
            "attribution.daily",
            "attribution.collect",
            "attribution.arm_values",
            "attribution.spending",
            "attribution.after_window",
            "attribution.overlap",
            "attribution.shared_draws",
            "attribution.all_campaigns",
            "attribution.all_arms",
            "attribution.exposure",
            "attribution.programmes",
            "attribution.programme_spending",
            "attribution.series",
            "attribution.winsorised",
            "attribution.reached",
            "attribution.segmented",
            "attribution.bots",
            "attribution.touches",
            "attribution.credit",
            "attribution.credit_totals",
            "attribution.links",
            "attribution.link_credit",
            "attribution.click_times",
            "attribution.coupons",
            "attribution.calls",
            "attribution.conversion_events",
            "audience",
            "audience.decision_points",
            "audience.list_sums",
            "audience.pace",
            "audience.subscriptions",
            "audience.spell_counts",
            "audience.texted",
            "audience.asked_to_stop",
            "planning",
            "planning.history",
            "planning.lists",
            "planning.minted",
            "clv.purchase_days",
            "clv.rfm",
            "clv.rfm_counts",
            "clv.daily_purchases",
            "clv.customer_base",
            "clv.base_margin",
            "clv.assigned_histories",
            "clv.recruits",
            "clv.order_pace",
            "clv.retention_counts",
            "survey",
            "survey.questions",
            "survey.answer_tables",
            "survey.people_asked",
        ),
        ("foundation", "seam", "tables"),
        ENGINE | {"phonenumbers"},
    ),
    "numbers": Layer(
        (
            "attribution.student",
            "attribution.effects",
            "attribution.lift",
            "attribution.skewness",
            "attribution.checks",
            "attribution.cumulative",
            "attribution.estimates",
            "attribution.arm_means",
            "attribution.compliance",
            "attribution.clusters",
            "attribution.strata",
            "attribution.cohorts",
            "attribution.ratios",
            "attribution.sequential",
            "attribution.multiplicity",
            "attribution.segment_records",
            "attribution.outliers",
            "attribution.pull_forward",
            "attribution.lasting",
            "attribution.sample_ratio",
            "attribution.design_checks",
            "attribution.counterfactual",
            "attribution.placebo",
            "attribution.mixture",
            "attribution.structural",
            "attribution.incrementality",
            "attribution.pooled_factors",
            "attribution.trend",
            "attribution.best_of",
            "attribution.letters",
            "attribution.factor_records",
            "attribution.borrowed_records",
            "attribution.shares",
            "attribution.tracked_records",
            "audience.fatigue",
            "audience.fatigue_records",
            "audience.frequency_effects",
            "audience.hazard",
            "audience.opt_out_cost",
            "audience.products",
            "audience.subscription_value",
            "audience.rates",
            "audience.list_growth",
            "audience.list_rule",
            "audience.survival",
            "audience.control_chart",
            "audience.list_checks",
            "audience.campaign_audience",
            "planning.design",
            "planning.power",
            "planning.prior",
            "planning.value",
            "planning.holdout",
            "planning.plan_checks",
            "planning.proposed",
            "planning.draw",
            "planning.gsm_alphabet",
            "planning.text_segments",
            "planning.text_fields",
            "planning.text_cost",
            "planning.channel_rules",
            "planning.target_tags",
            "planning.tokens",
            "planning.coupon_codes",
            "planning.number_windows",
            "planning.plan_rules",
            "planning.record",
            "planning.deviations",
            "clv",
            "clv.newton",
            "clv.validation",
            "clv.holdout_calibration",
            "clv.tracking",
            "clv.spend_rows",
            "clv.gamma_gamma_likelihood",
            "clv.gamma_gamma",
            "clv.spend_independence",
            "clv.purchase_history",
            "clv.bg_likelihood",
            "clv.fitting",
            "clv.bg_fit",
            "clv.bg_rows",
            "clv.purchases_while_alive",
            "clv.prediction_rows",
            "clv.purchase_model",
            "clv.bg_predictions",
            "clv.bg_model",
            "clv.bg_nbd",
            "clv.mbg_nbd",
            "clv.pareto_integral",
            "clv.pareto_likelihood",
            "clv.pareto_predictions",
            "clv.pareto_nbd",
            "clv.covariate_design",
            "clv.covariate_bg_nbd",
            "clv.covariates",
            "clv.model_choice",
            "clv.intervals",
            "clv.discounting",
            "clv.future_purchases",
            "clv.valued",
            "clv.value",
            "clv.base_model",
            "clv.base_checks",
            "clv.holdout_checks",
            "clv.base_groups",
            "clv.base_valuation",
            "clv.prospects",
            "clv.long_term_records",
            "clv.carried_on",
            "clv.against_seen",
            "clv.retention",
            "survey.answers",
            "survey.weighted_means",
            "survey.scores",
            "survey.shares_and_means",
            "survey.metrics",
            "survey.differences",
            "survey.reliability",
            "survey.margins",
            "survey.weights",
            "survey.weight_quality",
            "survey.rank_correlation",
            "survey.representation",
            "survey.arm_answers",
            "survey.answer_checks",
            "survey.followed",
            "survey.comments",
            "survey.presence",
            "survey.commented",
            "survey.log_odds",
            "survey.drivers",
            "survey.together",
            "survey.topics",
            "survey.mean_difference",
            "survey.examples",
            "survey.themes",
            "decision",
            "likelihood",
            "roi",
        ),
        ("foundation", "seam", "privacy", "numbers"),
        frozenset({"numpy", "scipy", "statsmodels", "sklearn"}),
    ),
    "composition": Layer(
        (
            "analysis",
            "setting",
            "window_lift",
            "holdout",
            "result",
            "next_steps",
            "attribution.gates",
            "attribution.running",
            "attribution.gates_without_holdout",
            "segments",
            "beside",
            "portfolio",
            "portfolio_reading",
            "portfolio_result",
            "programme",
            "programme_result",
            "programme_parts",
            "attribution.gates_programme",
            "without_holdout",
            "planning.grounds",
            "planning.proposal",
            "planning.assign",
            "planning.reading",
            "soundness",
            "tracked",
            "factors",
            "borrowed",
            "systems",
            "long_term",
            "lost_subscribers",
            "subscription_worth",
            "texting_frequency",
            "shop_model",
            "predicted_arms",
            "recruited",
            "retained",
            "planning.list_checks",
            "planning.recorded",
            "audience_health",
            "audience_result",
            "left_after",
            "planning.recipients",
            "planning.links",
            "planning.coupons",
            "planning.tracking_numbers",
            "planning.send_list",
            "planning.minted_files",
            "lifetime",
            "lifetime_result",
            "lifetime_terms",
            "lifetime_models",
            "lifetime_predictions",
            "surveys",
            "survey_result",
            "survey_comments",
            "survey_arms",
        ),
        ("foundation", "privacy", "seam", "tables", "numbers", "composition"),
        ENGINE,
    ),
    "bridge": Layer(
        ("clv.lifetimes_bridge",),
        ("foundation", "numbers", "bridge"),
        frozenset({"numpy", "pandas", "lifetimes"}),
    ),
    "simulator": Layer(
        ("simulate", "simulate."),
        ("foundation", "tables", "simulator"),
        ENGINE - {"ibis", "duckdb"},
    ),
    "stories": Layer(
        (
            "",
            "report",
            "report.",
            "cli",
            "cli_options",
            "cli_page",
            "cli_exports",
            "cli_import",
            "cli_watching",
            "cli_planning",
            "cli_plan_group",
            "cli_tracking",
            "cli_sending",
            "cli_traces",
            "cli_portfolio",
            "cli_programme",
            "cli_audience",
            "cli_schedule",
            "cli_lifetime",
            "cli_lab",
            "cli_survey",
            "paths",
        ),
        (
            "foundation",
            "seam",
            "tables",
            "numbers",
            "composition",
            "privacy",
            "bridge",
            "simulator",
            "stories",
        ),
        None,
    ),
}
# An unmaintained package with known faults: one bridge may import it. Telephone numbers are read
# where they become pseudonyms and where they are masked, and nowhere else. What scikit-learn draws
# and warns of is looked after in one place.
ONLY_THROUGH = {
    "lifetimes": ("clv.lifetimes_bridge",),
    "phonenumbers": ("store.pseudonyms",),
    "sklearn": ("survey.topics",),
    "babel": ("locales",),
}
# The command line seeds a generator, and so do a draw that is repeated from its recorded seed and a
# report's search for themes, which is to find the same ones again; everything else is handed one.
SEEDS = ("cli", "planning.assign", "survey_comments")
RANDOM_TYPES = {"Generator", "BitGenerator", "SeedSequence"}
# Ibis methods that run a query; in the tables layer only a function that says so may call them.
RUNS = {"execute", "to_pyarrow", "to_pandas", "to_polars", "to_pyarrow_batches"}


def _modules() -> dict[str, Path]:
    """Return every module's name within the package, and its file."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()
EACH_MODULE = pytest.mark.parametrize("module", MODULES, ids=lambda name: name or PACKAGE)


def _layer_of(module: str) -> str | None:
    for name, layer in LAYERS.items():
        if module in layer.modules:
            return name
    for name, layer in LAYERS.items():
        if any(rule.endswith(".") and module.startswith(rule) for rule in layer.modules):
            return name
    return None


def _tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def _imported(module: str) -> set[str]:
    """Return what the module imports anywhere in it, by full dotted name."""
    home = [PACKAGE, *module.split(".")] if module else [PACKAGE]
    if MODULES[module].name != "__init__.py":
        home = home[:-1]
    return _names(_tree(module), home)


def _names(tree: ast.Module, home: list[str]) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = home[: len(home) - node.level + 1] if node.level else []
            base = ".".join([*above, node.module] if node.module else above)
            # "from package import name" may name a module or something in the package itself.
            whole = {f"{base}.{alias.name}" for alias in node.names}
            inside = {name for name in whole if name.removeprefix(f"{PACKAGE}.") in MODULES}
            names |= inside or {base}
            names |= whole & {"numpy.random"}
    return names


def _attribute(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Attribute) else ""


@EACH_MODULE
def test_every_module_has_a_layer(module: str) -> None:
    assert _layer_of(module), f"{module} is in no layer: name it in LAYERS, where it belongs"


@EACH_MODULE
def test_no_module_imports_rightwards(module: str) -> None:
    layer = LAYERS[_layer_of(module) or "foundation"]
    for name in _imported(module):
        if name == PACKAGE or name.startswith(f"{PACKAGE}."):
            other = name.removeprefix(PACKAGE).removeprefix(".")
            assert other in MODULES, f"{module} imports {name}, which is no module"
            assert _layer_of(other) in layer.layers, f"{module} may not import {other}"


@EACH_MODULE
def test_each_layer_keeps_to_its_packages(module: str) -> None:
    packages = LAYERS[_layer_of(module) or "foundation"].packages
    for name in _imported(module):
        top = name.split(".")[0]
        if top == PACKAGE or top in sys.stdlib_module_names:
            continue
        assert packages is None or top in packages, f"{module} may not import {top}"
        through = ONLY_THROUGH.get(top, (module,))
        assert module in through, f"only {' and '.join(through)} may import {top}"


@EACH_MODULE
def test_no_module_has_random_state_of_its_own(module: str) -> None:
    imported = _imported(module)
    assert "random" not in imported
    assert not any(name.startswith("numpy.random") for name in imported)
    allowed = RANDOM_TYPES | ({"default_rng", "PCG64"} if module in SEEDS else set())
    for node in ast.walk(_tree(module)):
        name = _attribute(node) if isinstance(node, ast.expr) else ""
        if name.startswith(("np.random.", "numpy.random.")):
            assert name.split(".")[2] in allowed, f"{module} line {node.lineno}: {name}"


QUERYING = [
    name for name in MODULES if name.startswith(("attribution.", "audience.", "clv.", "survey."))
]


@pytest.mark.parametrize("module", QUERYING)
def test_only_functions_that_say_so_run_a_query(module: str) -> None:
    for function in ast.walk(_tree(module)):
        if not isinstance(function, ast.FunctionDef):
            continue
        runs = {
            node.func.attr
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        } & RUNS
        assert not runs or function.name.startswith(("collect_", "read_")), function.name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import smsroi_models.report.words", "smsroi_models.report.words"),
        ("from smsroi_models.store.connect import Store", "smsroi_models.store.connect"),
        ("from smsroi_models.attribution import outcomes", "smsroi_models.attribution.outcomes"),
        ("from . import moments", "smsroi_models.attribution.moments"),
        ("from ..store.tables import ARMS", "smsroi_models.store.tables"),
        ("def late():\n    import duckdb", "duckdb"),
        ("from numpy import random", "numpy.random"),
        ("from numpy.random import rand", "numpy.random"),
    ],
)
def test_every_form_of_import_is_seen(line: str, name: str) -> None:
    assert name in _names(ast.parse(line), [PACKAGE, "attribution"])


def test_the_rules_say_what_the_design_says() -> None:
    assert _layer_of("attribution.lift") == "numbers"
    assert _layer_of("store.connect") == "tables"
    assert _layer_of("attribution.brand_new") is None
    assert "tables" not in LAYERS["numbers"].layers
    assert "numbers" not in LAYERS["tables"].layers
    for name, layer in LAYERS.items():
        assert name == "stories" or "stories" not in layer.layers
