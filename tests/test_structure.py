"""What is easily lost as code grows: one name for one thing, and rooms that can be looked over."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

import map4

ROOT = Path(map4.__file__).parent
MOST_FILES = 30
HALF_MERGED = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
CLASSES = re.compile(r"^class ([A-Za-z]\w*)", re.MULTILINE)  # what begins with _ is its file's own


def test_a_class_has_a_name_that_no_other_has() -> None:
    names = Counter(name for path in ROOT.rglob("*.py") for name in CLASSES.findall(path.read_text(encoding="utf-8")))
    assert {name for name, count in names.items() if count > 1} == set()
    assert len(names) > 300


def test_no_folder_has_more_files_than_can_be_looked_over() -> None:
    files = Counter(path.parent.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))
    assert {folder: count for folder, count in files.items() if count > MOST_FILES} == {}
    assert "server" in files


def test_no_text_is_left_half_merged() -> None:
    project = ROOT.parent
    if not (project / "CHANGELOG.md").exists():
        pytest.skip("map4 is installed without its project")
    texts = [*project.glob("*.md"), *(path for folder in ("map4", "docs", "tests", "lab", "examples")
             for path in (project / folder).rglob("*.*") if "node_modules" not in path.parts)]  # fmt: skip
    kinds = {".py", ".md", ".js", ".json", ".toml", ".yaml", ".1", ".css", ".html"}
    read = [path for path in texts if path.suffix in kinds]
    assert [path for path in read if HALF_MERGED.search(path.read_bytes())] == []
    assert len(read) > 1000


SURFACE = r"map4\.(?:extras\.)?(?!cli\b|server\b|page\b)\w+\.(?:commands|routes|views|tools|job|part|plans)\b"
ABOVE = ("library.py", "verbs.py", "cli/", "server/", "page/")  # `Library`, and hosts
OWN = re.compile(r"extras/\w+/access\.py|extras/mcp/stdio\.py")  # the typed door of an extra; what sends its tools


def test_only_surfaces_import_surfaces() -> None:
    """What a subject shows (its commands, routes, views, tools, part and jobs) lies above the rules of all subjects."""
    imported = re.compile(rf"^ *(?:from|import) ({SURFACE}\S*)", re.MULTILINE)
    wrong = []
    for path in ROOT.rglob("*.py"):
        file = path.relative_to(ROOT).as_posix()
        module = "map4." + file.removesuffix(".py").replace("/", ".")
        if not (re.match(SURFACE, module) or file.startswith(ABOVE) or OWN.fullmatch(file)):
            wrong += [f"{file}: {surface}" for surface in imported.findall(path.read_text(encoding="utf-8"))]
    assert wrong == []


_CLIENTS = r"aiohttp|http\.client|http import client|httpx2?|requests|urllib\.request|urllib import request|urllib3"
CLIENTS = re.compile(rf"^ *(?:from|import) (?:{_CLIENTS})\b", re.MULTILINE)
LIMITED = {"base/asking/http_answers.py", "server/check.py"}  # the second asks this machine's own server


def test_services_are_requested_by_the_client_with_limits() -> None:
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if CLIENTS.search(path.read_text(encoding="utf-8"))
    }
    assert importing == LIMITED


SUBJECTS = sorted(path.parent.name for path in ROOT.glob("*/__init__.pyi"))
INNER = re.compile(rf"^ *(?:from|import) (map4\.({'|'.join(SUBJECTS)})\.\S+)", re.MULTILINE)


def test_a_subject_is_used_by_what_its_init_lists() -> None:
    """Only surfaces use more of another subject: its surfaces."""
    wrong = []
    for path in ROOT.rglob("*.py"):
        file = path.relative_to(ROOT).as_posix()
        for module, subject in INNER.findall(path.read_text(encoding="utf-8")):
            if not file.startswith(f"{subject}/") and not re.match(SURFACE, module):
                wrong.append(f"{file}: {module}")
    assert wrong == []
    assert len(SUBJECTS) > 15


def test_what_a_subject_lists_is_there_and_used() -> None:
    pattern = re.compile(rf"from map4\.({'|'.join(SUBJECTS)}) import (\([^)]*\)|[^\n]*)")
    used = {
        (subject, name)
        for path in ROOT.rglob("*.py")
        for subject, names in pattern.findall(path.read_text(encoding="utf-8"))
        for name in re.findall(r"\w+", names)
    }
    listed = {
        (subject, name)
        for subject in SUBJECTS
        for name in re.findall(r" as (\w+)$", (ROOT / subject / "__init__.pyi").read_text("utf-8"), re.MULTILINE)
    }
    assert {name for name in listed if getattr(import_module(f"map4.{name[0]}"), name[1], None) is None} == set()
    assert listed - used == set()
