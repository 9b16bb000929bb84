"""Look tracks up at a double of MusicBrainz: what is found, kept and told, and every way in which a service fails."""

from pathlib import Path

import pytest
import service_faults
from extras.lookup import musicbrainz_server
from extras.lookup.lookup_runs import ALBUM, ONE, TITLES, Run, opened
from extras.lookup.musicbrainz_server import Catalogue, Turn, mbid, polar
from installed import install

from map4.errors import UsageError
from map4.extras.lookup.known_providers import check

pytestmark = pytest.mark.contract


@pytest.fixture
def catalogue() -> Catalogue:
    found = polar()
    found.put("Aurora Field", "Polar Live", [f"{title} (live)" for title in TITLES], number="WARP 13")
    return found


def test_repeated_lookup_sends_no_request(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, ALBUM) as library:
        Run(library, server.url, tmp_path)
        asked = len(server.turns)
        assert Run(library, server.url, tmp_path).statuses == ["known"] * 4
        assert Run(library, server.url, tmp_path, force=True).statuses == ["accepted"] * 4  # from kept answers
        assert len(server.turns) == asked
        catalogue.releases.clear()
        assert len(server.turns) == asked


def test_an_album_is_looked_up_and_every_value_has_its_source(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, ALBUM) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["accepted"] * 4
        assert run.summary.accepted == 4
        assert run.summary.requests == {"musicbrainz": 4 + 4 + 1}  # the release is asked for once
        track = library.track("/music/1.mp3")
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


def test_doubtful_match_waits_for_the_user(tmp_path: Path, catalogue: Catalogue) -> None:
    tracks = [{"title": "Copper", "duration_s": 214.5, "album": None}]
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, tracks) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["review"]
        assert "metadata" not in library.track("/music/1.mp3").to_record()
        looking_up = library.lookups.prepare(**run.options)
        [doubt] = looking_up.doubts()
        assert next(doubt.records()).to_record()["candidates"][0]["reasons"]
        [decided] = looking_up.decide(doubt, 0)
        assert decided.status == "accepted"
        assert library.track("/music/1.mp3").provided.matches[0].score == 1.0
        assert list(library.lookups.prepare(**run.options).doubts()) == []
        assert library.lookups.forget(library.tracks.all()) == 1
        assert library.track("/music/1.mp3").provided is None
        Run(library, server.url, tmp_path)
        looking_up = library.lookups.prepare(**run.options)
        [doubt] = looking_up.doubts()
        assert [result.status for result in looking_up.decide(doubt, None)] == ["rejected"]
        assert Run(library, server.url, tmp_path).statuses == ["known"]


def test_plan_states_requests_and_duration(tmp_path: Path) -> None:
    with opened(tmp_path, ALBUM) as library:
        settings = {"musicbrainz": {"contact": "me@example.org"}}
        plan = library.lookups.prepare(providers=("musicbrainz",), settings=settings, max_requests=None).plan
        [provider] = plan.providers
        assert (plan.tracks, provider.open, provider.requests, provider.host) == (4, 4, 9, "musicbrainz.org")
        assert provider.seconds == pytest.approx(9 * 1.2)
        assert provider.example == {"artist": "Aurora Field", "title": "Northern Lights"}
        assert "map4/" in provider.headers["User-Agent"]


def test_musicbrainz_needs_a_contact_and_its_usual_interval(tmp_path: Path) -> None:
    with opened(tmp_path, ALBUM) as library:
        for settings, words in (
            ({}, "requires a contact"),
            ({"contact": "me@example.org", "interval_s": 0.1}, "your own mirror"),
            ({"contact": "me@example.org", "url": "musicbrainz"}, "address"),
        ):
            with pytest.raises(UsageError, match=words):
                library.lookups.prepare(providers=("musicbrainz",), settings={"musicbrainz": settings})
        with pytest.raises(UsageError, match="name a provider"):
            library.lookups.prepare()
        with pytest.raises(UsageError, match="terms forbid"):
            library.lookups.prepare(providers=("spotify",))
        with pytest.raises(UsageError, match="did you mean musicbrainz"):
            library.lookups.prepare(providers=("musicbrains",))


# ---- when it fails -------------------------------------------------------------------------------


def test_temporary_fault_is_retried_after_the_requested_pause(tmp_path: Path, catalogue: Catalogue) -> None:
    def busy_at_first(turn: Turn) -> None:
        if turn.number == 0:
            turn.error(503, retry_after="7")
        else:
            turn.good()

    with musicbrainz_server.serving(catalogue, busy_at_first) as server, opened(tmp_path, ONE) as library:
        run = Run(library, server.url, tmp_path)
        assert run.statuses == ["accepted"]
        assert 7.0 <= run.clock.waits[0] <= 7.0 * 1.25
        assert "received too many requests (503); retry in 7 s" in run.told[0]


def test_failing_service_is_abandoned_after_a_few_requests(tmp_path: Path, catalogue: Catalogue) -> None:
    tracks = [{"title": f"Nothing {number}", "album": None} for number in range(12)]
    with (
        musicbrainz_server.serving(catalogue, service_faults.FAULTS["HTML"]) as server,
        opened(tmp_path, tracks) as library,
    ):
        run = Run(library, server.url, tmp_path)
        assert len(server.turns) == 5
        assert run.statuses == ["failed"] * 12
        assert "repeatedly" in run.summary.silent["musicbrainz"]
        assert len(run.summary.failures) <= 2


def test_requests_have_a_limit(tmp_path: Path, catalogue: Catalogue) -> None:
    with musicbrainz_server.serving(catalogue) as server, opened(tmp_path, ALBUM) as library:
        run = Run(library, server.url, tmp_path, max_requests=2)
        assert len(server.turns) == 2
        assert run.statuses == ["failed"] * 4
        assert Run(library, server.url, tmp_path).statuses == ["accepted"] * 4
        assert len(server.turns) == 9  # it goes on where it stopped


def test_unreachable_service_is_a_network_failure(tmp_path: Path) -> None:
    with opened(tmp_path, ONE) as library:
        run = Run(library, "http://127.0.0.1:9", tmp_path)
        assert run.statuses == ["failed"]
        assert "can't be reached, or hung up (Connection refused)" in run.found[0].failure.message
        assert run.found[0].failure.alternative_sources == ()
        assert run.found[0].failure.error_type == "network"


SECRETIVE = """
from map4.extras.lookup.provider import Policy

class Provider:
    name, headers = "secretive", {"Authorization": "token", "User-Agent": "x"}
    policy = Policy(host="example.invalid", sends=("artist", "title"))

    def __init__(self, settings):
        pass
"""


def test_provider_of_a_package_is_used(tmp_path: Path, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "secretive", "[map4.providers.v1]\nsecretive = secretive:Provider\n", secretive=SECRETIVE)
    monkeypatch.syspath_prepend(tmp_path)
    with (
        musicbrainz_server.serving(catalogue, service_faults.FAULTS["403"]) as server,
        opened(tmp_path, ONE) as library,
    ):
        [plan] = library.lookups.prepare(providers=("secretive",)).plan.to_record()["providers"]
        assert (plan["host"], plan["headers"]) == ("example.invalid", {"User-Agent": "x"})
        assert [result.state for result in library.lookups.providers() if result.name == "secretive"] == ["ready"]
        run = Run(library, server.url, tmp_path)
        assert run.found[0].failure.alternative_sources == ("secretive",)


OFFLINE = """
from map4.extras.lookup.lookup import Candidate
from map4.extras.lookup.provider import Policy

class Provider:
    name, headers, policy = "offline", {}, Policy()

    def __init__(self, settings):
        pass

    def search(self, query, read):
        return [Candidate(id="1", artist=query.artist, title=query.title, duration_s=query.duration_s)]

    def fetch(self, recording_id, release_id, read):
        return {"label": "Warp"}

    def probe(self):
        return None
"""


def test_provider_without_a_network_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "offline", "[map4.providers.v1]\noffline = offline:Provider\n", offline=OFFLINE)
    monkeypatch.syspath_prepend(tmp_path)
    with opened(tmp_path, ONE) as library:
        looking_up = library.lookups.prepare(providers=("offline",), answers=str(tmp_path / "answers"))
        [plan] = looking_up.plan.providers
        assert (plan.host, plan.requests, plan.sends) == (None, 0, ())
        found, _ = looking_up.events()
        assert (found.status, found.values["label"]) == ("accepted", "Warp")
    assert check("offline", {}) is None
