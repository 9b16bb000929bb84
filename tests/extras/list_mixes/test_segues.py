"""A piece cut into tracks of an album: stored by a scan, rated, mixed and rendered as one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile as sf
from libraries import execute
from signals import cadence, drum_loop, mix

from map4 import Library
from map4.extras.list_mixes.part import ListMixes
from map4.extras.list_mixes.views import set_lines
from map4.lists.views.list_check import check_lines
from map4.scan.workers.lanes import inline_lanes

write_audio = pytest.importorskip("map4.extras.demo.music").write_audio

CUTS_S = (0.0, 5.37, 10.11, 16.0)
Tracks = dict[str, str]


def piece(rate_hz: int) -> np.ndarray:
    """Drums and chords whose level changes from track to track."""
    y = 0.4 * mix(drum_loop(118, 16.0, rate_hz=rate_hz), cadence(3, "minor", 16.0, rate_hz=rate_hz))
    return np.stack([y, y], axis=1) * np.interp(np.arange(len(y)), [0, len(y)], [0.4, 1.0])[:, None].astype(np.float32)


def tag(path: Path, number: int, album: str = "Pier 9") -> None:
    file = mutagen.File(path, easy=True)
    file.update({"title": f"Part {number}", "artist": "Anna", "album": album, "tracknumber": str(number)})
    file.save()


def make_album(folder: Path, suffix: str, rate_hz: int) -> np.ndarray:
    whole = piece(rate_hz)
    for number in (1, 2, 3):
        begin, end = (round(at_s * rate_hz) for at_s in CUTS_S[number - 1 : number + 1])
        path = folder / f"{number}{suffix}"
        write_audio(str(path), whole[begin:end], rate_hz)
        tag(path, number)
    return whole


@contextmanager
def scanned(folder: Path) -> Iterator[Library]:
    with Library.open(folder / "library.map4", lanes=inline_lanes) as library:
        library.scan([folder])
        yield library


def rendered(library: Library, folder: Path) -> np.ndarray:
    mixes = library.part(ListMixes)
    plan = mixes.plan(mixes.tracks("sort:track"))
    assert [joint.kind for joint in plan.joints] == ["segue", "segue"]
    assert {speed.speed for track in plan.tracks for speed in track.speeds} == {1.0}
    (gain_db,) = {track.gain_db for track in plan.tracks}
    mixes.write(plan, folder / "mix.wav")
    y, _ = sf.read(folder / "mix.wav", dtype="float32")
    return np.asarray(y) / np.float32(10.0 ** (gain_db / 20.0))


def test_rendered_flac_tracks_equal_the_uncut_piece(tmp_path: Path) -> None:
    whole = make_album(tmp_path, ".flac", 44100)
    with scanned(tmp_path) as library:
        assert [track.title() for track in library.search("is:segue sort:track")] == ["Part 1", "Part 2", "Part 3"]
        mix = rendered(library, tmp_path)
    end = min(len(mix), len(whole))
    assert len(whole) - end < 44100
    assert np.abs(mix[:end] - whole[:end]).max() < 1.0 / 2**15


@pytest.mark.parametrize(("suffix", "rate_hz"), [(".mp3", 44100), (".m4a", 44100), (".opus", 48000)])
def test_rendered_lossy_tracks_keep_time_and_level_at_each_border(suffix: str, rate_hz: int, tmp_path: Path) -> None:
    make_album(tmp_path, suffix, rate_hz)
    whole = piece(44100)[:, 0]
    with scanned(tmp_path) as library:
        mix = rendered(library, tmp_path)[:, 0]
    for cut_s in CUTS_S[1:3]:
        here = slice(round((cut_s - 0.1) * 44100), round((cut_s + 0.1) * 44100))
        shifts = range(-88, 89)
        likeness = [float(np.dot(mix[here.start + shift : here.stop + shift], whole[here])) for shift in shifts]
        assert abs(shifts[int(np.argmax(likeness))]) <= 44
        for part in (slice(here.start, here.start + 4410), slice(here.start + 4410, here.stop)):
            level_db = 10.0 * np.log10(np.mean(mix[part] ** 2) / np.mean(whole[part] ** 2))
            assert abs(level_db) <= 1.0


def test_lists_and_mixes_compare_few_unknown_neighbours_and_name_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_album(tmp_path, ".flac", 44100)
    with scanned(tmp_path) as library:
        tracks, lists, mixes = [*library.search("sort:track")], library.lists, library.part(ListMixes)
        lists.save("Pier", lists.in_order(None, tracks))
        execute(library.path, "DELETE FROM segues")
        for most, kinds in ((2, ["segue", "segue"]), (1, ["segue"])):
            monkeypatch.setattr("map4.transitions.planning.segues.MOST_COMPARED", most)
            check, plan = lists.check("Pier"), mixes.plan("Pier")
            ordered, planned = lists.order("Pier"), lists.order("Pier", shuffle="1", plan=True)
            assert [kind for step in check.steps if (kind := kind_of(step.joint)) == "segue"] == kinds
            assert [joint.kind for joint in plan.joints if joint.kind == "segue"] == kinds
            all_notes = {check.notes, plan.notes, ordered.notes, planned.notes}
            assert len(all_notes) == 1
        [[note]] = all_notes
        assert note == "1 more pair of neighbours may be segues; a new analysis compares them"
        assert f"segues   {note}" in check_lines(check, width=80, notation="camelot", command=str)
        assert (set_lines(plan)[-1], check.to_record()["notes"], check.words()[-1]) == (note, [note], note)


def kind_of(plan: object) -> object:
    return getattr(plan, "kind", None)


def test_lists_and_checks_name_segues_and_retagged_tracks_are_none(tmp_path: Path) -> None:
    whole = make_album(tmp_path, ".flac", 44100)
    with scanned(tmp_path) as library:
        tracks = [tmp_path / f"{number}.flac" for number in (1, 2, 3)]
        album = [*library.search("sort:track")]
        library.lists.save("Pier", library.lists.in_order(None, album))
        steps = library.lists.check("Pier").steps
        assert [(kind_of(step.joint), step.rating, step.words) for step in steps] == [("segue", "excellent", ())] * 2
        rendered = tmp_path / "joint.wav"
        assert kind_of(library.mix(tracks[0], tracks[1], render=rendered).plan) == "segue"
        joint = sf.read(rendered)[0]
        assert np.abs(joint - whole[: len(joint)]).max() < 1.0 / 2**15
        assert kind_of(library.mix(tracks[1], tracks[0]).plan) != "segue"
        library.lists.save("Mixed", library.lists.in_order(None, [album[place] for place in (2, 0, 1)]))
        for shuffle in (None, "1", "2"):
            ordered = library.lists.order("Mixed", shuffle=shuffle).content.tracks
            assert [track.title() for track in ordered] == ["Part 1", "Part 2", "Part 3"]
        tag(tracks[1], 5)
        library.scan([tmp_path])
        assert kind_of(library.mix(tracks[0], tracks[1]).plan) != "segue"
        tag(tracks[2], 6)  # new neighbours, which no scan compared, are compared in memory
        library.scan([tmp_path])
        assert kind_of(library.mix(tracks[1], tracks[2]).plan) == "segue"
