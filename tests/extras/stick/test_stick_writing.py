"""Writing lists to sticks: what is copied, kept, removed and refused, and sticks that are pulled."""

import json
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from away_files import leave
from covered_albums import picture
from dj_tracks import read_path
from extras.failing_disk import FailingDisk, PowerCut
from extras.stick.stick_music import PDB, StickWorld, put_music, write_music
from quarantines import in_memory, opened

from map4.core.base.actor import SCOPES_OF, Actor
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.extras.stick.anlz import analysis_files
from map4.extras.stick.changing import StickChange, StickDisk, locked
from map4.extras.stick.options import StickRequest
from map4.extras.stick.own_list import SCHEMA, OwnStickList
from map4.extras.stick.part import Sticks, check_stick, job
from map4.extras.stick.place import StickError, StickPlace, new_name, stick_at
from map4.extras.stick.players import conversion_of
from map4.formats import opened_rekordbox

pytestmark = pytest.mark.usefixtures("quick_ciphers")

pytest.importorskip("pyrekordbox", reason="needs pyrekordbox, the extra 'rekordbox'")


PLUS = "PIONEER/rekordbox/exportLibrary.db"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[StickWorld]:
    with in_memory(tmp_path) as folder:
        yield StickWorld(folder)


def music_of(world: StickWorld) -> list[str]:
    return sorted(name.removeprefix("Contents/Ann/First/") for name in world.tree() if name.startswith("Contents/"))


def set_cues(world: StickWorld, number: int, *cues: CuePoint) -> None:
    with opened(world.library) as library:
        library.set(world.music[number], cues=[{"position_s": cue.position_s, "number": cue.number} for cue in cues])


def lists_of(world: StickWorld) -> dict[str, list[str]]:
    contents = world.contents()
    titles = {track.number: track.title for track in contents.tracks}
    return {listed.name: [titles[number] for number in listed.tracks] for listed in contents.lists}


# ---- what is written -----------------------------------------------------------------------------


def test_stick_gets_lists_with_music_and_is_sound(world: StickWorld) -> None:
    done = world.write("Friday", "Late")
    assert (done.tracks, done.copied, done.converted, done.analyses, done.left_out) == (3, 3, 1, 3, ())
    assert music_of(world) == ["one.wav", "three.mp3", "two.aiff"]
    assert lists_of(world) == {"Friday": ["one", "two"], "Late": ["two", "three"]}
    tree = world.tree()
    assert tree["Contents/Ann/First/one.wav"] == world.music[0].read_bytes()
    assert {Path(name).suffix for name in tree if "USBANLZ" in name} == {".DAT", ".EXT", ".2EX"}
    with opened(world.library) as library:
        checked = library.part(Sticks).check(world.stick)
        shown = library.part(Sticks).show(world.stick)
        read = library.imports.read(world.stick, dry_run=True)
    assert (checked.findings, checked.tracks, checked.lists, checked.analyses) == ((), 3, 2, 9)
    assert ([(playlist.name, playlist.tracks) for playlist in shown.lists], shown.others) == (
        [("Friday", 2), ("Late", 2)],
        3,
    )
    assert (read.matched, read.grids) == (3, 0)


def test_cue_points_read_back_within_a_millisecond(world: StickWorld) -> None:
    ogg = write_music(world.folder / "music" / "four.ogg")  # becomes an MP3, which begins with its encoder's delay
    put_music(world.library, {ogg: Tags(artist="Ann", title="four", album="First")})
    world.music.append(ogg)
    for number in range(4):
        set_cues(world, number, CuePoint(position_s=0.5, number=0), CuePoint(position_s=1.2345))
    world.list("All", 0, 1, 2, 3)
    assert world.write("All").converted == 2
    tracks, _, _ = read_path(world.stick)
    read = {track.entry.title: [cue.position_s for cue in track.values.cues] for track in tracks}
    assert read == {title: pytest.approx([0.5, 1.2345], abs=0.001) for title in ("one", "two", "three", "four")}


def test_stick_gets_the_copy_of_a_file_that_is_away(world: StickWorld) -> None:
    leave(world.library, str(world.music[0]), str(world.music[2]))
    done = world.write("Friday")
    assert (done.copies, done.to_record()["stand_ins"]) == (1, 1)
    assert lists_of(world) == {"Friday": ["three", "two"]}


def test_second_write_copies_only_changes(world: StickWorld) -> None:
    world.write("Friday")
    before = world.tree()
    for path in filter(Path.is_file, world.stick.rglob("*")):  # as FAT shows them in another time zone
        os.utime(path, (path.stat().st_mtime // 2 * 2 - 3600,) * 2)
    again = world.write("Friday")
    assert (again.is_empty, again.misses, world.tree() == before) == (True, (), True)
    done = world.write("Late")
    assert (done.copied, done.same, done.analyses) == (1, 1, 1)
    assert lists_of(world) == {"Friday": ["one", "two"], "Late": ["two", "three"]}
    world.list("Friday", 1)
    states = {playlist.name: playlist.state for playlist in world.write("Friday").lists}
    assert states == {"Friday": "changed", "Late": "stays"}
    set_cues(world, 1, CuePoint(position_s=1.0, number=0))
    done = world.write("Friday")
    assert (done.copied, done.analyses) == (0, 1)
    with opened(world.library) as library:
        library.set(world.music[1], rating=4)
    done = world.write("Friday")
    assert (done.copied, done.analyses, done.values, music_of(world)) == (0, 0, 1, ["one.wav", "three.mp3", "two.aiff"])
    unlike = {name for name, data in world.tree().items() if before.get(name, data) != data}
    assert not [name for name in unlike if "Contents/" in name]
    for lists, query in ((["None"], None), ([], " ")):
        with pytest.raises(NothingFoundError):
            world.plan(*lists, query=query)
    world.list(" ", 0)
    assert world.plan(" ").record.lists[0].name == "Unnamed"


def test_prune_removes_only_unchanged_files_of_map4(world: StickWorld) -> None:
    world.write("Friday", "Late")
    for name in ("mine.mp3", "three.mp3"):
        with open(world.stick / "Contents/Ann/First" / name, "ab") as file:
            file.write(b"of somebody else")
    plan = world.plan("Friday", prune=True)
    assert (plan.record.removed, plan.record.lists[-1].state) == ((), "removed")
    assert "1 track: changed on the stick, so not removed" in plan.record.misses
    world.list("Friday", 1)
    done = world.write("Friday", prune=True)
    assert done.removed == (str(world.stick / "Contents/Ann/First/one.wav"),)
    assert music_of(world) == ["mine.mp3", "three.mp3", "two.aiff"]
    assert lists_of(world) == {"Friday": ["two"]}
    with opened(world.library) as library:
        assert library.part(Sticks).check(world.stick).is_sound
        bob = library.acting_as(Actor(id=7, name="bob", scopes=SCOPES_OF["user"]))
        for prune, lists in ((True, []), (False, [str(world.folder / "Late.m3u8")])):
            with pytest.raises(NotAllowedError, match="scope 'files'") if prune else nullcontext():
                bob.part(Sticks).plan(lists, world.stick, folder=True, prune=prune)


def test_prune_removes_covers_that_no_track_has(world: StickWorld) -> None:
    (world.folder / "music/cover.jpg").write_bytes(picture())
    world.write("Friday", "Late")
    for lists, covers in ((["Friday"], 2), ([], 0)):
        world.write(*lists, prune=True)
        assert sum("Artwork" in name for name in world.tree()) == covers
        assert check_stick(str(world.stick)).findings == ()


def test_write_keeps_lists_of_other_accounts_and_its_dry_run_all(world: StickWorld) -> None:
    with opened(world.library) as library:
        ann, bob = (library.acting_as(library.accounts.add(name).actor()) for name in ("Ann", "Bob"))
        tracks = [library.track(path) for path in world.music]
        ann.lists.save("Friday", Tracklist(tracks=tracks[:2]))
        bob.lists.save("Friday", Tracklist(tracks=tracks[2:]))
        for caller in (ann, bob, ann):
            options = StickRequest(playlist=caller.lists.id_of("Friday"), to=str(world.stick), folder=True)
            before = world.tree()
            preview = job(caller, (), replace(options, dry_run=True), mock.Mock(), None)
            assert world.tree() == before
            result = job(caller, (), options, mock.Mock(), None)
            assert (preview["dry_run"], preview["copied"]) == (True, result["copied"])
    assert lists_of(world) == {"Friday": ["one", "two"], "Friday (2)": ["three"]}
    assert ([playlist["name"] for playlist in result["lists"]], result["other_lists"]) == (["Friday"], 1)


def test_another_programs_tracks_and_lists_stay(world: StickWorld) -> None:
    world.write("Friday")
    shutil.rmtree(world.stick / ".map4-stick")  # now it counts as another program's
    before = world.tree()
    done = world.write("Late", prune=True)
    assert (done.copied, done.converted, done.removed) == (2, 1, ())
    after = world.tree()
    for name, data in before.items():
        kept = name.replace("PIONEER/rekordbox", ".map4-stick/before") if "rekordbox" in name else name
        assert after[kept] == data, name
    assert lists_of(world) == {"Friday": ["one", "two"], "Late": ["two", "three"]}
    again = world.write("Friday")
    assert [playlist.name for playlist in again.lists] == ["Friday (2)", "Friday", "Late"]
    assert "by another program, whose cue points and grids stay" in again.misses[0]
    assert again.copied == 0


def test_changes_of_players_are_imported_first(world: StickWorld) -> None:
    world.write("Friday")
    analysis = next(track.analysis_path for track in world.contents().tracks if track.title == "one")
    path = world.stick / analysis.strip("/")
    path.write_bytes(path.read_bytes() + b"\0")  # as a player does with a cue point
    os.utime(path, (1, 1))
    with open(world.stick / PDB, "ab") as file:
        file.write(bytes(4096))  # as a player does with a history
    record = world.plan("Friday").record
    assert (record.is_empty, "players changed the stick" in record.misses[0]) == (True, True)
    set_cues(world, 0, CuePoint(position_s=0.5))
    before = world.tree()
    with pytest.raises(UsageError, match=r"a player changed cue points .* \(one\); add --import"):
        world.write("Friday")
    assert world.tree() == before
    assert world.write("Friday", import_first=True).analyses == 1
    with opened(world.library) as library:
        assert [source.format for source in library.imports.history()] == ["rekordbox-usb"]


def test_import_takes_only_what_a_player_changed(world: StickWorld) -> None:
    with opened(world.library) as library:
        cue = {"position_s": 0.5, "number": 0, "color": "#123456"}
        library.set(world.music[0], cues=[cue, {"position_s": 0.75, "kind": "fade_in"}])
    world.write("Friday")
    with opened(world.library) as library:
        read = library.imports.read(world.stick)
        assert (read.matched, read.cues, read.grids, sum(read.values.values()), read.lists) == (2, 0, 0, 0, ())
    stick = next(work.stick for work in world.plan("Friday").works if work.stick.title == "one")
    cues = (*stick.cues, CuePoint(position_s=1.25, number=1))
    for suffix, data in analysis_files(replace(stick, cues=cues)).items():
        (world.stick / (stick.analysis_path[1:-4] + suffix)).write_bytes(data)
    data = bytearray((world.stick / PDB).read_bytes())
    struct.pack_into("<H", data, 2 * 4096 + 40 + 78, 7)  # plays of the first track
    data[2 * 4096 + 40 + 89] = 3  # its rating
    (world.stick / PDB).write_bytes(data)
    for _ in range(2):
        assert world.write("Friday", import_first=True).left_out == ()
        with opened(world.library) as library:
            first, second = (library.track(path) for path in world.music[:2])
            read = library.imports.read(world.stick, dry_run=True)
            assert library.lists.stored() == []
        assert [(cue.position_s, cue.number, cue.color, cue.kind) for cue in first.set_cues()] == [
            (0.5, 0, "#123456", "cue"), (0.75, None, None, "fade_in"), (1.25, 1, None, "cue"),
        ]  # fmt: skip
        assert (first.rating(), first.play_count(), first.set_grid(), second.set_grid(), read.changed) == (
            3,
            7,
            (),
            (),
            0,
        )


def test_another_library_takes_all_that_map4_wrote(world: StickWorld) -> None:
    set_cues(world, 0, CuePoint(position_s=0.5, number=0))
    world.write("Friday")
    other = world.folder / "new.map4"
    put_music(other, {path: Tags(artist="Ann", title=path.stem, album="First") for path in world.music})
    with opened(other) as library:
        read = library.imports.read(world.stick)
        [listed] = library.lists.stored()
        assert (read.matched, read.cues, listed.name, listed.tracks) == (2, 1, "Friday", 2)
        assert library.imports.read(world.stick).changed == 0
    with opened(world.library) as library:
        assert (library.imports.read(world.stick).cues, library.lists.stored()) == (0, [])


def test_detected_cues_are_written_if_chosen_and_stay_detected(world: StickWorld) -> None:
    set_cues(world, 0, CuePoint(position_s=0.5, number=0))

    def cues(**options: Any) -> list[tuple[str, float, int | None]]:
        works = world.plan("Friday", **options).works
        return [(work.stick.title, cue.position_s, cue.number) for work in works for cue in work.stick.cues]

    assert cues() == cues(with_cues="imported") == [("one", 0.5, 0)]
    # Beside the user's cue point, none is detected.
    assert cues(with_cues="all") == [("one", 0.5, 0), ("two", 1.1, 0)]
    assert ("two", 1.1, 0) in cues(with_cues="detected")
    assert ("one", 0.5, 0) not in cues(with_cues="detected")
    world.write("Friday", with_cues="all")
    assert world.write("Friday", with_cues="all").analyses == 0
    stick = next(work.stick for work in world.plan("Friday", with_cues="all").works if work.stick.title == "two")
    path = world.stick / (stick.analysis_path[1:-4] + ".EXT")
    assert path.read_bytes().count(b"PCP2") == 1
    moved = (*stick.cues, CuePoint(position_s=1.5, number=4))
    for suffix, written in analysis_files(replace(stick, cues=moved)).items():
        (world.stick / (stick.analysis_path[1:-4] + suffix)).write_bytes(written)
    with opened(world.library) as library:
        library.imports.read(world.stick)
        two = library.track(world.music[1])
        assert two is not None
        assert [(cue.position_s, cue.number) for cue in two.set_cues()] == [(1.5, 4)]


def test_only_players_that_read_the_second_database_need_pyrekordbox(
    world: StickWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as bare:
        bare.setattr("map4.extras.stick.reading.find_spec", lambda name: None)
        with pytest.raises(
            StickError, match=r"CDJ-3000X reads exportLibrary\.db, which needs pyrekordbox: .*rekordbox"
        ):
            world.plan("Friday", player="cdj-3000x")
        done = world.write("Friday", player="cdj-2000nxs2")
        assert "players since 2023 (CDJ-3000X, OPUS-QUAD, XDJ-AZ) show no tracks" in done.misses[0]
        assert not (world.stick / PLUS).exists()
        assert world.plan("Friday", player="cdj-2000nxs2").record.is_empty
        assert lists_of(world) == {"Friday": ["one", "two"]}
    world.write("Friday", player="cdj-2000nxs2")
    assert (world.stick / PLUS).exists()
    assert check_stick(str(world.stick)).findings == ()
    monkeypatch.setattr("map4.extras.stick.reading.find_spec", lambda name: None)
    with pytest.raises(StickError, match="which must change as well, needs pyrekordbox"):
        world.plan("Late")


def test_higher_play_counts_of_players_stay(world: StickWorld) -> None:
    world.write("Friday")
    data = bytearray((world.stick / PDB).read_bytes())
    struct.pack_into("<H", data, 2 * 4096 + 40 + 78, 7)
    (world.stick / PDB).write_bytes(data)
    plus = str(world.stick / "PIONEER/rekordbox/exportLibrary.db")
    with opened_rekordbox(plus, is_stick=True) as connection:
        connection.execute("UPDATE content SET djPlayCount = 9 WHERE content_id = 1")
        connection.commit()
    with opened(world.library) as library:
        library.set(world.music[0], rating=4)
    assert world.write("Friday").values == 1
    assert [(track.rating, track.plays) for track in world.contents().tracks] == [(4, 7), (0, 0)]
    with opened_rekordbox(plus, is_stick=True) as connection:
        assert connection.execute("SELECT rating, djPlayCount FROM content").fetchall() == [(4, 9), (0, 0)]


def test_plan_lists_what_players_do_not_support(world: StickWorld) -> None:
    cues = [CuePoint(position_s=0.1 * n, number=n) for n in (7, 8)] + [CuePoint(position_s=0.1 * n) for n in range(11)]
    set_cues(world, 0, *cues)
    world.list("Long", *[0] * 1000)
    world.music[1].unlink()
    put_music(world.library, {world.music[2]: Tags(artist="Ann", title="x" * 300, album="First")})
    with open(world.list("Friday", 0, 1, 2), "a") as file:
        file.write("/m/Other.mp3\n")
    record = world.plan("Friday", "Long").record
    assert record.misses == (
        "1 track: hot cues beyond 8 become memory cues", "1 track: older players show 10 memory cues",
        "1 track: names are shortened to what players can show", "Long: older players show 999 tracks of a list",
    )  # fmt: skip
    assert record.left_out == ("/m/Other.mp3: not found in the library", f"{world.music[1]}: its file is gone")


def test_plan_counts_grids_off_their_beats(world: StickWorld) -> None:
    beats_s = tuple(0.2 + 0.5 * number for number in range(20))
    put_music(world.library, {path: Tags(title=path.stem) for path in world.music[:2]}, beats_s=beats_s)
    message = "2 grids don't follow their beats; check by ear"
    assert world.plan("Friday").record.misses == (message,)
    assert message in world.plan(query="title:one or title:two").record.misses


def test_music_is_converted_for_players_with_names_legal_on_fat() -> None:
    cases = [
        ("cdj-2000", "mp3", "mp3", 44_100, None, None), ("cdj-2000", "mp3", "mp3", 22_050, None, "mp3-320"),
        ("cdj-2000", "aac", "m4a", 48_000, None, None), ("cdj-2000", "flac", "flac", 44_100, 16, "aiff"),
        ("cdj-2000", "pcm", "aif", 96_000, 24, "aiff"), ("cdj-2000", "vorbis", "ogg", 44_100, None, "mp3-320"),
        ("cdj-3000", "flac", "flac", 96_000, 24, None), ("cdj-3000", "alac", "m4a", 44_100, 16, None),
        ("xdj-rx3", "flac", "flac", 48_000, 24, None), ("xdj-rx3", "alac", "m4a", 44_100, 16, "aiff"),
        ("xdj-1000mk2", "flac", "flac", 96_000, 24, "aiff"), ("cdj-3000", "pcm", "wav", 44_100, 32, "aiff"),
    ]  # fmt: skip
    for player, codec, suffix, rate_hz, bits, form in cases:
        known = AudioFormat(codec=codec, sample_rate_hz=rate_hz, channels=2, bits=bits, payload_bytes=1)
        track = Track(path=f"/m/a.{suffix}", state="ok", format=known)
        assert conversion_of(track, player) == form, (player, suffix)
    taken = set[str]()
    tags = [
        Tags(artist="AC/DC", title='Who?: "Me"', album="con"), Tags(artist="ac_dc", title="who__ _me_", album="CON"),
        Tags(artist="x" * 300, title="\U0001f600" * 300), Tags(), Tags(artist="End. ", title=" ...", album="."),
    ]  # fmt: skip
    names = [new_name(Track(path="/m/x.mp3", state="ok", tags=tag), ".mp3", taken) for tag in tags]
    assert names[:2] == ["/Contents/AC_DC/con_/Who__ _Me_.mp3", "/Contents/ac_dc/CON_/who__ _me_ 2.mp3"]
    parts = [part for name in names for part in name.split("/")]
    assert all(len(part.encode("utf-16-le")) // 2 <= 255 and part == part.strip(" .") for part in parts)
    assert names[3] == "/Contents/Unknown/Unknown/x.mp3"


# ---- what is refused -----------------------------------------------------------------------------


def test_folders_that_are_no_stick_are_refused(world: StickWorld, tmp_path: Path) -> None:
    music = [str(world.folder / "music")]
    cases = {"stick": "no mounted stick", "music": "has your music", ".": "has your music", "no": "is no folder"}
    for folder, words in cases.items():
        with pytest.raises((UsageError, NothingFoundError), match=words):
            stick_at(world.folder / folder, music=music)
    with pytest.raises(UsageError, match="no mounted stick"):
        stick_at("/", is_any_folder=True)
    assert stick_at(world.stick, music=music, is_any_folder=True).root == str(world.stick.resolve())
    (world.stick / "Contents").symlink_to(world.folder / "music")
    with pytest.raises(StickError, match="no file of a stick"):
        StickPlace(root=str(world.stick.resolve())).require_own("/Contents/one.wav")


def test_names_on_a_stick_include_hidden_ones_but_follow_no_links(tmp_path: Path) -> None:
    song = tmp_path / "Contents/.38 Special/Hold On.mp3"
    song.parent.mkdir(parents=True)
    song.touch()
    (tmp_path / "Contents/all").symlink_to(tmp_path)
    found = {*StickPlace(root=str(tmp_path)).names("/Contents")}
    assert found == {"/Contents/.38 Special", "/Contents/.38 Special/Hold On.mp3", "/Contents/all"}


@pytest.mark.parametrize("link", [".map4-stick", ".map4-stick/new", ".map4-stick/ready", ".map4-stick/ready/Contents"])
def test_links_on_a_stick_are_never_followed(world: StickWorld, link: str) -> None:
    outside = world.folder / "outside"
    for folder in ("", "new", "Ann"):
        (outside / folder).mkdir()
        (outside / folder / "mine.txt").write_text("mine", encoding="ascii")
    (world.stick / link).parent.mkdir(parents=True, exist_ok=True)
    (world.stick / link).symlink_to(outside)
    if link.endswith("Contents"):
        files = {"/Contents/Ann/mine.txt": {"size_bytes": 4, "digest": ""}}
        listed = world.stick / ".map4-stick/ready/.map4-stick/list.json"
        listed.parent.mkdir()
        listed.write_text(json.dumps({"schema": SCHEMA, "files": files, "tracks": {}, "lists": {}}), encoding="ascii")
    with pytest.raises(StickError, match="no file of a stick"):
        world.write("Friday")
    assert len(list(outside.rglob("mine.txt"))) == 3


def test_plan_made_before_another_write_is_refused(world: StickWorld) -> None:
    plan = world.plan("Late")
    world.write("Friday")
    before = world.tree()
    with opened(world.library) as library, pytest.raises(StickError, match="written to since this was planned"):
        library.part(Sticks).write(plan)
    assert world.tree() == before


@pytest.mark.parametrize("name", ["PIONEER", "Contents", ".map4-stick", "PIONEER/rekordbox", "Contents/Ann/First"])
def test_file_in_the_place_of_a_folder_is_refused_unchanged(world: StickWorld, name: str) -> None:
    (world.stick / name).parent.mkdir(parents=True, exist_ok=True)
    (world.stick / name).write_bytes(b"mine")
    with pytest.raises(StickError, match=rf"{name} is no folder"):
        world.write("Friday")
    assert bare(world.tree()) | {name: b"mine"} == {name: b"mine"}
    assert not (world.stick / ".map4-stick/new").exists()


def test_full_and_unreadable_sticks_are_refused_unchanged(world: StickWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("Friday")
    before = world.tree()
    monkeypatch.setattr("map4.extras.stick.plan._SPARE_BYTES", 1 << 60)
    with pytest.raises(StickError, match=r"1,152,921\.\d TB are needed.*; write fewer tracks.* Nothing was written"):
        world.plan("Late").require_space()
    monkeypatch.undo()
    monkeypatch.setattr(StickDisk, "rename", mock.Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(StickError, match=r"No space left on device; writing again continues"):
        world.write("Late")
    monkeypatch.undo()
    with locked(StickPlace(root=str(world.stick))), pytest.raises(StickError, match="another map4 writes"):
        world.write("Late")
    for name in (PDB, ".map4-stick/list.json"):
        (world.stick / name).write_bytes(b"\0" * 8192)
        with pytest.raises(StickError):
            world.plan("Late")
        (world.stick / name).unlink()
        (world.stick / name).mkdir()
        with pytest.raises(StickError, match="directory"):
            world.plan("Late")
        (world.stick / name).rmdir()
        (world.stick / name).write_bytes(before[name])
    for folder in ("new", "ready"):
        (world.stick / ".map4-stick" / folder).mkdir()
        assert [finding.severity for finding in check_stick(str(world.stick)).findings] == ["note"]
    settled = ["a write that was cut off is completed", "a write was cut off; the stick is as before it"]
    assert [world.settle(StickDisk()) for _ in settled] == settled
    large = StickPlace(root=str(world.stick), most_file_bytes=1000)
    monkeypatch.setattr("map4.extras.stick.part.stick_at", lambda *_, **__: large)
    assert "too much for a file on FAT32" in world.plan("Late").record.left_out[0]


# ---- sticks that are pulled ----------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["new", "ready"])
def test_write_of_1_0_0rc1_that_was_cut_off_is_settled(tmp_path: Path, folder: str) -> None:
    def put(files: dict[str, bytes], under: str = "") -> None:
        for name, data in files.items():
            path = tmp_path / (under + name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def listed(*files: tuple[str, bytes]) -> bytes:
        digests = {name: blake2b(data, digest_size=16).hexdigest() for name, data in files}
        records = ",".join(
            f'"/{name}":{{"size_bytes":{len(data)},"digest":"{digests[name]}","mtime_s":1.5}}' for name, data in files
        )
        return (
            f'{{"schema":"map4/stick-list/1","files":{{{records}}},"tracks":{{}},"lists":{{"1":["Friday"]}}}}'.encode()
        )

    gone, mine, music = "Contents/A/B/gone.mp3", "Contents/A/mine.mp3", "Contents/A/new.mp3"
    old, new = listed((gone, b"1"), (mine, b"2"), (PDB, b"3")), listed((music, b"4"), (PDB, b"5"))
    before = {gone: b"1", mine: b"changed since", PDB: b"3", ".map4-stick/list.json": old}
    after = {mine: b"changed since", music: b"4", PDB: b"5", ".map4-stick/list.json": new}
    put(before)
    put({music: b"4", PDB: b"5", ".map4-stick/list.json": new}, f".map4-stick/{folder}/")
    (tmp_path / music).write_bytes(b"4" if folder == "ready" else b"")  # some have their names already
    change = StickChange(StickPlace(root=str(tmp_path)))
    assert change.is_unfinished()
    assert change.settle() == {
        "new": "a write was cut off; the stick is as before it", "ready": "a write that was cut off is completed",
    }[folder]  # fmt: skip
    tree = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    wanted = {"new": before | {music: b""}, "ready": after}[folder]
    assert tree == wanted | {".map4-stick/lock": b""}
    assert (change.settle(), (tmp_path / "Contents/A/B").exists()) == (None, folder == "new")


class PulledDisk(FailingDisk, StickDisk):
    """A stick that is pulled in a step; `_commit` is the number of the step that decides."""

    def rename(self, path: str, target: str) -> None:  # type: ignore[override]
        if target.endswith("/ready"):
            self._commit = len(self.steps)
        os.replace(path, target)


def bare(tree: dict[str, bytes]) -> dict[str, bytes]:
    """All but map4's own folder, and the database whose bytes differ each time, as it is encrypted."""
    return {name: data for name, data in tree.items() if name[0] != "." and not name.endswith(".db")}


def test_new_stick_pulled_before_its_databases_has_no_faults(world: StickWorld) -> None:
    first = PulledDisk()
    world.write("Friday", disk=first)
    for step in (1, 2, 5, first._commit - 1, first._commit):
        shutil.rmtree(world.stick)
        world.stick.mkdir()
        with suppress(PowerCut):
            world.write("Friday", disk=PulledDisk(step))
        [finding] = check_stick(str(world.stick)).findings
        assert (finding.severity, "the same 'map4 stick' command completes it" in finding.text) == ("note", True), step
        world.settle(StickDisk())
        assert check_stick(str(world.stick)).is_sound, step
        world.write("Friday")
        assert check_stick(str(world.stick)).findings == ()
    (world.stick / PDB).unlink()
    assert not check_stick(str(world.stick)).is_sound


class NotingDisk(StickDisk):
    """A stick that notes the order in which files for players get their names, are synced and removed."""

    def __init__(self, root: Path) -> None:
        self._root, self.steps = root, list[tuple[str, str]]()

    def _note(self, step: str, path: str) -> None:
        name = os.path.relpath(path, self._root)
        if not name.startswith("."):
            self.steps.append((step, name))

    def rename(self, path: str, target: str) -> None:
        super().rename(path, target)
        self._note("name" if "ready" in path else "name early", target)

    def remove(self, path: str) -> None:
        super().remove(path)
        self._note("remove", path)

    def sync_folder(self, path: str) -> None:
        super().sync_folder(path)
        self._note("sync", os.path.dirname(path))


@pytest.mark.parametrize("is_cut_off", [False, True])
def test_databases_get_their_names_after_all_that_they_name(world: StickWorld, is_cut_off: bool) -> None:
    (world.folder / "music/cover.jpg").write_bytes(picture())
    for lists in (("Friday",), ("Late",)):  # the second adds a track, changes another, and removes one
        disk = NotingDisk(world.stick)
        if is_cut_off:
            with mock.patch.object(StickChange, "_finish", side_effect=PowerCut), suppress(PowerCut):
                world.write(*lists, prune=True)
            world.settle(disk)
        else:
            world.write(*lists, prune=True, disk=disk)
        set_cues(world, 1, CuePoint(position_s=1.0))
        steps = disk.steps
        databases = [steps.index(("name", PDB)), steps.index(("name", PLUS))]
        others = [at for at, (step, name) in enumerate(steps) if step == "name" and name not in (PDB, PLUS)]
        analyses = {os.path.dirname(steps[at][1]) for at in others if "USBANLZ" in steps[at][1]}
        synced = {name: at for at, (step, name) in enumerate(steps[: databases[0]]) if step == "sync"}
        assert len(analyses) == 2
        assert all(synced[folder] > max(others) for folder in analyses)
        removed = [at for at, (step, _) in enumerate(steps) if step == "remove"]
        databases_synced = steps.index(("sync", os.path.dirname(PDB)), max(databases))
        assert (len(removed) > 0, min(removed, default=databases_synced + 1) > databases_synced) == (
            lists == ("Late",),
            True,
        )
    assert check_stick(str(world.stick)).findings == ()


@pytest.mark.world
@pytest.mark.parametrize(("settled", "states"), [(None, {"before", "after"}), (1, {"before"}), (2, {"after"})])
def test_pulled_stick_is_as_before_or_as_planned(world: StickWorld, settled: int | None, states: set[str]) -> None:
    def change(disk: StickDisk) -> None:
        world.write("Late", prune=True, disk=disk)

    def settle(disk: StickDisk) -> None:
        with suppress(PowerCut):
            change(PulledDisk(counted._commit - 1 + (settled or 0)))
        world.settle(disk)

    world.write("Friday")
    set_cues(world, 1, CuePoint(position_s=1.0))
    fresh, before = world.folder / "fresh", world.tree()
    shutil.copytree(world.stick, fresh)
    counted = PulledDisk()
    change(counted)
    after, seen, act = world.tree(), set[str](), change if settled is None else settle
    for number in range(1, 10_000):
        shutil.rmtree(world.stick)
        shutil.copytree(fresh, world.stick)
        disk, is_over = PulledDisk(number), False
        with suppress(PowerCut):
            act(disk)
            is_over = True
        assert check_stick(str(world.stick)).is_sound, f"{disk.steps[-1]}, step {number}"
        world.settle(StickDisk())
        tree, at = world.tree(), f"{disk.steps[-1]}, step {number}"
        seen.add("after" if tree[PDB] == after[PDB] else "before")
        if tree[PDB] == after[PDB]:
            assert bare(tree) == bare(after), at
        else:
            assert bare(before).items() <= bare(tree).items(), at
            assert tree["PIONEER/rekordbox/exportLibrary.db"] == before["PIONEER/rekordbox/exportLibrary.db"], at
        assert not [name for name in tree if "/ready/" in name or "/new/" in name], at
        own = OwnStickList.read(StickPlace(root=str(world.stick))) or OwnStickList()
        assert own.tracks.keys() >= {f"/{name}" for name in tree if name.startswith("Contents/")}, at
        change(StickDisk())
        assert bare(world.tree()) == bare(after), at
        if is_over:
            break
    assert (number > 8, seen) == (True, states)
