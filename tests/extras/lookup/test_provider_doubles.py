"""What holds of every provider that is asked over a network, against a double of its service."""

import json
import logging
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from extras.lookup.lookup_runs import ALBUM, ONE, Run, opened
from extras.lookup.provider_doubles import DOUBLES, KEY, Double
from service_double import Server, Turn, serving
from service_faults import FAULTS

from map4 import Library

pytestmark = pytest.mark.world


@dataclass
class HalfKnown:
    """A library of two tracks, of which the first was looked up, and the service."""

    name: str
    double: Double
    library: Library
    server: Server

    def run(self, folder: Path, **options: float) -> Run:
        return Run(self.library, self.server.url, folder, provider=self.name, config=self.double.config, **options)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], HalfKnown]]:
    """Each is made when it is first asked for, and stays for all tests."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())

        @cache
        def service(name: str) -> HalfKnown:
            double, folder = DOUBLES[name], tmp_path_factory.mktemp("half known")
            for variable, key in double.keys.items():
                patch.setenv(variable, key)
            double.prepare(patch)
            server = stack.enter_context(serving(double.catalogue()))
            library = stack.enter_context(opened(folder, [*ALBUM[:1], *ONE]))
            only = [library.track("/music/1.mp3")]
            first = Run(library, server.url, folder, provider=name, config=double.config, tracks=only)
            assert first.statuses == ["accepted"], first.found
            return HalfKnown(name, double, library, server)

        yield service


@pytest.fixture
def half_known(request: pytest.FixtureRequest, services: Callable[[str], HalfKnown]) -> HalfKnown:
    return services(request.param)


def known(library: Library) -> dict[str, object]:
    """What counts of the first track."""
    fields = library.track("/music/1.mp3").to_record()["metadata"]["fields"]
    return {name: field["value"] for name, field in fields.items()}


every_double = pytest.mark.parametrize("half_known", DOUBLES, indirect=True)


@every_double
def test_known_values_are_stored_and_not_requested_again(half_known: HalfKnown, tmp_path: Path) -> None:
    assert half_known.double.known.items() <= known(half_known.library).items()
    asked = len(half_known.server.turns)
    only = [half_known.library.track("/music/1.mp3")]
    again = Run(
        half_known.library, half_known.server.url, tmp_path, provider=half_known.name, config=half_known.double.config,
        tracks=only,
    )  # fmt: skip
    assert again.statuses == ["known"]
    assert len(half_known.server.turns) == asked


# One of each kind for the one that most use; what is much like another runs in `make test-all`.
_FAST_OF_ALL = frozenset({"403", "HTML", "cut"})
_FAST = _FAST_OF_ALL | {"429 with a time", "503", "400", "truncated JSON", "latin-1", "hangs", "trickles"}


def _faults() -> Iterator[object]:
    for double_name, double in DOUBLES.items():
        faults = {**FAULTS, **double.faults}
        assert len(faults) >= 25, double_name
        fast = {*double.faults, *(_FAST if double_name == "musicbrainz" else _FAST_OF_ALL)}
        for name in faults:
            yield pytest.param(double_name, name, marks=() if name in fast else pytest.mark.world)


@pytest.mark.parametrize(("half_known", "name"), list(_faults()), indirect=["half_known"])
def test_fault_costs_bounded_time_and_one_line(half_known: HalfKnown, name: str, tmp_path: Path) -> None:
    before = known(half_known.library)
    half_known.server.act = {**FAULTS, **half_known.double.faults}[name]
    began = time.monotonic()
    try:
        run = half_known.run(tmp_path, moment_s=0.15 if name in ("hangs", "trickles") else 60.0)
    finally:
        half_known.server.act = Turn.good
    assert time.monotonic() - began < 5.0
    assert run.statuses == ["known", "failed"]
    failure = run.found[1].failure.to_record()
    assert set(failure) == {
        "error_type", "provider", "message", "retry_count", "alternative_sources", "suggested_action"
    }  # fmt: skip
    assert failure["provider"] == half_known.name
    assert failure["message"].isprintable()
    assert 10 < len(failure["message"]) < 300
    assert failure["suggested_action"]
    assert all(line.isprintable() and "\n" not in line for line in run.told)
    assert run.summary.failed == 1
    assert sum(run.clock.waits) <= 600
    assert known(half_known.library) == before


@pytest.mark.parametrize("half_known", [name for name, double in DOUBLES.items() if double.keys], indirect=True)
def test_key_is_only_in_requests(half_known: HalfKnown, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in what is told, nor in a record, a log, a kept answer or the library; also where a service echoes it."""
    caplog.set_level(logging.DEBUG)
    printed = [
        json.dumps(half_known.library.lookups.prepare(**half_known.run(tmp_path / "good").options).plan.to_record())
    ]
    for act in (
        Turn.good,
        lambda turn: turn.error(403, f"invalid key {KEY}"),
        lambda turn: turn.error(400, f"invalid key {KEY}"),
        lambda turn: turn.error(200, f"invalid key {KEY}"),
    ):
        half_known.server.act = act
        run = half_known.run(tmp_path / "kept", force=True)
        printed += [*run.told, json.dumps(run.summary.to_record()), *(str(event) for event in run.events)]
    half_known.server.act = Turn.good
    sent = "\n".join(turn.handler.path + str(turn.headers) + turn.body for turn in half_known.server.turns)
    forms = (KEY, b64encode(f"{KEY}:{KEY}".encode()).decode())
    assert any(form in sent for form in forms)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    for form in forms:
        assert form not in "\n".join(printed)
        assert form not in caplog.text
        assert not any(form.encode() in path.read_bytes() for path in [*kept, Path(half_known.library.path)])
