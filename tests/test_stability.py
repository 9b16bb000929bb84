"""Every command, kind of document and route is stable or a beta, and help, documents and docs show which."""

import json
import re

import pytest
from conftest import REPOSITORY, Run

from map4 import plugins
from map4.core.base import stability
from map4.core.base.declarations import declarations
from map4.core.schemas import kinds, schema_text
from map4.library import Library
from map4.server.declared_routes import ROUTES
from map4.server.openapi import openapi

COMMANDS = [command for declaration in declarations() for command in declaration.commands]
LISTED = stability.STABLE_COMMANDS | stability.BETA_COMMANDS


@pytest.mark.parametrize(
    ("stable", "beta", "existing"),
    [
        (stability.STABLE_KINDS, stability.BETA_KINDS, {*kinds()}),
        (stability.STABLE_ROUTES, stability.BETA_ROUTES, {route.path for route in ROUTES if not route.is_hidden}),
        (
            {name for name in stability.STABLE_COMMANDS if " " not in name},
            {name for name in stability.BETA_COMMANDS if " " not in name},
            {command.name for command in COMMANDS if " " not in command.name},
        ),
    ],
    ids=["kinds", "routes", "commands"],
)
def test_every_name_is_stable_or_a_beta(stable: set[str], beta: set[str], existing: set[str]) -> None:
    assert stable & beta == set()
    assert sorted((stable | beta) ^ existing) == [], "map4/core/base/stability.py"


def test_stable_calls_exist_and_are_sixty() -> None:
    assert len(stability.CALLS) == 60
    for name in stability.CALLS:
        call = Library
        for word in name.split("."):
            call = getattr(call, word)
        assert callable(call), name


@pytest.mark.parametrize("name", sorted(name for name in LISTED if "--" not in name))
def test_help_of_a_beta_has_the_note(name: str, inside: Run) -> None:
    is_beta = name in stability.BETA_COMMANDS
    help_text = inside(*name.split(), "--help").stdout
    assert (stability.NOTE in help_text) == is_beta


def test_list_of_commands_marks_betas(inside: Run) -> None:
    help_text = inside("--help").stdout
    marked = set(re.findall(r"(?m)^  ([a-z]+) .*\(beta\)$", help_text))
    assert marked == {name for name in stability.BETA_COMMANDS if " " not in name}


@pytest.mark.parametrize("name", sorted(name for name in LISTED if "--" in name))
def test_help_of_a_beta_option_has_the_word(name: str, inside: Run) -> None:
    command, option = name.split(" --")
    help_text = " ".join(inside(command, "--help-all").stdout.split())
    assert re.search(rf"--{option}\b(?:(?! --[a-z]{{3}}).)*\(beta\)", help_text)


def test_documents_openapi_and_docs_mark_betas() -> None:
    marked = {kind for kind in kinds() if json.loads(schema_text(kind))["properties"].get("beta") == {"const": True}}
    assert marked == stability.BETA_KINDS
    betas = (REPOSITORY / "docs/developers/compatibility.md").read_text("utf-8").partition("| beta commands |")[2]
    calls = (REPOSITORY / "docs/site/api.md").read_text("utf-8").partition("## Stable calls\n\n")[2]
    assert set(re.findall("`(.*?)`", betas.partition("\n")[0])) == stability.BETA_COMMANDS
    assert set(re.findall("`(.*?)`", calls.partition("\n")[0])) == stability.CALLS
    paths = openapi(ROUTES)["paths"]
    marked = {
        path.removeprefix("/api/v1")
        for path, methods in paths.items()
        for operation in methods.values()
        if "x-beta" in operation
    }
    assert marked == stability.BETA_ROUTES


def test_modules_of_plug_ins_that_moved_still_work_and_warn() -> None:
    from map4 import hookspecs, part
    from map4.base import declaration

    with pytest.warns(
        DeprecationWarning, match=r"map4\.part\.LibraryPart is deprecated .*; import it from map4\.plugins"
    ):
        assert part.LibraryPart is plugins.LibraryPart
    with pytest.warns(DeprecationWarning, match=r"map4\.base\.declaration\.Command"):
        assert declaration.Command is plugins.Command
    with pytest.warns(DeprecationWarning, match=r"map4\.hookspecs\.cover"):
        assert hookspecs.cover is plugins.hookspecs.cover
    with pytest.raises(AttributeError, match="no_such"):
        _ = declaration.no_such
