"""Look tracks up at a double of MusicBrainz: what is found, kept and told, and every way in which a service fails."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import musicbrainz_server
import pytest
from claude_server import SkippingClock
from libraries import put_track
from musicbrainz_server import Catalogue, Turn, mbid

from map4 import Library
from map4.app.lookups.asking import LookupNotice
from map4.app.lookups.records import LookedUp, LookupSummary
from map4.errors import UsageError
from map4.infra.sqlite.database import Database

TITLES = ["Northern Lights", "Salt Road", "Copper", "Paper Lanterns"]


@pytest.fixture
def catalogue() -> Catalogue:
    found = Catalogue()
    found.put("Aurora Field", "Polar", TITLES, label="Warp", number="WARP 12")
    found.put("Aurora Field", "Polar Live", [f"{title} (live)" for title in TITLES], number="WARP 13")
    return found


@contextmanager
def opened(tmp_path: Path, tracks: Sequence[dict[str, Any]]) -> Iterator[Library]:
    path = str(tmp_path / "library.map4")
    with closing(Database(path)) as database, database.transaction() as connection:
        for number, values in enumerate(tracks, start=1):
            usual = {"artist": "Aurora Field", "album": "Polar", "duration_s": 200.0 + number, "track": number}
            put_track(connection, number, **{**usual, **values})
    with Library.open(path) as library:
        yield library


ALBUM = [{"title": title} for title in TITLES]


class Run:
    """A run against a server, on a clock that skips what nobody needs to wait for."""

    def __init__(self, library: Library, url: str, tmp_path: Path, **options: Any) -> None:
        self.clock = SkippingClock(moment_s=options.pop("moment_s", 2.0))
        settings = {"musicbrainz": {"url": url, "contact": "me@example.org", "interval_s": 0.0}}
        self.options = {
            "providers": ("musicbrainz",), "settings": settings, "answers": str(tmp_path / "answers"),
            "rates": str(tmp_path / "rates"), "clock": self.clock, **options,
        }  # fmt: skip
        self.events = list(library.lookup_events(**self.options))
        self.found = [event for event in self.events if isinstance(event, LookedUp)]
        self.told = [event.message for event in self.events if isinstance(event, LookupNotice)]
        [self.summary] = [event for event in self.events if isinstance(event, LookupSummary)]

    @property
    def statuses(self) -> list[str]:
        return [found.status for found in self.found]


def test_an_album_is_looked_up_and_every_value_has_its_source(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, ALBUM) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["accepted"] * 4
        assert run.summary.accepted == 4
        assert run.summary.requests == {"musicbrainz": 4 + 4 + 1}  # the release is asked for once
        track = library.track("/music/1.mp3")
        assert track is not None
        assert (track.label(), track.year(), track.genre()) == ("Warp", 1999, "Deep House; House")
        assert track.tags.label is None
        record = track.to_record()["metadata"]
        assert record["fields"]["label"] == {
            "value": "Warp", "source": "provider", "others": {"musicbrainz": "Warp"}, "conflict": False, "remark": None
        }  # fmt: skip
        assert record["fields"]["catalog_number"]["value"] == "WARP 12"
        assert record["matches"][0]["id"] == mbid("recording Northern Lights Polar 1")
        for query in ("label:warp", "year:1999", "catalog:WARP", "genre:house", "label:=Warp"):
            assert library.count(query) == 4, query
        assert {turn.agent.split("/")[0] for turn in server.turns} == {"map4"}
        assert all("( me@example.org )" in turn.agent for turn in server.turns)


def test_nothing_is_asked_twice(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, ALBUM) as library:
        Run(library, server.url, tmp_path)
        asked = len(server.turns)
        assert Run(library, server.url, tmp_path).statuses == ["known"] * 4
        assert Run(library, server.url, tmp_path, force=True).statuses == ["accepted"] * 4  # from kept answers
        assert len(server.turns) == asked
        catalogue.releases.clear()
        assert len(server.turns) == asked


def test_isrc_tag_and_catalogue_number_come_before_names(tmp_path: Path) -> None:
    catalogue = Catalogue()
    catalogue.put("Rao", "One", [{"title": "Copper", "isrcs": ["GBABC9900001"]}], number="AB-1")
    catalogue.put("Rao", "Two", ["Silver", "Tin"], number="AB-2")
    tracks = [
        {"artist": "RAO", "title": "Coper", "isrc": "GBABC9900001", "album": None},
        {"artist": "Rao", "title": "Silver", "catalog_number": "ab 2", "album": "2", "track": 1, "duration_s": 201},
    ]
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, tracks) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["accepted"] * 2
        assert "same ISRC" in run.found[0].choices[0]["reasons"]
        assert "same catalogue number and place" in run.found[1].choices[0]["reasons"]
        assert not any("recording:(" in turn.query.get("query", "") for turn in server.turns)


def test_another_version_is_not_taken(tmp_path: Path, catalogue: Catalogue) -> None:
    tracks = [{"title": "Northern Lights (Dub)", "album": None}, {"title": "Salt Road (Live)", "album": None}]
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, tracks) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["none", "accepted"]
        assert run.found[1].choices[0]["title"] == "Salt Road (live)"
        assert any("other version" in " ".join(one["reasons"]) for one in run.found[0].choices)


def test_a_doubt_waits_for_the_user(tmp_path: Path, catalogue: Catalogue) -> None:
    tracks = [{"title": "Copper", "duration_s": 214.5, "album": None}]
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, tracks) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["review"]
        assert "metadata" not in library.track("/music/1.mp3").to_record()
        looking_up = library.looking_up(**run.options)
        [doubt] = looking_up.doubts()
        assert next(doubt.to_records())["candidates"][0]["reasons"]
        [decided] = looking_up.decide(doubt, 0)
        assert decided.status == "accepted"
        assert library.track("/music/1.mp3").provided.matches[0].score == 1.0
        assert list(library.looking_up(**run.options).doubts()) == []
        assert library.forget_lookups(library.tracks()) == 1
        assert library.track("/music/1.mp3").provided is None
        Run(library, server.url, tmp_path)
        looking_up = library.looking_up(**run.options)
        [doubt] = looking_up.doubts()
        assert [one.status for one in looking_up.decide(doubt, None)] == ["rejected"]
        assert Run(library, server.url, tmp_path).statuses == ["known"]


def test_a_plan_says_what_would_be_sent_and_how_long_it_takes(tmp_path: Path) -> None:
    with opened(tmp_path, ALBUM) as library:
        settings = {"musicbrainz": {"contact": "me@example.org"}}
        plan = library.looking_up(providers=("musicbrainz",), settings=settings, max_requests=None).plan
        [one] = plan.providers
        assert (plan.tracks, one.open, one.requests, one.host) == (4, 4, 9, "musicbrainz.org")
        assert one.seconds == pytest.approx(9 * 1.2)
        assert one.example == {"artist": "Aurora Field", "title": "Northern Lights"}
        assert "map4/" in one.headers["User-Agent"]


def test_a_contact_is_needed_and_the_service_itself_is_never_asked_faster(tmp_path: Path) -> None:
    with opened(tmp_path, ALBUM) as library:
        for settings, words in (
            ({}, "whom to write to"),
            ({"contact": "me@example.org", "interval_s": 0.1}, "mirror of your own"),
            ({"contact": "me@example.org", "url": "musicbrainz"}, "address"),
        ):
            with pytest.raises(UsageError, match=words):
                library.looking_up(providers=("musicbrainz",), settings={"musicbrainz": settings})
        with pytest.raises(UsageError, match="name a provider"):
            library.looking_up()
        with pytest.raises(UsageError, match="terms forbid"):
            library.looking_up(providers=("spotify",))
        with pytest.raises(UsageError, match="did you mean musicbrainz"):
            library.looking_up(providers=("musicbrains",))


# ---- faults --------------------------------------------------------------------------------------


def html(turn: Turn) -> None:
    turn.send(200, b"<html><body>Please log in to this network</body></html>", content_type="text/html")


def latin(turn: Turn) -> None:
    turn.send(
        200, '{"recordings": [{"title": "Café"}]}'.encode("latin-1"), content_type="application/json; charset=latin-1"
    )


def utf16(turn: Turn) -> None:
    turn.send(200, json.dumps({"recordings": []}).encode("utf-16"))


FAULTS: dict[str, Any] = {
    "429": lambda turn: turn.error(429, "slow down"),
    "429 with a time": lambda turn: turn.error(429, "slow down", retry_after="2"),
    "429 with a date": lambda turn: turn.error(
        429, retry_after="Sat, 21 Nov 2026 18:00:05 GMT", date="Sat, 21 Nov 2026 18:00:00 GMT"
    ),
    "429 with nonsense": lambda turn: turn.error(429, retry_after="soon"),
    "429 for days": lambda turn: turn.error(429, retry_after="259200"),
    "503": lambda turn: turn.error(503, "Your requests are exceeding the allowable rate limit."),
    "503 with a time": lambda turn: turn.error(503, retry_after="1"),
    "500": lambda turn: turn.error(500, "internal"),
    "502 in HTML": lambda turn: turn.send(502, b"<html>Bad Gateway</html>", content_type="text/html"),
    "504": lambda turn: turn.send(504, b""),
    "403": lambda turn: turn.error(403, "blocked"),
    "401": lambda turn: turn.error(401),
    "400": lambda turn: turn.error(400, "Invalid mbid."),
    "302": lambda turn: turn.send(302, b"", location="http://login.example/"),
    "error in a success": lambda turn: turn.error(200, "Your requests are exceeding the allowable rate limit."),
    "another error in a success": lambda turn: turn.error(200, "Something else"),
    "HTML": html,
    "truncated JSON": lambda turn: turn.send(200, b'{"recordings": [{"id": "a"'),
    "empty": lambda turn: turn.send(200, b""),
    "another form": lambda turn: turn.send(200, b'{"recordings": {"a": 1}, "count": "x"}'),
    "a list": lambda turn: turn.send(200, b"[1, 2]"),
    "nested too deep": lambda turn: turn.send(200, b"[" * 100_000),
    "latin-1": latin,
    "UTF-16": utf16,
    "strange records": lambda turn: turn.send(200, b'{"recordings": [{"title": 5, "releases": 7}]}'),
    "damaged gzip": lambda turn: turn.send(200, b"\x1f\x8b no", content_encoding="gzip"),
    "cut": Turn.cut,
    "hangs up": Turn.hang_up,
    "hangs": Turn.hang,
    "trickles": Turn.trickle,
}
assert len(FAULTS) >= 25
ONE = [{"title": "Copper", "album": None, "duration_s": 203.0}]


@pytest.fixture(scope="module")
def half_known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Library, musicbrainz_server.Server]]:
    """A library of two tracks, of which the first was looked up."""
    folder = tmp_path_factory.mktemp("half known")
    catalogue = Catalogue()
    catalogue.put("Aurora Field", "Polar", TITLES, label="Warp", number="WARP 12")
    with musicbrainz_server.serving(catalogue) as server, opened(folder, [*ALBUM[:1], *ONE]) as library:
        Run(library, server.url, folder, max_requests=3)
        yield library, server


# One of each kind; what is much like another runs with the slow tests.
FAST = frozenset({
    "429 with a time", "503", "403", "400", "error in a success", "HTML", "truncated JSON", "latin-1",
    "strange records", "cut", "hangs", "trickles",
})  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in FAULTS]
)
def test_a_fault_costs_bounded_time_one_readable_line_and_nothing_that_came(
    name: str, tmp_path: Path, half_known: tuple[Library, musicbrainz_server.Server]
) -> None:
    library, server = half_known
    server.act = FAULTS[name]
    began = time.monotonic()
    run = Run(library, server.url, tmp_path, moment_s=0.15 if name in ("hangs", "trickles") else 2.0)
    assert time.monotonic() - began < 5.0
    assert run.statuses == ["known", "failed"]
    failure = run.found[1].failure.to_record()
    assert set(failure) == {
        "error_type", "provider", "message", "retry_count", "alternative_sources", "suggested_action"
    }  # fmt: skip
    assert failure["provider"] == "musicbrainz"
    assert failure["message"].isprintable()
    assert 10 < len(failure["message"]) < 300
    assert failure["suggested_action"]
    assert all(line.isprintable() and "\n" not in line for line in run.told)
    assert run.summary.failed == 1
    assert sum(run.clock.waits) <= 600
    assert library.track("/music/1.mp3").label() == "Warp"


def test_after_a_fault_it_goes_on(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue, FAULTS["400"]) as server, opened(tmp_path, ONE) as library:
        assert Run(library, server.url, tmp_path).statuses == ["failed"]
        server.act = Turn.good
        assert Run(library, server.url, tmp_path).statuses == ["accepted"]


def test_a_fault_that_passes_is_waited_for(tmp_path: Path, catalogue: Catalogue) -> None:
    def busy_at_first(turn: Turn) -> None:
        if turn.number == 0:
            turn.error(503, retry_after="7")
        else:
            turn.good()

    with musicbrainz_server.serving(catalogue, busy_at_first) as server, opened(tmp_path, ONE) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["accepted"]
        assert 7.0 <= run.clock.waits[0] <= 7.0 * 1.25
        assert "asked too often (503), and asks to come back in 7 s" in run.told[0]


def test_a_service_that_is_gone_is_not_asked_for_every_track(tmp_path: Path, catalogue: Catalogue) -> None:
    tracks = [{"title": f"Nothing {number}", "album": None} for number in range(12)]
    with musicbrainz_server.serving(catalogue, html) as server, opened(tmp_path, tracks) as library:
        run = Run(library, server.url, tmp_path)
        assert len(server.turns) == 5
        assert run.statuses == ["failed"] * 12
        assert "again and again" in run.summary.silent["musicbrainz"]
        assert len(run.summary.failures) <= 2


def test_requests_have_a_limit(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, ALBUM) as library:
        run = Run(library, server.url, tmp_path, max_requests=2)
        assert len(server.turns) == 2
        assert run.statuses == ["failed"] * 4
        assert Run(library, server.url, tmp_path).statuses == ["accepted"] * 4
        assert len(server.turns) == 9  # it goes on where it stopped


def test_no_address_answers(tmp_path: Path) -> None:
    with opened(tmp_path, ONE) as library:
        run = Run(library, "http://127.0.0.1:9", tmp_path)
        assert run.statuses == ["failed"]
        assert "can't be reached, or hung up (Connection refused)" in run.found[0].failure.message
        assert run.found[0].failure.alternative_sources == ()  # no dump was imported
        assert run.found[0].failure.error_type == "network"


def test_summary_is_json(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, ALBUM) as library:
        run = Run(library, server.url, tmp_path)
        assert isinstance(run.summary, LookupSummary)
        json.dumps(run.summary.to_record())
        with closing(sqlite3.connect(tmp_path / "library.map4")) as connection:
            [(count,)] = connection.execute("SELECT count(*) FROM observations")
        assert count == 4 * 9


SECRETIVE = """
from map4.ports.metadata import Policy

class Provider:
    name, headers = "secretive", {"Authorization": "token", "User-Agent": "x"}
    policy = Policy(host="example.invalid", sends=("artist", "title"))

    def __init__(self, settings):
        pass
"""


def test_a_provider_of_another_package_is_asked_and_its_key_is_never_shown(
    tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secretive_provider.py").write_text(SECRETIVE)
    package = tmp_path / "secretive-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: secretive\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[map4.providers.v1]\nsecretive = secretive_provider:Provider\n")
    monkeypatch.syspath_prepend(tmp_path)
    with musicbrainz_server.serving(catalogue, FAULTS["403"]) as server, opened(tmp_path, ONE) as library:
        [plan] = library.looking_up(providers=("secretive",)).plan.to_record()["providers"]
        assert (plan["host"], plan["headers"]) == ("example.invalid", {"User-Agent": "x"})
        assert [one.state for one in library.providers() if one.name == "secretive"] == ["ready"]
        run = Run(library, server.url, tmp_path)
        assert run.found[0].failure.alternative_sources == ("secretive",)
