"""What is particular to Discogs, Last.fm, TIDAL and Deezer: few requests, nothing made up, tempo and key."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from extras.lookup.lookup_runs import ALBUM, Run, opened
from extras.lookup.platform_servers import ISRCS
from extras.lookup.provider_doubles import DOUBLES, KEY
from service_double import Turn, serving

from map4 import Library
from map4.errors import UsageError
from map4.extras.lookup.providers.registry import provider_of

pytestmark = pytest.mark.contract

TEMPI = (123.0, 100.0, 61.5, None)
MEASURED = [{**track, "bpm": bpm, "key": "11A"} for track, bpm in zip(ALBUM, TEMPI, strict=True)]


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for double in DOUBLES.values():
        for variable in double.keys:
            monkeypatch.setenv(variable, KEY)


def looked_up(library: Library, tmp_path: Path, name: str, *acts: Any) -> tuple[Run, list[Turn]]:
    with serving(DOUBLES[name].catalogue()) as server:
        run = Run(library, server.url, tmp_path, provider=name, config=DOUBLES[name].config)
        return run, server.turns


def fields(library: Library, number: int) -> Mapping[str, Any]:
    found: Mapping[str, Any] = library.track(f"/music/{number}.mp3").to_record()["metadata"]["fields"]
    return found


def test_an_album_costs_discogs_a_search_its_releases_and_the_first_year(tmp_path: Path) -> None:
    with opened(tmp_path, ALBUM) as library:
        run, turns = looked_up(library, tmp_path, "discogs")
        assert run.statuses == ["accepted"] * 4
        assert [turn.path for turn in turns] == [
            "/database/search",
            "/releases/249504",
            "/releases/100",
            "/masters/96559",
        ]
        assert turns[0].query == {
            "artist": "Aurora Field", "per_page": "50", "release_title": "Polar", "type": "release"
        }  # fmt: skip
        assert turns[0].agent.startswith("map4/")
        assert fields(library, 3)["track"]["value"] == 3  # the first of the second side
    tracks = [{"artist": "A. Field", "title": "Copper", "album": None, "track": 3, "catalog_number": "warp-12"}]
    with opened(tmp_path / "2", tracks) as library:
        run, turns = looked_up(library, tmp_path / "2", "discogs")
        assert run.statuses == ["accepted"]
        assert turns[0].query["catno"] == "warp-12"
        assert [turn.path for turn in turns[1:]] == ["/releases/249504", "/masters/96559"]


@pytest.mark.world
def test_platform_uses_the_country_of_the_settings(tmp_path: Path) -> None:
    for country, sent in ({}, "US"), ({"country": "de"}, "DE"):
        folder = tmp_path / sent
        folder.mkdir()
        with opened(folder, ALBUM) as library, serving(DOUBLES["tidal"].catalogue()) as server:
            settings = {**DOUBLES["tidal"].config, **country}
            assert Run(library, server.url, folder, provider="tidal", config=settings).statuses == ["accepted"] * 4
            questions = [turn for turn in server.turns if "oauth" not in turn.path]
            assert {turn.query["countryCode"] for turn in questions} == {sent}
    with pytest.raises(UsageError, match=r"providers\.tidal\.country must be an ISO 3166 code.*not 'UK'.*is GB"):
        provider_of("tidal", {"tidal": {"country": "uk"}})


def test_plans_follow_the_storage_terms_of_each_service(tmp_path: Path) -> None:
    with opened(tmp_path, ALBUM) as library:
        plans = library.lookups.prepare(providers=("discogs", "lastfm", "tidal", "deezer")).plan.providers
        kept = {plan.provider: (plan.keep_days, round(60 / plan.seconds * plan.requests)) for plan in plans}
        # And an answer takes .2 s in a plan.
        assert kept == {
            "discogs": (0.25, 50), "lastfm": (1.0, 135), "tidal": (1.0, 135), "deezer": (1.0, 193)
        }  # fmt: skip
        assert [plan.provider for plan in plans if plan.note] == ["lastfm", "tidal", "deezer"]
        assert {plan.provider: plan.sends for plan in plans}["tidal"] == ("isrc", "artist", "title")
    with pytest.raises(UsageError, match="interval_s is only for your own mirror"):
        Library.open(tmp_path / "x.map4").lookups.prepare(
            providers=("deezer",), settings={"deezer": {"interval_s": 0.01}}
        )


def test_opt_in_services_suggest_no_alternatives(tmp_path: Path) -> None:
    with opened(tmp_path, ALBUM[:1]) as library, serving(DOUBLES["deezer"].catalogue()) as server:
        server.act = lambda turn: turn.error(500)
        run = Run(library, server.url, tmp_path, provider="deezer", config={})
        assert run.found[0].failure.alternative_sources == ()


def test_messages_of_services_are_classified_and_printable() -> None:
    cases = [
        ("discogs", {"message": "You are making requests too quickly."}, "rate_limit"),
        ("discogs", {"message": "You must authenticate to access this resource."}, "authentication"),
        ("discogs", {"message": "An internal server error occurred."}, "answer"),
        ("discogs", {"results": []}, None),
        ("lastfm", {"error": 29, "message": "Rate Limit Exceeded"}, "rate_limit"),
        ("lastfm", {"error": 10, "message": "Invalid API key"}, "authentication"),
        ("lastfm", {"error": 8, "message": "Operation failed"}, "server"),
        ("lastfm", {"error": 11, "message": "Service Offline"}, "server"),
        ("lastfm", {"error": 16, "message": "Try again"}, "server"),
        ("lastfm", {"error": 6, "message": "Track not found"}, None),
        ("tidal", {"errors": [{"status": "429", "detail": "slow down"}]}, "rate_limit"),
        ("tidal", {"errors": [{"status": "401", "code": "UNAUTHORIZED"}]}, "authentication"),
        ("tidal", {"errors": [{"status": "503"}]}, "server"),
        ("tidal", {"errors": [{"status": "400", "detail": "no such filter"}]}, "answer"),
        ("tidal", {"data": []}, None),
        ("deezer", {"error": {"code": 4, "message": "Quota limit exceeded"}}, "rate_limit"),
        ("deezer", {"error": {"code": 700, "message": "Service busy"}}, "server"),
        ("deezer", {"error": {"code": 300, "message": "Invalid token"}}, "authentication"),
        ("deezer", {"error": {"code": 800, "message": "no data"}}, None),
    ]
    for name, document, kind in cases:
        provider = provider_of(name, {})
        fault = provider.fault_in(provider.probe(), document)
        assert (None if fault is None else fault.kind) == kind
    cases = [
        ("musicbrainz", {"error": "{}"}), ("listenbrainz", {"error": "{}"}), ("discogs", {"message": "{}"}),
        ("lastfm", {"error": 8, "message": "{}"}), ("tidal", {"errors": [{"detail": "{}"}]}),
        ("deezer", {"error": {"code": 700, "message": "{}"}}),
    ]  # fmt: skip
    for name, document in cases:
        hostile = json.loads(json.dumps(document).replace("{}", r"Busy\u001b[31m\nnow" + "!" * 1000))
        provider = provider_of(name, {name: {"contact": "me@example.org"}})
        fault = provider.fault_in(provider.probe(), hostile)
        assert "Busy[31m now!!" in fault.message
        assert fault.message.isprintable()
        assert len(fault.message) < 250


def test_an_isrc_comes_before_names_and_misspelt_pages_do_not_match(tmp_path: Path) -> None:
    tracks = [{"artist": "Aurora", "title": "Coppr", "album": None, "isrc": ISRCS[2]}]
    for name in ("tidal", "deezer"):
        (tmp_path / name).mkdir()
        with opened(tmp_path / name, tracks) as library:
            run, turns = looked_up(library, tmp_path / name, name)
            assert "same ISRC" in run.found[0].choices[0]["reasons"], name
            assert not any("search" in turn.path.casefold() for turn in turns)

    def misspelt(turn: Turn) -> None:
        page = {"name": turn.query["track"], "url": "https://www.last.fm/music/Aurora+Field/_/Coper", "listeners": "2",
                "duration": "0", "artist": {"name": "Aurora Field"}, "toptags": {"tag": []}}  # fmt: skip
        turn.send(200, json.dumps({"track": page}).encode())

    tracks = [{"title": "Coper", "album": None}]
    with opened(tmp_path, tracks) as library, serving(DOUBLES["lastfm"].catalogue(), misspelt) as server:
        assert Run(library, server.url, tmp_path, provider="lastfm", config={}).statuses == ["none"]
        server.act = Turn.good  # "Track not found", in a success
        again = Run(library, server.url, tmp_path / "2", provider="lastfm", config={})
        assert (again.statuses, again.summary.failures) == (["none"], ())


def test_half_the_tempo_agrees_and_another_tempo_is_a_conflict(tmp_path: Path) -> None:
    # TIDAL knows 61.5 BPM and F♯ minor, Deezer 123 BPM, and no tempo of the second.
    with opened(tmp_path, MEASURED) as library:
        for name in ("deezer", "tidal"):
            assert looked_up(library, tmp_path / name, name)[0].statuses == ["accepted"] * 4
    with Library.open(tmp_path / "library.map4") as library:
        bpm = fields(library, 1)["bpm"]
        assert (bpm["value"], bpm["source"], bpm["conflict"], bpm["remark"]) == (123.0, "measured", False, None)
        assert bpm["others"] == {"tidal": 61.5, "deezer": 123.0}
        assert fields(library, 2)["bpm"]["others"] == {"tidal": 61.5}  # Deezer's 0 is no tempo
        assert fields(library, 2)["bpm"]["conflict"]
        assert fields(library, 1)["key"]["others"] == {"tidal": "11A"}
        assert library.track("/music/4.mp3").bpm() == 61.5  # nothing was measured
        [doubt] = library.doctor.findings(only=["tempo_disagrees"])
        assert (doubt.track.path, doubt.detail) == ("/music/2.mp3", "measured 100.0 BPM, looked up is 61.5")
