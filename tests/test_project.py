"""The project's own files agree with each other."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import smsroi_models

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PIP_LINE = re.compile(r"^      - (.+)$", re.M)


def test_environment_yml_asks_for_what_pyproject_asks_for():
    wanted = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    asked = _PIP_LINE.findall((ROOT / "environment.yml").read_text())
    assert asked == [*wanted, "-e ."]


def test_environment_yml_asks_for_the_same_python():
    assert (
        f"- python{PROJECT['project']['requires-python']}\n"
        in (ROOT / "environment.yml").read_text()
    )


def test_lock_holds_every_dependency_with_hashes_and_no_host():
    lock = (ROOT / "requirements.lock").read_text()
    names = [
        re.match(r"[A-Za-z0-9._-]+", spec)[0].lower()
        for spec in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    ]
    assert [name for name in names if not re.search(rf"^{name}==", lock, re.M)] == []
    assert "://" not in lock and "index-url" not in lock and "find-links" not in lock
    pins = re.findall(r"^[a-z0-9].*==.*$", lock, re.M)
    assert len(pins) > 100 and all(pin.rstrip().endswith("\\") for pin in pins)


def test_make_help_lists_every_task():
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    listed = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [task for task in phony if f"make {task} " not in listed] == []


def _links(page: Path) -> set[tuple[Path, str]]:
    """Return the files that a page leads to, each with the heading there, if any."""
    parts = [link.partition("#") for link in _LINK.findall(page.read_text(encoding="utf-8"))]
    return {
        ((page.parent / path).resolve() if path else page, anchor)
        for path, _, anchor in parts
        if "://" not in path
    }


def _headings(page: Path) -> set[str]:
    """Return a page's headings as addresses, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", line).lower().replace(" ", "-") for line in lines}


def test_every_link_leads_somewhere_and_every_page_is_reached() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.suffix != ".md" or page in reached:
            continue
        reached.add(page)
        for target, anchor in _links(page):
            assert target.exists(), f"{page.name} leads to {target}, which is not there"
            assert not anchor or anchor in _headings(target), f"{page.name}: no heading #{anchor}"
            waiting.append(target)
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "decisions"}
    assert pages - reached == set()


def test_the_readmes_commands_are_make_targets():
    readme = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"^make ([a-z]+)", readme, re.M)) <= targets
    assert {"demo", "test"} <= set(re.findall(r"^make ([a-z]+)", readme, re.M))


def test_importing_the_package_says_nothing_and_draws_nothing():
    run = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "import smsroi_models, sys; "
            "assert 'matplotlib' not in sys.modules and 'papermill' not in sys.modules",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_public_names_are_the_ones_that_a_type_checker_sees() -> None:
    tree = ast.parse(Path(smsroi_models.__file__).read_text(encoding="utf-8"))
    (guarded,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == {n: f"smsroi_models.{m}" for n, m in smsroi_models._PLACES.items()}
    assert sorted(seen) == sorted(smsroi_models.__all__)
    assert all(getattr(smsroi_models, name) is not None for name in smsroi_models.__all__)
    code = "import smsroi_models as smsroi; smsroi.errors.ParameterError; smsroi.simulate.Shop"
    subprocess.run([sys.executable, "-c", code], check=True)  # in a process that loaded neither
    with pytest.raises(AttributeError, match="no attribute 'analyse_campaign'"):
        _ = smsroi_models.analyse_campaign


def test_the_command_starts_without_the_models() -> None:
    slow = ("pandas", "ibis", "scipy", "statsmodels", "sklearn")
    code = f"import sys, smsroi_models.cli; print([m for m in {slow} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
