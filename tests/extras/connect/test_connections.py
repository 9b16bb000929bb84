"""A library and a music server in step: songs mapped, lists written once, opinions taken; nothing lost or doubled."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path

import pytest
from away_files import leave
from copied import copied
from extras.connect.music_server_double import LOGIN, PASSWORD, HeldList, MusicServerDouble, music_server, once, sends
from schemas import validate
from service_double import Server, Turn
from service_faults import FAULTS
from stored import put_track

from map4 import Library
from map4.accounts.sealing import KEY_FILE_VARIABLE
from map4.errors import NotAllowedError, NothingFoundError, SealedError, UsageError
from map4.extras.connect import patience
from map4.extras.connect.connected import ValueConflict
from map4.extras.connect.records import Pulled, Pushed
from map4.extras.connect.server import MusicServerError
from map4.extras.shared.service import Fault
from map4.plugins import inline_lanes

pytestmark = pytest.mark.contract

TRACKS = 5
PASSING = ("429 with a time", "500", "cut")


@dataclass
class World:
    """A library of five tracks, and a server that has the first four of them and another song."""

    library: Library
    double: MusicServerDouble
    server: Server
    songs: list[str]
    waits: list[float] = field(default_factory=list)

    def tracks(self, *numbers: int) -> list[str]:
        return [f"/music/Ann/Blue/{number:02} Title {number}.flac" for number in numbers]

    def keep(self, name: str, *numbers: int) -> None:
        lists = self.library.lists
        tracks = [self.library.track(path) for path in self.tracks(*numbers)]
        known = {playlist.name for playlist in lists.stored()}
        content = lists.in_order(name if name in known else None, [track for track in tracks if track is not None])
        lists.change(name, content) if name in known else lists.save(name, content)

    def push(self, name: str = "Friday", **options: bool) -> Pushed:
        [pushed] = self.library.connections.push([name], **options)
        return pushed

    def pull(self, **options: bool) -> Pulled:
        return self.library.connections.pull(**options)

    def starred(self) -> list[str | None]:
        try:
            return [track.title() for track in self.library.lists.read_stored("Starred").tracks()]
        except NothingFoundError:
            return []

    def ratings(self) -> dict[str | None, float | None]:
        return {track.title(): track.rating() for track in self.library.search("rating:0..")}


@copied
def five_tracks(path: Path) -> None:
    with Library.open(path) as library:
        for number, place in enumerate(World.tracks(None, *range(1, TRACKS + 1)), start=1):  # type: ignore[arg-type]
            put_track(library._store, number, path=place, title=f"Title {number}", artist="Ann", album="Blue",
                      duration_s=200.4)  # fmt: skip


@pytest.fixture(autouse=True)
def _key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "secret.key"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    double = MusicServerDouble()
    songs = [double.put(number) for number in range(1, TRACKS)]
    double.put(9, title="Elsewhere")
    path = five_tracks(tmp_path / "library.map4")
    with Library.open(path, lanes=inline_lanes) as library, music_server(double) as server:
        made = World(library, double, server, songs)
        library.connections.wait = made.waits.append
        library.connections.add("home", server.url, login=LOGIN, secret=PASSWORD)
        library.connections.map()
        yield made


# ---- connected -----------------------------------------------------------------------------------


def test_connected_server_has_its_songs_matched_for_its_account(world: World) -> None:
    with pytest.raises(UsageError, match="not -1"):
        world.library.connections.status("HOME", shown=-1)
    state = world.library.connections.status("HOME")
    validate(state.document())
    assert (state.songs, state.mapped, state.matches) == (5, 4, {"tags": 4})
    assert state.why_not == {"no track of this name": 1}
    assert [(song.title, song.why) for song in state.unmapped] == [("Elsewhere", "no track of this name")]
    assert (state.tracks, state.tracks_mapped, state.lists, state.beside) == (TRACKS, 4, 0, ())
    assert (state.connection.name, state.connection.sign_in) == ("home", "token")
    eve = world.library.acting_as(world.library.accounts.add("Eve", "admin", hashed="$2b$04$" + "a" * 53).actor())
    with pytest.raises(UsageError, match="'home' exists"):
        eve.connections.add("home", world.server.url, login=LOGIN, secret=PASSWORD)


def test_the_password_is_in_no_file_of_the_library(world: World, tmp_path: Path) -> None:
    world.library.close()
    for path in tmp_path.iterdir():
        assert PASSWORD.encode() not in path.read_bytes()
        assert PASSWORD.encode().hex().encode() not in path.read_bytes()


def test_connection_without_its_key_file_cannot_be_used(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret.key").unlink()
    with pytest.raises(SealedError):
        world.pull()
    assert world.library.connections.status().mapped == 4


def test_refused_connections_are_not_stored(world: World) -> None:
    parts = world.library.connections
    for url, login in ((f"{world.server.url}/other", LOGIN), (world.server.url, "bob"), (world.server.url, "")):
        with pytest.raises(UsageError, match="the connection 'home' exists"):
            parts.add("Home", url, login=login, secret=PASSWORD)
    with pytest.raises(MusicServerError, match="Wrong username"):
        parts.add("other", world.server.url, login=LOGIN, secret="wrong")
    with pytest.raises(UsageError, match="is not a valid name of a connection"):
        parts.add("a/b", world.server.url, login=LOGIN, secret=PASSWORD)
    with pytest.raises(UsageError, match="is not an IP address"):
        parts.add("other", world.server.url, login=LOGIN, secret=PASSWORD, open_to=["example.org"])
    with pytest.raises(UsageError, match="password"):
        parts.add("other", world.server.url, login=LOGIN, secret="")
    assert [part.name for part in parts.all()] == ["home"]


def test_new_password_keeps_the_rest_of_a_connection(world: World) -> None:
    parts = world.library.connections
    world.keep("Friday", 1)
    world.push()
    world.double.password = "another"
    with pytest.raises(MusicServerError, match="Wrong username"):
        world.pull()
    with pytest.raises(MusicServerError, match="Wrong username"):
        parts.add("home", world.server.url, login=LOGIN, secret="a third")
    before = parts.get()
    assert parts.add("HOME", f"{world.server.url}/rest/", login=LOGIN, secret="another") == before
    assert parts.status().mapped == 4
    assert world.pull().mapped == 4
    assert world.push().status == "unchanged"
    parts.add("home", world.server.url, login=LOGIN, secret="another", open_to=["192.0.2.1"])
    assert parts.add("home", world.server.url, login=LOGIN, secret="another").open_to == ("192.0.2.1",)


def test_connection_name_is_required_if_there_are_several(world: World) -> None:
    parts = world.library.connections
    parts.add("other", world.server.url, login=LOGIN, secret=PASSWORD)
    with pytest.raises(UsageError, match="name one: home, other"):
        parts.status()
    with pytest.raises(UsageError, match="did you mean"):
        parts.status("hone")
    parts.remove("other")
    parts.remove("home")
    with pytest.raises(NothingFoundError, match="map4 connect add"):
        parts.status()


def test_accounts_use_only_their_own_connections(world: World) -> None:
    bob = world.library.accounts.add("Bob", "admin", hashed="$2b$04$" + "a" * 53)
    theirs = world.library.acting_as(bob.actor()).connections
    world.keep("Friday", 1)
    assert theirs.status().beside == ()
    for call in (theirs.pull, theirs.map, lambda: theirs.push([world.library.lists.id_of("Friday")])):
        with pytest.raises(NotAllowedError, match="another account"):
            call()
    assert [connection.name for connection in theirs.all()] == ["home"]
    eve = world.library.acting_as(world.library.accounts.add("Eve", "user", hashed="$2b$04$" + "a" * 53).actor())
    assert list(eve.connections.all()) == []
    with pytest.raises(NothingFoundError, match="no music server is connected"):
        eve.connections.status("home")


def test_server_without_songs_changes_nothing(world: World) -> None:
    world.double.songs.clear()
    with pytest.raises(MusicServerError, match="reports no songs"):
        world.pull()
    assert world.library.connections.status().mapped == 4


def test_server_with_endless_songs_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MOST_LETTERS", 10)
    for song, why in ((int, "keeps returning the same songs"), (count().__next__, "more than 6 songs without an end")):
        songs = sends(lambda song=song: {"searchResult3": {"song": [{"id": song(), "title": "xx"}]}})  # type: ignore[misc]
        world.server.act = songs
        with pytest.raises(MusicServerError, match=why):
            world.library.connections.map()
    assert world.library.connections.status().songs == 5


def test_added_and_removed_songs_are_mapped_again(world: World) -> None:
    gone = world.double.songs.pop(world.songs[0])
    world.double.put(5)
    assert world.library.connections.map().mapped == 4
    world.double.songs[world.songs[0]] = gone
    assert world.library.connections.map().mapped == 5


def test_song_is_matched_by_its_sound(world: World, tmp_path: Path, songs_that_sound: list[Path]) -> None:
    library, [mine, other] = world.library, songs_that_sound
    library.scan([mine.parent])
    world.double.put(10, title="Cut off", artist="Nobody")
    world.double.put(20, title="No such name", artist="Nobody")
    copy = tmp_path / "copy.flac"
    shutil.copyfile(mine, copy)
    sent = {"nd" + f"{20:020}": copy.read_bytes()}

    def act(turn: Turn) -> None:
        data = sent.get(turn.form.get("id", ""), other.read_bytes())
        if "/download." not in turn.path:
            turn.good()
        elif turn.form["id"] == "nd" + f"{10:020}":
            turn.cut()
        else:
            turn.send(200, data, content_type="audio/flac")

    world.server.act = act
    messages: list[tuple[str, str]] = []
    library.connections.map()
    assert library.connections.listen(most=10, on_song=lambda song, why: messages.append((song, why))) == 1
    state = library.connections.status()
    assert state.matches == {"tags": 4, "audio": 1}
    assert [song for song, why in messages if why] == ["Nobody – Cut off"]
    assert sorted(song for song, why in messages if not why) == ["Ann – Elsewhere", "Nobody – No such name"]
    assert library.connections.map().matches == {"tags": 4, "audio": 1}  # is not forgotten


@pytest.fixture
def songs_that_sound(tmp_path: Path) -> list[Path]:
    from audio_files import make, noise

    folder = tmp_path / "sound"
    made = [folder / name / "song.flac" for name in ("mine", "other")]
    for number, path in enumerate(made):
        path.parent.mkdir(parents=True)
        make(path, noise(3.0, seed=number))
    return made


# ---- pushed --------------------------------------------------------------------------------------


def test_pushed_list_is_created_once_and_then_updated(world: World) -> None:
    world.keep("Friday", 2, 1, 5)
    first = world.push()
    validate(first.document())
    [held] = world.double.lists.values()
    assert (first.status, first.songs, [song.title for song in first.left_out]) == ("made", 2, ["Title 5"])
    assert held == HeldList("Friday", [world.songs[1], world.songs[0]])
    assert world.push().status == "unchanged"
    world.keep("Friday", 3, 1)
    assert world.push().status == "written"
    world.library.lists.rename("Friday", "Saturday")
    assert world.push("Saturday").status == "unchanged"
    assert [playlist.songs for playlist in world.double.lists.values()] == [[world.songs[2], world.songs[0]]]


def test_push_counts_copies_of_files_that_are_away(world: World) -> None:
    world.keep("Friday", 1, 5)
    assert world.push().songs == 1
    fifth, third = world.tracks(5, 3)
    leave(world.library.path, fifth, third)
    pushed = world.push()
    assert (pushed.songs, pushed.copies, pushed.left_out) == (2, 1, ())
    assert pushed.to_record()["stand_ins"] == 1
    first, second = world.tracks(1, 2)
    leave(world.library.path, first, second)
    again = world.push()
    assert [playlist.songs for playlist in world.double.lists.values()] == [[world.songs[0]]]
    assert again.copies == 0


def test_list_changed_on_the_server_is_replaced_only_with_force(world: World) -> None:
    world.keep("Friday", 1, 2)
    world.push()
    [held] = world.double.lists.values()
    held.songs = [world.songs[3]]
    world.keep("Friday", 2, 1)
    assert world.push().status == "changed-there"
    assert held.songs == [world.songs[3]]
    assert world.push(force=True).status == "written"
    assert held.songs == [world.songs[1], world.songs[0]]


def test_list_deleted_on_the_server_is_restored_only_by_a_push(world: World) -> None:
    world.keep("Friday", 1)
    world.push()
    world.double.lists.clear()
    watch = world.library.connections.watch()
    assert isinstance(next(watch), Pulled)
    assert next(watch).status == "deleted-there"  # type: ignore[union-attr]
    assert world.double.lists == {}
    assert world.push().status == "made"
    assert len(world.double.lists) == 1


def test_push_leaves_lists_of_others_and_creates_none_without_songs(world: World) -> None:
    world.keep("Friday", 5)
    with pytest.raises(NothingFoundError, match="no track of 'Friday'"):
        world.push()
    assert world.double.lists == {}
    world.double.lists["theirs"] = HeldList("friday", ["x"])
    world.keep("Friday", 1)
    assert world.push().name == "Friday (map4)"
    assert world.push().status == "unchanged"
    assert world.double.lists["theirs"].songs == ["x"]
    assert len(world.double.lists) == 2


# All are slow but those that are the worst: it was done, and nobody knows.
_FAULTS = [
    pytest.param(
        method,
        fault,
        does_it,
        marks=() if does_it and method == "createPlaylist" and fault == "cut" else pytest.mark.world,
    )
    for method, fault, does_it in product(("getPlaylists", "createPlaylist", "getPlaylist"), PASSING, (False, True))
]


@pytest.mark.parametrize(("method", "fault", "does_it"), _FAULTS)
def test_temporary_faults_create_a_list_only_once(world: World, method: str, fault: str, does_it: bool) -> None:
    world.keep("Friday", *(1 + number % 4 for number in range(201)))
    world.server.act = once(method, FAULTS[fault], times=2, does_it=does_it)
    assert world.push().status == "made"
    [held] = world.double.lists.values()
    assert held.songs == [world.songs[number % 4] for number in range(201)]
    assert len(world.waits) in (1, 2)  # a list that was made is not made again


@pytest.mark.parametrize("fault", ["cut", pytest.param("HTML", marks=pytest.mark.world)])
@pytest.mark.parametrize("at", [0, *(pytest.param(at, marks=pytest.mark.world) for at in (1, 2, 3)), 4])
def test_interrupted_push_is_resumed(world: World, fault: str, at: int) -> None:
    """Each request is done, and its answer lost; then map4 ends."""
    world.keep("Friday", *(1 + number % 4 for number in range(201)))
    world.double.lists["theirs"] = HeldList("Other", ["x"])
    count = [0]

    def act(turn: Turn) -> None:
        count[0] += 1
        if count[0] > at:
            if count[0] == at + 1:
                world.double.answer(turn)
            FAULTS[fault](turn)
        else:
            turn.good()

    world.server.act = act
    with pytest.raises(MusicServerError):
        world.push()
    world.server.act = Turn.good
    world.push()
    wanted = [world.songs[number % 4] for number in range(201)]
    assert [playlist for playlist in world.double.lists.values() if playlist.name != "Other"] == [
        HeldList("Friday", wanted)
    ]
    assert world.double.lists["theirs"].songs == ["x"]
    assert world.push().status == "unchanged"


@pytest.mark.parametrize("at", [*(pytest.param(at, marks=pytest.mark.world) for at in (0, 2)), 1, 3])
def test_interrupted_push_is_not_taken_for_a_foreign_change(world: World, at: int) -> None:
    world.keep("Friday", 1, 2)
    world.push()
    world.keep("Friday", *(1 + number % 4 for number in range(201)))
    count = [0]

    def act(turn: Turn) -> None:
        count[0] += 1
        turn.error(401) if count[0] > at else turn.good()

    world.server.act = act
    with pytest.raises(MusicServerError):
        world.push()
    world.server.act = Turn.good
    world.keep("Friday", 4, 3)
    assert world.push().status == "written"
    [held] = world.double.lists.values()
    assert held.songs == [world.songs[3], world.songs[2]]


def test_server_that_stores_other_songs_is_reported(world: World) -> None:
    world.keep("Friday", 1, 2)
    world.push()
    for song in (int, count().__next__):  # always the same, or always another
        other = sends(lambda song=song: {"playlist": {"id": "ndp-1", "entry": [{"id": song()}]}})  # type: ignore[misc]
        world.server.act = once("getPlaylist", other, times=99)
        with pytest.raises(MusicServerError, match="does not store the songs"):
            world.push(force=True)


# ---- pulled --------------------------------------------------------------------------------------


def plays_of(world: World) -> dict[str | None, int | None]:
    return {track.title(): track.play_count() for track in world.library.search("plays:1..")}


def test_play_counts_of_a_server_are_counted_once(world: World) -> None:
    first_song, second_song = (world.double.songs[song] for song in world.songs[:2])
    first_song.update(playCount=7, played="2026-03-04T05:06:07Z")
    second_song.update(playCount=2)
    assert [world.pull().counts for _ in range(2)] == [2, 0]
    assert plays_of(world) == {"Title 1": 7, "Title 2": 2}
    assert [track.title() for track in world.library.search("plays:1.. sort:plays-")] == ["Title 1", "Title 2"]
    assert len(world.library.plays.page().plays) == 1  # one of the seven
    first_song.update(playCount=8, played="2026-03-05T05:06:07Z")
    world.library.plays.add(next(iter(world.library.search("title:'Title 2'"))))
    done = world.pull()
    assert (done.plays, done.counts) == (1, 0)
    assert plays_of(world) == {"Title 1": 8, "Title 2": 3}
    world.library.connections.remove("home")
    assert plays_of(world) == {"Title 1": 2, "Title 2": 1}  # those that were kept, with their times


def test_values_and_plays_of_a_server_are_imported_once_for_its_account(world: World) -> None:
    world.double.songs[world.songs[0]]["playCount"] = 7
    world.pull()
    eve = world.library.acting_as(world.library.accounts.add("Eve", "admin", hashed="$2b$04$" + "a" * 53).actor())
    assert eve.count("plays:1..") == 0
    first_song, second_song, third_song = (world.double.songs[song] for song in world.songs[:3])
    first_song.update(starred="2026-02-03T04:05:06Z", userRating=4)
    second_song.update(userRating=2)
    third_song.update(playCount=7, played="2026-03-04T05:06:07Z")
    done = world.pull()
    validate(done.document())
    assert (done.stars, done.unstars, done.ratings, done.plays, done.beside) == (1, 0, 2, 1, ())
    assert (world.starred(), world.ratings()) == (["Title 1"], {"Title 1": 4.0, "Title 2": 2.0})
    [play] = world.library.plays.page().plays
    assert (play.title, play.at, play.source) == ("Title 3", "2026-03-04T05:06:07Z", "server")
    again = world.pull()
    assert (again.stars, again.ratings, again.plays) == (0, 0, 0)
    del first_song["starred"], first_song["userRating"]
    third_song["played"] = "2026-03-05T05:06:07Z"
    third = world.pull()
    assert (third.unstars, third.ratings, third.plays) == (1, 1, 1)
    assert (world.starred(), world.ratings()) == ([], {"Title 2": 2.0})


def test_local_values_are_kept_after_a_pull(world: World) -> None:
    world.library.set(world.tracks(1), rating=3.5)
    world.pull()
    world.pull()
    assert world.ratings() == {"Title 1": 3.5}
    world.double.songs[world.songs[0]]["userRating"] = 4  # as ours is told to players
    assert world.pull().beside == ()
    assert world.ratings() == {"Title 1": 3.5}


def test_conflict_is_kept_until_it_is_resolved(world: World) -> None:
    world.library.set(world.tracks(1), rating=5)
    world.double.songs[world.songs[0]]["userRating"] = 1
    done = world.pull()
    beside = ValueConflict(id=world.songs[0], artist="Ann", title="Title 1", what="rating", ours=5, theirs=1)
    assert done.beside == world.library.connections.status().beside == (beside,)
    assert world.pull().beside == (beside,)
    assert world.ratings() == {"Title 1": 5.0}
    assert world.pull(take_theirs=True).beside == ()
    assert world.ratings() == {"Title 1": 1.0}
    assert world.pull().ratings == 0


def test_setting_the_value_of_the_server_resolves_a_conflict(world: World) -> None:
    world.library.set(world.tracks(1), rating=5)
    world.double.songs[world.songs[0]]["userRating"] = 1
    assert len(world.pull().beside) == 1
    world.library.set(world.tracks(1), rating=1)
    assert world.library.connections.status().beside == ()
    assert world.pull().beside == ()
    world.double.songs[world.songs[0]]["userRating"] = 2
    world.pull()
    assert world.ratings() == {"Title 1": 2.0}


@pytest.mark.parametrize("fault", ["429 for days", "401", "HTML", "cut"])
def test_faulty_pull_imports_nothing(world: World, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.extras.connect.music_server.SubsonicServer.__init__.__kwdefaults__", {"timeout_s": 0.3})
    for song in world.songs:
        world.double.songs[song].update(userRating=3, starred="2026-02-03T04:05:06Z")
    world.server.act = FAULTS[fault]
    with pytest.raises(MusicServerError):
        world.pull()
    assert (world.starred(), world.ratings()) == ([], {})
    assert sum(world.waits) <= 300
    world.server.act = Turn.good
    done = world.pull()
    assert (done.stars, done.ratings) == (4, 4)


# ---- watched -------------------------------------------------------------------------------------


def test_watch_synchronises_both_sides_across_restarts(world: World, tmp_path: Path) -> None:
    world.keep("Friday", 1)
    world.push()
    watch = world.library.connections.watch(every_s=60)
    assert isinstance(next(watch), Pulled)
    world.double.songs[world.songs[1]]["userRating"] = 4
    world.keep("Friday", 1, 2)
    reports = [next(watch) for _ in range(2)]
    assert [getattr(report, "status", None) or report.ratings for report in reports] == ["written", 1]  # type: ignore[union-attr]
    watch.close()
    world.library.close()
    with Library.open(tmp_path / "library.map4") as again:
        again.connections.wait = world.waits.append
        world.library = again
        world.keep("Friday", 2)
        pulled, pushed = (report for _, report in zip(range(2), again.connections.watch(every_s=60), strict=False))
    assert isinstance(pulled, Pulled)
    assert pulled.ratings == 0
    assert isinstance(pushed, Pushed)
    assert pushed.status == "written"
    assert [playlist.songs for playlist in world.double.lists.values()] == [[world.songs[1]]]
    assert 60 in world.waits


def test_watch_continues_after_a_server_was_unreachable(world: World) -> None:
    watch = world.library.connections.watch()
    next(watch)
    world.server.act = FAULTS["401"]
    away = next(watch)
    assert isinstance(away, Fault)
    assert away.kind == "authentication"
    world.server.act = Turn.good
    assert isinstance(next(watch), Pulled)
    with pytest.raises(UsageError, match="at least"):
        next(world.library.connections.watch(every_s=1))
