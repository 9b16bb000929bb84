"""What becomes of a recorded set: lists, pages, sheets, chapters, plays; nothing of the recording changes."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from audio_files import make, noise
from extras.unmix.unmixed_by_hand import LENGTH_S, played, recorded_set
from mutagen.id3 import ID3
from playlist_library import make_playlist_library, song

from map4 import Library
from map4.core.base.text import utc_text
from map4.core.store.output import OutputFileError
from map4.errors import LibraryWriteError, Map4Error, NothingFoundError, UsageError
from map4.extras.unmix.records import Unmixed
from map4.lists.store.playlists import SqlPlaylists

BEGAN = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(make_playlist_library(tmp_path / "library.map4")) as opened:
        yield opened


@pytest.fixture
def made(tmp_path: Path) -> Unmixed:
    path = make(tmp_path / "Friday night.mp3", noise(LENGTH_S))
    ended = (BEGAN + timedelta(seconds=LENGTH_S)).timestamp()
    os.utime(path, (ended, ended))
    gone = played("/gone/x.mp3", artist="Nobody", title="Gone")
    return recorded_set(str(path), played(song(1), title="Title 1"), played(song(2), title="Title 2"), gone)


@pytest.mark.world
def test_tracklist_has_tracks_times_and_joints_of_the_set(library: Library, made: Unmixed) -> None:
    content = library.sets.tracklist(made, began=BEGAN)
    assert [track.title() for track in content.tracks] == ["Title 1", "Title 2", "Gone", "Title 1"]
    times = [utc_text((BEGAN + timedelta(seconds=at)).astimezone(UTC)) for at in (0, 4, 13, 16)]
    assert [pick.played_at for pick in content.picks] == times
    plan = content.picks[1].plan
    # The first is left from 14 s on, two seconds before it ends; the second is entered at 2 s and plays 5 % faster.
    assert (plan.leave.at_s, plan.leave.until_s) == pytest.approx((14.0, 16.0))
    assert (plan.enter.at_s, plan.enter.until_s) == pytest.approx((2.0, 4.1))
    assert (plan.lasts_s, plan.speed, plan.bars) == (pytest.approx(2.0), 1.05, 1)
    # What comes behind something unknown follows nothing, and a cut has no plan.
    assert [pick.transition is None for pick in content.picks] == [True, False, True, False]
    assert [pick.plan is None for pick in content.picks] == [True, False, True, True]
    assert [pick.played_at for pick in library.sets.tracklist(made).picks] == [None] * 4


def test_saved_set_becomes_a_history_and_its_plays_count_once(library: Library, made: Unmixed) -> None:
    assert library.sets.began(made) == BEGAN
    assert [library.sets.keep(made) for _ in range(2)] == [3, 0]
    library.sets.save(made, "Friday", began=BEGAN)
    plays = library.plays.page().plays
    assert [(play.source, play.heard_s, play.is_skip) for play in plays] == [
        ("unmix", 4, False), ("unmix", 6, False), ("unmix", 6, False)
    ]  # fmt: skip
    [stored] = library._store.part(SqlPlaylists).all("Friday")
    assert (stored.is_history, stored.tracks, stored.present) == (True, 4, 3)
    mixes = library.plays.mixes()
    assert (mixes.sets, mixes.steps, mixes.tracks) == (1, 3, 2)
    assert [mixes.mixes_s, mixes.leaves_s, mixes.enters_s] != [None, None, None]
    assert (mixes.enters_s.known, mixes.enters_s.median) == (1, pytest.approx(2.0))
    with pytest.raises(UsageError, match="Friday"):
        library.sets.save(made, "Friday")
    library.sets.save(made, "Friday", force=True)


def test_undo_of_a_stored_set_deletes_its_plays_and_its_new_list(library: Library, made: Unmixed) -> None:
    later = BEGAN + timedelta(days=1)
    library.sets.save(made, "Friday", began=BEGAN)
    assert [library.sets.keep(made, began) for began in (BEGAN, later)] == [3, 3]
    library.sets.save(made, "Friday", began=later, force=True)  # undone by the versions of the list
    track = library.tracks.at([song(2)])[0][0]
    assert not library.plays.add(track, at=BEGAN + timedelta(seconds=5))
    steps = {step.what: int(step.name) for step in library.undo_steps("unmix").steps}
    assert list(steps) == ["Friday night.mp3: 3 plays", "Friday night.mp3: 3 plays and the list 'Friday'"]
    first = library.sets.step_of(made, BEGAN)
    assert first == steps["Friday night.mp3: 3 plays and the list 'Friday'"]
    undone = library.sets.undo(first)
    assert (undone.plays, undone.began, undone.step) == (2, utc_text(BEGAN), first)
    assert [stored.name for stored in library.lists.deleted()] == ["Friday"]
    assert sorted(play.at for play in library.plays.page().plays)[0] == utc_text(BEGAN + timedelta(seconds=4))
    with pytest.raises(NothingFoundError, match="no step"):
        library.sets.undo(first)
    assert library.sets.undo(steps["Friday night.mp3: 3 plays"]).list is None
    assert (len(library.plays.page().plays), library.undo_steps("unmix").steps) == (1, ())


@pytest.mark.world
def test_suffix_decides_the_form_and_no_file_is_replaced(library: Library, made: Unmixed, tmp_path: Path) -> None:
    for suffix in ("cue", "m3u8", "html"):
        library.sets.write(made, tmp_path / f"set.{suffix}")
    assert 'FILE "Friday night.mp3" MP3' in (tmp_path / "set.cue").read_text()
    assert (tmp_path / "set.m3u8").read_text().count("/music/1.mp3") == 2
    page = (tmp_path / "set.html").read_text()
    assert "<h1" in page
    assert "Friday night" in page
    address = f"file://{str(tmp_path).replace(' ', '%20')}/Friday%20night.mp3"
    assert [f'<a href="{address}#t={at_s}">' in page for at_s in ("0.5", "4.5", "10.0")] == [True] * 3
    assert '<a href="file:///music/2.mp3">' in page
    assert page.count("Unknown") >= 2
    assert re.findall(r"\d:\d\d\?<", page) == ["0:04?<"]  # a start that is not sure
    assert "faded into the next in 2 s, bars on bars" in page
    assert "<svg" in page
    mine = tmp_path / "mine.cue"
    mine.write_text("mine")
    with pytest.raises(OutputFileError, match="exists, and was not written from this library"):
        library.sets.write(made, mine)
    with pytest.raises(UsageError, match=r"end it in \.cue, \.html, \.m3u8.* or \.nsp$"):
        library.sets.check_write(tmp_path / "set.xyz")
    assert mine.read_text() == "mine"


@pytest.mark.world
def test_copy_has_chapters_and_the_recording_is_unchanged(library: Library, made: Unmixed, tmp_path: Path) -> None:
    before = Path(made.path).read_bytes()
    library.sets.write_chapters(made, tmp_path / "copy.mp3")
    assert len(ID3(tmp_path / "copy.mp3").getall("CHAP")) == 5  # type: ignore[no-untyped-call]
    for target, why in (("copy.m4a", r"must end with \.mp3"), ("Friday night.mp3", "can't replace the recording")):
        with pytest.raises(UsageError, match=why):
            library.sets.write_chapters(made, tmp_path / target)
    theirs = make(tmp_path / "theirs.mp3", noise(0.5))
    with pytest.raises(OutputFileError, match="was not written from this library"):
        library.sets.write_chapters(made, theirs)
    assert Path(made.path).read_bytes() == before


@pytest.mark.world
def test_impossible_sets_are_refused(library: Library, made: Unmixed) -> None:
    with pytest.raises(UsageError, match="can't have begun at"):
        library.sets.keep(made, datetime.now(UTC) + timedelta(days=1))
    nothing = Unmixed(path=made.path, duration_s=LENGTH_S, tracks=made.tracks[2:3])
    with pytest.raises(NothingFoundError, match="no track of the library was detected"):
        library.sets.save(nothing, "Empty")
    assert library.sets.keep(nothing) == 0
    os.unlink(made.path)
    with pytest.raises(Map4Error, match="does not exist"):
        library.sets.began(made)


@pytest.mark.world
def test_read_only_library_refuses_plays_and_lists_before_the_work(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("map4.core.store.file.database.LibraryFile.is_writable", lambda path: False)
    with Library.open(tmp_path / "library.map4") as read_only:
        for check in (read_only.sets.check_keep, lambda: read_only.lists.check_save("New")):
            with pytest.raises(LibraryWriteError, match="is read-only; make it writable"):
                check()
