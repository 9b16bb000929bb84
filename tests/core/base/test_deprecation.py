"""Deprecated things work and warn on every surface."""

import pickle
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from servers import client_of

from map4.cli.main import MainGroup, cli
from map4.cli.options import CallOption
from map4.cli.session import Map4Command
from map4.core.base.call_options import USUAL, CallOptions, given, option, takes
from map4.core.base.declaration import Command
from map4.core.base.stability import Deprecation, deprecated
from map4.library import Library
from map4.server.bodies import BodyShape
from map4.server.openapi import openapi
from map4.server.route import RequestInput, Route

SAID = "is deprecated since map4 1.2 and will be removed in 2.0; use count"


class MadeUp(CallOptions):
    """Options of a call."""

    count: int = option(3, "-c --count", "Number.")
    how_many: int | None = option(None, "--how-many", "Number.", deprecated=Deprecation("1.2", "use count"))


class Part:
    @takes(f"{__name__}:MadeUp")
    def counted(self, options: Any = USUAL, **keywords: Any) -> int:
        return int(options.how_many or options.count)

    @deprecated("1.2", "use count")
    def old(self, number: int) -> int:
        return number


@click.command(cls=Map4Command)
@CallOption.of(MadeUp)
def made_up(options: MadeUp) -> None:
    """Count."""
    click.echo(options.how_many or options.count)


@click.command(cls=Map4Command)
@deprecated("1.2", "use count", name="map4 old")
def old() -> None:
    """Count."""


class Commands(MainGroup):
    def declared(self, name: str) -> Command:
        return Command(name, f"{__name__}:{name}", "Tidy")


def test_keyword_and_method_warn_at_the_line_of_the_caller() -> None:
    with pytest.warns(DeprecationWarning, match=SAID) as warned:
        assert (Part().counted(how_many=2), Part().old(4)) == (2, 4)
    assert [str(warning.message) for warning in warned] == [f"how_many {SAID}", f"Part.old {SAID}"]
    assert {warning.filename for warning in warned} == {__file__}


def test_options_without_the_deprecated_option_do_not_warn(recwarn: pytest.WarningsRecorder) -> None:
    options = given(MadeUp, MadeUp(count=4), {"count": 5})
    assert pickle.loads(pickle.dumps(options)) == options
    assert not recwarn.list


def test_deprecated_command_and_option_warn_unless_quiet() -> None:
    group = Commands("map4", params=cli.params, invoke_without_command=True)
    for words, out, err in (
        ("made_up --how-many 7", "7\n", f"map4: --how-many {SAID}\n"),
        ("made_up --how-many 7 -q", "7\n", ""),
        ("made_up -c 7", "7\n", ""),
        ("old", "", f"map4: map4 old {SAID}\n"),
    ):
        result = CliRunner().invoke(group, words.split(), catch_exceptions=False)
        assert (words, result.stdout, result.stderr) == (words, out, err)
    assert "--how-many" not in CliRunner().invoke(group, ["made_up", "--help"]).stdout


def test_route_and_members_answer_with_a_warning_and_are_marked_in_openapi(tmp_path: Path) -> None:
    def count(library: Library, inputs: RequestInput) -> dict[str, Any]:
        return {"count": (inputs.query or inputs.body).how_many}

    form = BodyShape.of(MadeUp, "MadeUp")
    routes = (
        Route("GET", "/made-up", "read", "Count.", count, query=form),
        Route("POST", "/made-up", "read", "Count.", count, body=form),
        Route("GET", "/old", "read", "Count.", count, query=form, deprecated=Deprecation("1.2", "use count")),
    )
    with client_of(tmp_path / "l.map4", routes=routes) as client:
        for answer, names in (
            (client.get("/api/v1/made-up?how_many=2"), ["how_many"]),
            (client.get("/api/v1/made-up?count=2"), []),
            (client.post("/api/v1/made-up", json={"how_many": 2}), ["how_many"]),
            (client.get("/api/v1/old?how_many=2"), ["GET /api/v1/old", "how_many"]),
        ):
            assert answer.status_code == 200, answer.text
            assert answer.headers.get("Warning", "") == ", ".join(f'299 map4 "{name} {SAID}"' for name in names)
    paths = openapi(routes)["paths"]
    assert [paths[f"/api/v1/{path}"]["get"].get("deprecated") for path in ("made-up", "old")] == [None, True]
    marks = [parameter["schema"].get("deprecated") for parameter in paths["/api/v1/made-up"]["get"]["parameters"]]
    assert marks == [None, True]
