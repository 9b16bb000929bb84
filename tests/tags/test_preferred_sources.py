"""Which source of a field goes first in a library: what contradicts, what another would change, and that it counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from libraries import audio_id, put_imported, put_track, put_user_value
from made_library import database_of
from servers import client_of
from stored import put_observations

from map4 import Library
from map4.core.base.actor import SCOPES_OF, Actor
from map4.core.music.track.observations import Observation
from map4.errors import NotAllowedError, UsageError
from map4.server.admission import KEY_HEADER
from map4.server.settings import API
from map4.tags.preferred import SourcesOfField


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Labels: 1 and 2 contradict, 3 is only spelled otherwise, 4 is the user's own, 5 is looked up alone."""
    path = tmp_path / "library.map4"
    with database_of(path) as database:
        tags = {1: "Polar", 2: "Polar", 3: "Warp Records", 4: "Polar", 5: None}
        with database.transaction() as connection:
            for number, label in tags.items():
                put_track(connection, number, title=f"Tune {number}", artist="Ann", label=label, genre="House")
            put_user_value(connection, audio_id(4), "label", '"Mine"')
            put_imported(connection, audio_id(1), genre="Techno", label="Polar")
        put_observations(database, [
            (audio_id(number), Observation(provider=who, provider_id="1", field="label", value="Warp", score=0.9,
                                           fetched_at="2026-11-21"))
            for number in tags for who in (("discogs", "musicbrainz") if number == 1 else ("musicbrainz",))
        ])  # fmt: skip
    return path


@pytest.fixture
def library(path: Path) -> Iterator[Library]:
    with Library.open(path) as library:
        yield library


def labels(library: Library) -> list[str | None]:
    return [track.label() for track in library.tracks.all()]


def field(library: Library, name: str) -> SourcesOfField:
    return next(field for field in library.tags.sources().fields if field.field == name)


def test_field_lists_disputes_and_changes_per_source(library: Library) -> None:
    label, genre = field(library, "label"), field(library, "genre")
    assert (label.first, label.contradicted, label.words) == (None, 2, "label")
    assert [(source.source, source.changes) for source in label.sources] == [
        ("tag", 0),
        ("provider", 3),
        ("imported", 0),
    ]
    assert label.sources[1].who == {"discogs": 1, "musicbrainz": 2}
    assert (genre.contradicted, [source.changes for source in genre.sources]) == (1, [0, 0, 1])
    change = library.tags.source_change("label", "provider", most=2)
    assert (change.count, change.before) == (3, None)
    assert change.changes is not ...
    assert [(value_change.title, value_change.now, value_change.then) for value_change in change.changes] == [
        ("Tune 1", "Polar", "Warp"), ("Tune 2", "Polar", "Warp"),
    ]  # fmt: skip
    assert labels(library) == ["Polar", "Polar", "Warp Records", "Mine", "Warp"]


def test_preferred_source_applies_to_all_and_can_be_reset(library: Library, path: Path) -> None:
    with Library.open(path) as beside:
        assert labels(beside)[0] == "Polar"
        assert library.tags.prefer("label", "provider").before is None
        assert labels(beside) == labels(library) == ["Warp", "Warp", "Warp", "Mine", "Warp"]
        assert len(list(beside.search("label:=warp"))) == 4
        assert [track.genre() for track in beside.tracks.all()] == ["House"] * 5
    assert library.tags.prefer("label", None).before == "provider"
    assert labels(library) == ["Polar", "Polar", "Warp Records", "Mine", "Warp"]


def test_preferred_source_resolves_disputes_and_is_an_event(library: Library) -> None:
    def disputed() -> int:
        return library.doctor.examine(only=["metadata_disagrees"]).counts.get("metadata_disagrees", 0)

    assert disputed() == 2
    library.tags.prefer("label", "tag")
    assert disputed() == 1  # of the genre of the first
    library.tags.prefer("genre", "imported")
    assert disputed() == 0
    assert [field(library, name).contradicted for name in ("label", "genre")] == [2, 1]
    library.tags.prefer("label", "imported")  # which says nothing of the second
    assert disputed() == 1
    before = library.events.since(None).through
    library.tags.prefer("label", "provider")
    [event] = library.events.since(before).events
    assert (event.type, event.what, event.ids) == ("values", "many", ())


def test_invalid_preferred_sources_are_refused(library: Library) -> None:
    for name, first, complaint in (
        ("lable", "tag", "did you mean label"), ("bpm", "tag", "field with several sources"),
        ("isrc", "imported", "source of"), ("label", "user", "source of label"),
    ):  # fmt: skip
        for call in (library.tags.prefer, library.tags.source_change):
            with pytest.raises(UsageError, match=complaint):
                call(name, first)  # type: ignore[operator]
    user = library.acting_as(Actor(id=3, name="Bob", scopes=SCOPES_OF["user"]))
    assert user.tags.source_change("label", "provider").count == 3
    with pytest.raises(NotAllowedError):
        user.tags.prefer("label", "provider")


def test_first_source_is_read_set_and_restored(path: Path) -> None:
    address = f"{API}/sources/label"
    with client_of(path) as client:

        def label() -> str:
            # As a list of tracks tells it, which is kept as long as nothing changes.
            track, *_ = client.get(f"{API}/search").json()["tracks"]
            return str(track["metadata"]["fields"]["label"]["value"])

        def found() -> tuple[object, object]:
            fields = client.get(f"{API}/sources").json()["fields"]
            return next((row["first"], row["contradicted"]) for row in fields if row["field"] == "label")

        assert (found(), label()) == ((None, 2), "Polar")
        change = client.get(address, params={"first": "provider"}).json()
        assert (change["count"], change["changes"][0]["now"], change["changes"][0]["then"]) == (3, "Polar", "Warp")
        refused = client.put(address, json={"first": "provider"}, headers={KEY_HEADER: "wrong"})
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:map4:problem:key-needed")
        assert client.put(address, json={"first": "provider"}).json()["before"] is None
        assert (found(), label()) == (("provider", 2), "Warp")
        assert client.put(address, json={"first": None}).json()["before"] == "provider"
        assert (found(), label()) == ((None, 2), "Polar")
        assert client.put(address, json={"first": "measured"}).status_code == 400
        assert client.get(address, params={"limit": 1000}).status_code == 400
