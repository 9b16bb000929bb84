"""What subjects and extras register, and how it is listed without importing it."""

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from conftest import REPOSITORY
from declared import COMMANDS
from installed import install

import map4
from map4 import Library
from map4.cli.help import summary_of
from map4.cli.main import GROUPS, cli
from map4.core.base import declarations
from map4.core.base.actor import SCOPES
from map4.core.base.declaration import Declaration, load
from map4.core.base.declarations import FunctionHook, built_in, declared_in
from map4.core.base.tool import Tool
from map4.errors import UsageError
from map4.formats.format import Format
from map4.formats.importer import Importer
from map4.formats.registry import ListFormats
from map4.jobs.records import JOB_TYPES
from map4.library import hookspecs
from map4.server.route import Route, routes_of
from map4.settings.config import READERS, SETTINGS, default_of

ROOT = Path(map4.__file__).parent
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("declaration.py") if path.parent.name != "base")
HELP = [sys.executable, "-c", "import sys; sys.argv = ['map4', *sys.argv[1:]]\nfrom map4.cli.main import main\nmain()"]


def test_all_declarations_and_pages_of_the_documentation_are_found() -> None:
    for name in FILES:
        nodes = list(ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))))
        imported = [node for node in nodes if isinstance(node, ast.ImportFrom)]
        names = {alias.name for node in imported if node.module == "map4.library" for alias in node.names}
        assert {node.module for node in imported} - {"map4.library"} == {"map4.core.base.declaration"}
        assert names <= {"hookspecs"}
        assert not any(isinstance(node, (ast.Import, ast.FunctionDef, ast.Lambda)) for node in nodes)
    packages = ("map4", "map4.extras", "map4.formats")
    assert sum(len(declared_in(package)) for package in packages) == len(FILES) > 20
    site = (REPOSITORY / "docs/site/conf.py").read_text(encoding="utf-8")
    sections = ast.literal_eval(site.partition("SECTIONS = ")[2].partition("  # fmt")[0])
    listed = " ".join(sections.values()).split()
    docs = REPOSITORY / "docs"
    own = {path.relative_to(docs).with_suffix("").as_posix() for path in docs.rglob("*.md")}
    assert sorted(listed) == sorted(own)


def test_extra_is_left_out_if_a_program_it_needs_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    extras = Declaration(programs=("lists",)), Declaration(programs=("lists", "gone"))
    monkeypatch.setattr(declarations, "declared_in", lambda package: extras if package == "map4.extras" else ())
    assert declarations.built_in.__wrapped__() == extras[:1]


def test_targets_of_commands_and_routes_resolve() -> None:
    declared = [command for declaration in built_in() for command in declaration.commands]
    for command in declared:
        target = load(command.target)
        assert isinstance(target, click.Command), command.name
        assert summary_of(command) == target.get_short_help_str(limit=200), command.name
    listed = cli.listed()
    assert {command.group for command in listed} == set(GROUPS)
    assert listed[0].name == "scan"
    _require_different_places(
        lambda declaration: [(row.group, row.order) for row in declaration.commands if " " not in row.name]
    )
    declared = [routes for declaration in built_in() for routes in declaration.routes]
    assert all(isinstance(route, Route) for routes in declared for route in routes_of(load(routes.target)))
    _require_different_places(lambda declaration: [routes.order for routes in declaration.routes])
    assert len([routes.tag for routes in declared if routes.about]) == len({routes.tag for routes in declared}) > 20


def _require_different_places(places: Callable[[Declaration], list[Any]]) -> None:
    """Rows of two declarations have different places; within a declaration, rows follow each other."""
    place_sets = [set(places(declaration)) for declaration in (*built_in(), *declared_in("map4.formats"))]
    assert sum(map(len, place_sets)) == len(set[Any]().union(*place_sets)) > 1


@pytest.mark.contract
def test_help_imports_no_command() -> None:
    code = (
        "import sys; sys.argv = ['map4', '--help']\n"
        "from map4.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*sys.modules, sep='\\n')"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = [name.split(".") for name in result.stdout.splitlines() if name.startswith("map4.")]
    assert ["map4", "scan", "declaration"] in modules
    # The package `map4.cli.commands` itself may be there, none of its modules.
    assert [name for name in modules if "commands" in name[:-1] or name[-1] == "commands"] == []
    assert "importlib.metadata" not in result.stdout.split()


EXTRA = """
from map4.plugins import Command, Declaration, Setting

DECLARATION = Declaration(
    Command({name!r}, "shelf:shelve", "Tidy", 99),
    Setting({setting!r}, "the first one", "text", check="shelf:colour", default="red", order=999),
)
"""
SHELF = '''
import click

def colour(text):
    if text.startswith("#"):
        raise ValueError("must be the name of a colour, such as red")
    return text.lower()

@click.command()
def shelve():
    """Sort records by colour."""
    click.echo("sorted")
'''


def _install(
    folder: Path, *, name: str = "shelve", setting: str = "shelf.colour", entry: str = "shelf_declared:DECLARATION"
) -> dict[str, str]:
    declared = EXTRA.format(name=name, setting=setting)
    install(folder, "shelf", f"[map4.extras.v1]\nshelf = {entry}\n", shelf=SHELF, shelf_declared=declared)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}


def _run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HELP, *words], capture_output=True, text=True, env=environment, check=False)


@pytest.mark.contract
def test_an_installed_package_adds_a_command(tmp_path: Path) -> None:
    environment = _install(tmp_path)
    shown = _run(environment, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    tidy = shown.stdout.partition("Tidy:")[2].partition("Exchange:")[0]
    assert "shelve" in tidy.splitlines()[-2]
    assert "Sort records by colour." in tidy
    assert _run(environment, "shelve").stdout == "sorted\n"
    assert "Did you mean 'map4 shelve'?" in _run(environment, "shelv").stderr


@pytest.mark.world
def test_an_installed_package_adds_a_setting(tmp_path: Path) -> None:
    environment = _install(tmp_path)
    assert _run(environment, "config").stdout.endswith(
        "shelf.colour = red\n    the first one; default, variable MAP4_COLOUR\n"
    )
    file = tmp_path / "map4.toml"
    file.write_text('[shelf]\ncolour = "BLUE"\n')
    assert "shelf.colour = blue\n" in _run(environment, "--config", str(file), "config").stdout
    wrong = _run({**environment, "MAP4_COLOUR": "#00f"}, "config")
    assert (wrong.returncode, "must be the name of a colour" in wrong.stderr) == (2, True)
    without = _run(dict(os.environ), "--config", str(file), "config")
    to_do = "remove it, or install the extra that it belongs to (see 'map4 help install')"
    assert (without.returncode, without.stderr) == (2, f"map4: unknown setting 'shelf.colour' in {file}; {to_do}\n")


@pytest.mark.contract
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"entry": "shelf_declared:MISSING"}, "has no attribute 'MISSING'"),
        ({"entry": "shelf:shelve"}, "it is not a Declaration"),
        ({"name": "scan"}, "the command 'scan' already exists"),
        ({"setting": "scan.jobs"}, "the setting 'scan.jobs' already exists"),
    ],
)
def test_broken_package_is_reported_and_left_out(tmp_path: Path, changed: dict[str, str], reason: str) -> None:
    shown = _run(_install(tmp_path, **changed), "--help")
    assert shown.returncode == 0
    assert "the extra shelf (" in shown.stderr
    assert reason in shown.stderr
    assert all(re.search(f"^  {command}[ ,]", shown.stdout, re.MULTILINE) for command in {*COMMANDS} - {"help"})
    assert "Sort records by colour." not in shown.stdout


def test_targets_of_jobs_and_settings_resolve() -> None:
    for job in JOB_TYPES.values():
        assert is_dataclass(load(job.options)), job.name
        assert callable(load(job.work)), job.name
        assert job.needs in SCOPES
        assert bool(job.plan) == (job.work == "map4.jobs.plans.part:planned")
        assert not job.plan or callable(load(job.plan))
        assert set(job.settings) <= set(SETTINGS)
    _require_different_places(lambda declaration: [job.order for job in declaration.jobs])
    rooms = {(job.lane, job.room) for job in JOB_TYPES.values()}
    assert len(rooms) == len({lane for lane, _ in rooms})
    declared = [setting for declaration in built_in() for setting in declaration.settings]
    _require_different_places(lambda declaration: [setting.order for setting in declaration.settings])
    assert list(SETTINGS.values()) == sorted(declared, key=lambda setting: setting.order)
    assert len({setting.variable for setting in declared}) == len(declared) > 25
    for setting in declared:
        assert setting.reader in READERS
        assert bool(setting.members) == bool(setting.example) == (setting.reader == "tables")
        assert all(callable(load(target)) for target in (setting.check, setting.shown) if target)
        default_of(setting)


def test_targets_of_formats_and_importers_resolve() -> None:
    declared = (*built_in(), *declared_in("map4.formats"))
    written = sorted(
        (found for declaration in declared for found in declaration.formats), key=lambda found: found.order
    )
    assert [load(found.target) for found in written] == list(ListFormats.all().values())
    assert all(isinstance(found, Format) for found in ListFormats.all().values())
    read = sorted(
        (reader for declaration in declared for reader in declaration.importers), key=lambda reader: reader.order
    )
    assert [load(reader.target) for reader in read] == list(Importer.all().values())
    assert all(isinstance(importer, Importer) for importer in Importer.all().values())
    _require_different_places(lambda declaration: [found.order for found in declaration.formats])
    _require_different_places(lambda declaration: [reader.order for reader in declaration.importers])
    signs = [sign for found in written for sign in found.begins]
    assert len({sign.lower() for sign in signs}) == len(signs)


@pytest.mark.contract
@pytest.mark.parametrize(
    ("code", "left_out"),
    [
        (
            "from map4.core.base.declarations import declared_in; declared_in('map4.formats')",
            "name.startswith('map4.formats.') and name.count('.') > 2 and not name.endswith('.declaration')",
        ),
        (
            "from map4.cli.main import main\nsys.argv = ['map4', 'search', 'x']\ntry: main()\nexcept SystemExit: pass",
            "'setting_values' in name or name == 'map4.extras.shared.services'",
        ),
        (
            "from map4 import Library\nwith Library.open('l.map4') as library: list(library.search('house'))",
            "name in ('click', 'rich', 'starlette', 'msgspec')",
        ),
        (
            "import map4\nfrom map4 import Library\ndir(map4), Library.__doc__, Library.playlist.__doc__",
            "name in ('numpy', 'scipy', 'av', 'librosa')",
        ),
    ],
    ids=["formats", "readers of settings", "hosts", "package"],
)
def test_modules_are_loaded_only_when_used(tmp_path: Path, code: str, left_out: str) -> None:
    code = f"import sys\n{code}\nprint([name for name in sys.modules if {left_out}])"
    environment = {**os.environ, "MAP4_LIBRARY": "l.map4"}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    assert result.stdout == "[]\n"


def test_targets_resolve_and_functions_of_hooks_take_what_the_hook_gives() -> None:
    for declaration in built_in():
        assert all(isinstance(load(target), type) for target in declaration.parts.values())
        assert all(callable(load(target)) for target in (*declaration.calls.values(), *declaration.hooks.values()))
        for tools in declaration.tools:
            assert any(isinstance(made, Tool) for made in vars(import_module(tools.target)).values())
    declared = [row for declaration in built_in() for row in declaration.hooks.items()]
    assert {hook.name.partition(":")[0] for hook, _ in declared} <= vars(hookspecs).keys()
    functions = [(hook, load(target)) for hook, target in declared if isinstance(hook, FunctionHook)]
    assert len(functions) >= 9  # those of the core
    for hook, function in functions:
        given, taken = (inspect.signature(target).parameters for target in (hook.spec, function))
        assert [(name, of.kind) for name, of in given.items()] == [(name, of.kind) for name, of in taken.items()], hook


def test_parts_and_calls_of_extras_have_their_types(tmp_path: Path) -> None:
    with Library.open(tmp_path / "l.map4") as library:
        for declaration in built_in():
            for name, target in declaration.parts.items():
                assert library.part(load(target)) is getattr(library, name)
            for name, target in declaration.calls.items():
                assert getattr(library, name).__func__ is load(target)
        with pytest.raises(UsageError, match="a library has no part Path"):
            library.part(Path)
