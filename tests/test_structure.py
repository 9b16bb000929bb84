"""What is easily lost as code grows: one name for one thing, and rooms that can be looked over."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import uses

import map4
from map4.core.base.declarations import declared_in

ROOT = Path(map4.__file__).parent
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
MOST_FILES = 30
HALF_MERGED = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
CLASSES = re.compile(r"^class ([A-Za-z]\w*)", re.MULTILINE)  # what begins with _ is its file's own


def test_names_folders_numbers_and_requests_keep_their_limits() -> None:
    names = Counter(name for text in TEXTS.values() for name in CLASSES.findall(text))
    assert {name for name, count in names.items() if count > 1} == set()
    assert len(names) > 300
    files = Counter(file.rpartition("/")[0] for file in TEXTS)
    assert {folder: count for folder, count in files.items() if count > MOST_FILES} == {}
    assert [folder for folder in files if f"{folder}/__init__.py".lstrip("/") not in TEXTS] == []
    assert "server" in files
    # `int` fails for some texts of digits: superscripts, and more than 4,300 digits.
    checked = re.compile(r"\.is(digit|decimal)\((.*\n){0,2}?.*\bint\(|\bint\(.*\.is(digit|decimal)\(")
    assert [file for file, text in TEXTS.items() if checked.search(text)] == ["core/base/text.py"]
    importing = {file for file, text in TEXTS.items() if CLIENTS.search(text)}
    assert importing == LIMITED


def test_files_contain_no_conflict_markers() -> None:
    project = ROOT.parent
    if not (project / "CHANGELOG.md").exists():
        pytest.skip("map4 is installed without its project")
    texts = [*project.glob("*.md"), *(path for folder in ("map4", "docs", "tests", "lab", "examples")
             for path in (project / folder).rglob("*.*") if "node_modules" not in path.parts)]  # fmt: skip
    kinds = {".py", ".md", ".js", ".json", ".toml", ".yaml", ".1", ".css", ".html"}
    read = [path for path in texts if path.suffix in kinds]
    assert [path for path in read if HALF_MERGED.search(path.read_bytes())] == []
    assert len(read) > 1000


SURFACE = rf"map4\.(?:extras\.)?(?!cli\b|server\b|page\b)\w+\.(?:{uses.SURFACE.pattern})\b"
ABOVE = ("library/", "cli/", "server/", "page/")  # `Library`, and hosts
OWN = re.compile(r"extras/list_mixes/streams/rendering\.py|extras/mcp/stdio\.py")  # what streams sets; what sends tools


def test_only_surfaces_import_surfaces() -> None:
    """What a subject shows (its commands, routes, views, tools, part and jobs) lies above the rules of all subjects."""
    imported = re.compile(rf"^ *(?:from|import) ({SURFACE}\S*)", re.MULTILINE)
    below = [
        file
        for file in TEXTS
        if not (
            re.match(SURFACE, f"map4.{file[:-3].replace('/', '.')}") or file.startswith(ABOVE) or OWN.fullmatch(file)
        )
    ]
    assert [(file, surface) for file in below for surface in imported.findall(TEXTS[file])] == []
    assert len(below) > 500


_CLIENTS = r"aiohttp|http\.client|http import client|httpx2?|requests|urllib\.request|urllib import request|urllib3"
CLIENTS = re.compile(rf"^ *(?:from|import) (?:{_CLIENTS})\b", re.MULTILINE)
LIMITED = {"extras/shared/http_answers.py", "server/check.py"}  # the second asks this machine's own server


SUBJECTS = sorted(path.parent.name for path in ROOT.glob("*/__init__.pyi"))
INNER = re.compile(rf"^ *(?:from|import) (map4\.({'|'.join(SUBJECTS)})\.\S+)", re.MULTILINE)


def test_subjects_are_used_only_by_their_listed_names() -> None:
    """Only surfaces use more of another subject: its surfaces."""
    texts = ((file, text) for file, text in TEXTS.items() if file != "library/hookspecs.py")  # it imports types only
    used = [(file, *inner) for file, text in texts for inner in INNER.findall(text)]
    assert [use for use in used if not use[0].startswith(f"{use[2]}/") and not re.match(SURFACE, use[1])] == []
    assert len(SUBJECTS) > 15


def test_names_listed_by_a_subject_exist_and_are_used() -> None:
    pattern = re.compile(rf"from map4\.({'|'.join(SUBJECTS)}) import (\([^)]*\)|[^\n]*)")
    used = {
        (subject, name)
        for text in (*TEXTS.values(), (ROOT / "plugins.pyi").read_text(encoding="utf-8"))
        for subject, names in pattern.findall(text)
        for name in re.findall(r"\w+", names)
    } | {pair for text in TEXTS.values() for pair in re.findall(rf"\b({'|'.join(SUBJECTS)})\.(\w+)", text)}
    listed = {
        (subject, name)
        for subject in SUBJECTS
        for name in re.findall(r" as (\w+)$", (ROOT / subject / "__init__.pyi").read_text("utf-8"), re.MULTILINE)
    }
    assert {name for name in listed if getattr(import_module(f"map4.{name[0]}"), name[1], None) is None} == set()
    assert listed - used == set()


SUBJECTS_OF_HOSTS = {
    # The settings of a run, which all subjects declare, and its time limits.
    ("cli/session.py", "settings"), ("cli/value_types.py", "settings"),
    ("server/commands.py", "scan"),  # `map4 serve` has the options of scans for other machines
}  # fmt: skip
"""What hosts import of subjects. It only shrinks: subjects register what a host needs."""


def test_hosts_know_no_subject() -> None:
    imported = re.compile(rf"^ *(?:from|import) map4\.({'|'.join(SUBJECTS)})\b", re.MULTILINE)
    hosts = [file for file in TEXTS if file.startswith(("cli/", "server/", "page/"))]
    assert {(file, name) for file in hosts for name in imported.findall(TEXTS[file])} == SUBJECTS_OF_HOSTS
    assert len(hosts) > 50


ORDINARY = {
    "ask",
    "demo",
    "cluster",
    "connect",
    "list_mixes",
    "move",
    "rekordbox",
    "rename",
    "research",
    "shared",
    "stick",
}
"""Names of extras that are also words or formats of the core."""
NAMED = {
    # Libraries have numbers of these sources of plays, with or without the extras.
    ("core/music/plays.py", "subsonic"), ("core/music/plays.py", "unmix"),
    ("core/store/query/facts.py", "lookup"),  # triggers of each library
    ("library/part.py", "postgres"),  # the packages that the address of a database needs
    ("lists/commands/list_options.py", "map4 rename"),  # an option reads its journals
    ("exports/report/templates.py", "map4 classify"), ("lists/commands/old_names.py", "map4 classify"),  # advice
}  # fmt: skip


def _words_of_code(text: str) -> Iterator[str]:
    """Names and texts of a file in snake_case, without docstrings."""
    nodes = list(ast.walk(ast.parse(text)))
    for node in set(nodes) - {node.value for node in nodes if isinstance(node, ast.Expr)}:
        words = [word for _, word in ast.iter_fields(node) if isinstance(word, str)]
        yield from (re.sub("(?<=[a-z])(?=[A-Z])", "_", word).lower() for word in words)


def test_core_names_no_extra() -> None:
    """Neither its modules, commands and addresses, nor itself."""
    extras = declared_in("map4.extras")
    commands = {command.name for declaration in extras for command in declaration.commands}
    commands = {name for name in commands if " " not in name or name.partition(" ")[0] not in commands}
    addresses = {route.players.rstrip("/") for declaration in extras for route in declaration.routes if route.players}
    names = {path.parent.name for path in ROOT.glob("extras/*/declaration.py")} - ORDINARY
    patterns = [*(f"map4 {name}\\b" for name in commands), *(f"{address}\\b" for address in addresses),
                *(f"(?:^|_){name}(?=_(?!error)|$)" for name in names), r"map4\.extras\.(?!v1)\w+"]  # fmt: skip
    forbidden = re.compile("|".join(patterns))
    # To parse all files takes seconds: here a name may be in CamelCase, and a text in two parts.
    words = (rf"map4[\s\"f]+{name}\b" for name in commands)
    rough = re.compile(
        "|".join((*words, *addresses, *(name.replace("_", "_?") for name in names), "map4.extras")), re.I
    )
    core = {file: text for file, text in TEXTS.items() if not file.startswith("extras/")}
    named = {
        (file, match[0].strip("_"))
        for file, text in core.items()
        if rough.search(text)
        for word in _words_of_code(text)
        for match in forbidden.finditer(word)
    }
    assert named == {(file, name) for file, name in NAMED if forbidden.search(name)}
    assert len(core) > 750
