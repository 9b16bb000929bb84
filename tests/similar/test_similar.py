"""Nearest tracks of a library, from the façade down to the file."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import write_clicks
from copied import copied
from libraries import execute
from made_library import KINDS, TRACKS, analysis_of, mark_missing, path_of, put, put_tracks

from map4 import Library
from map4.core.music.analysis.analysis import Analysis
from map4.core.music.analysis.inside import SoundVector
from map4.core.music.analysis.key import Key
from map4.core.music.query.context import Preferences
from map4.core.music.track.tags import Tags
from map4.errors import LibraryDamagedError, NothingFoundError, UsageError
from map4.scan.workers.lanes import inline_lanes


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return make_tracks(tmp_path / "library.map4")


@copied
def make_tracks(path: Path) -> None:
    put_tracks(path, range(TRACKS))


@pytest.fixture
def library(library_path: Path) -> Iterator[Library]:
    with Library.open(library_path, lanes=inline_lanes) as library:
        yield library


def numbers(found: object) -> list[int]:
    return [int(Path(neighbour.track.path).stem) for neighbour in found.similar]  # type: ignore[attr-defined]


@pytest.mark.parametrize("by", ["sound", "hamms"])
def test_nearest_tracks_are_of_the_same_cluster(library: Library, by: str) -> None:
    found = library.similar(path_of(4), n=9, by=by)  # type: ignore[arg-type]
    assert {number % KINDS for number in numbers(found)} == {1}
    assert 4 not in numbers(found)
    similarities = [neighbour.similarity for neighbour in found.similar]
    assert similarities == sorted(similarities, reverse=True)
    assert all(-1.0 <= similarity <= 1.0 for similarity in similarities)
    assert (found.compared, found.left_out, found.by) == (TRACKS, 0, by)


def test_every_kind_of_wanted_tracks_has_its_share_of_the_results(library: Library) -> None:
    kinds = [number % KINDS for number in numbers(library.similar([path_of(n) for n in range(KINDS)], n=2 * KINDS))]
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(range(KINDS), 2)
    several = [path_of(n) for n in (0, KINDS, 2 * KINDS, 1)]  # three of a kind, one of another
    kinds = [number % KINDS for number in numbers(library.similar(several, n=4))]
    assert (kinds.count(0), kinds.count(1)) == (3, 1)


@pytest.mark.parametrize("by", ["sound", "hamms"])
def test_tracks_like_less_are_left_out(library: Library, by: str) -> None:
    alike, unlike = path_of(4), path_of(5)
    both = library.similar([alike, unlike], n=8, by=by)  # type: ignore[arg-type]
    found = library.similar([alike, unlike], n=8, by=by, less=path_of(5 + KINDS))  # type: ignore[arg-type]
    assert 5 % KINDS in {number % KINDS for number in numbers(both)}
    assert {number % KINDS for number in numbers(found)} == {4 % KINDS}
    assert not {4, 5, 5 + KINDS} & {*numbers(found)}
    record = found.to_record()
    assert [track["path"] for track in record["less"]] == [path_of(5 + KINDS)]
    assert all(-1.0 <= neighbour.similarity <= 1.0 for neighbour in found.similar)


def test_why_names_what_is_alike_with_the_nearest_wanted_track(library: Library) -> None:
    of, timbre = analysis_of, sum(group.size for group in SoundVector.GROUPS if group.aspect == "timbre")
    first, other = (of(number).sound or () for number in (0, 1))
    put(library, 40, replace(of(4), sound=(*first[:timbre], *other[timbre:])))
    put(library, 41, replace(of(7), sound=None, hamms=None, tempo=None, key=None, energy=None))
    near = {Path(each.found.track.path).stem: each.why for each in library.similar(path_of(0), n=50).ranked}
    mixed, same = near["40"], near["03"]
    assert (mixed.timbre or 0.0) > 0.9
    assert (mixed.harmony or 1.0) < 0.2
    assert (mixed.tempo, mixed.key, mixed.energy) == (0.75, 0.2, 1.0)  # 100 and 104 BPM, 1A and 5A
    assert (mixed.words, same.words) == (
        "alike: timbre, tempo, energy",
        "alike: timbre, rhythm, harmony, tempo, energy",
    )
    two = library.similar([path_of(1), path_of(0)], n=50).ranked  # each beside the one that it sounds like
    assert {Path(each.found.track.path).stem: each.why for each in two}["03"] == same
    unknown = next(
        each.why for each in library.similar(path_of(0), n=50, by="mix").ranked if "41" in each.found.track.path
    )
    assert (*unknown.to_record().values(), unknown.words) == (*[None] * 6, "")


def test_results_follow_sound_tempo_key_and_query(library: Library) -> None:
    found = library.similar(path_of(12), n=29, by="mix")
    best = found.similar[0].track
    assert best.bpm() == pytest.approx(112.0, abs=7.0)
    assert best.key() in {Key.parse(text) for text in ("12A", "1A", "2A")}
    by_value: dict[float, list[int]] = {}
    for neighbour, number in zip(found.similar, numbers(found), strict=True):
        by_value.setdefault(neighbour.similarity, []).append(number)
    sound_rank = {number: rank for rank, number in enumerate(numbers(library.similar(path_of(12), n=29)))}
    assert max(map(len, by_value.values())) > 3
    for tied in by_value.values():
        assert tied == sorted(tied, key=sound_rank.__getitem__)
    found = library.similar([path_of(0), path_of(1)], n=20)
    assert {number % KINDS for number in numbers(found)[:14]} == {0, 1}
    assert not {0, 1} & set(numbers(found))
    assert [Path(track.path).stem for track in found.wanted] == ["00", "01"]
    assert sorted(numbers(library.similar(path_of(0), tempo_min=105, tempo_max=108))) == [5, 6, 7, 8]
    assert sorted(numbers(library.similar(path_of(0), tempo_max=102))) == [1, 2]
    assert sorted(numbers(library.similar(path_of(0), keys=["2A", Key.parse("3A")]))) == [1, 2, 13, 14, 25, 26]
    assert numbers(library.similar(path_of(0), keys=["2A"], tempo_min=120)) == [25]
    paths = [path_of(3), path_of(20)]
    found = library.similar(path_of(0), query=" or ".join(f'path:"{path}"' for path in paths))
    assert numbers(found) == [3, 20]
    assert not library.similar(path_of(0), query="artist:nobody").similar


def test_tempo_set_by_the_user_is_compared(library: Library) -> None:
    track = library.track(path_of(9))
    assert track is not None
    library.set([track], bpm=60.0, key="5B")
    assert numbers(library.similar(path_of(0), tempo_max=70)) == [9]
    assert numbers(library.similar(path_of(0), keys=["5B"])) == [9]
    assert 9 not in numbers(library.similar(path_of(0), keys=["10A"]))


def test_preferred_and_readable_tag_is_compared(library: Library) -> None:
    put(library, 40, analysis_of(7), tags=Tags(bpm=64.0, key="Am"))
    put(library, 41, analysis_of(7), tags=Tags(key="no key"))
    assert numbers(library.similar(path_of(0), tempo_max=70)) == []
    with Library.open(library.path) as other:
        other.set_preferences(Preferences(sources=("tag", "measured")))
    assert numbers(library.similar(path_of(0), tempo_max=70)) == [40]
    assert sorted(numbers(library.similar(path_of(0), keys=["8A"]))) == [7, 19, 40, 41]


def test_new_tracks_are_compared_at_once(library: Library, library_path: Path) -> None:
    before = numbers(library.similar(path_of(0), n=3))
    put(library_path, 50, analysis_of(0))
    assert numbers(library.similar(path_of(0), n=3)) == [50, *before[:2]]


def test_copy_is_marked_and_equal_audio_appears_once(library: Library) -> None:
    put(library, 60, analysis_of(0))  # another file with other bytes, and the same fingerprint
    put(library, 61, analysis_of(3))
    put(library, 61, analysis_of(3), name="/music/61 again.mp3")
    put(library, 0, analysis_of(0), name="/music/00 again.mp3")
    found = library.similar(path_of(0), n=40)
    marks = {Path(neighbour.track.path).stem: neighbour.same_recording for neighbour in found.similar}
    assert marks["60"] is True
    assert marks["03"] is False
    assert "61" in marks
    assert not {"61 again", "00", "00 again"} & set(marks)


def test_same_recording_is_unknown_without_a_fingerprint(library: Library) -> None:
    bare = Analysis(duration_s=10.0, sound=analysis_of(0).sound).as_stored()
    put(library, 70, bare)
    first = library.similar(path_of(0), n=1).similar[0]
    assert (first.track.path, first.same_recording) == (path_of(70), None)


def test_matching_file_of_a_recording_is_shown(library: Library) -> None:
    put(library, 3, analysis_of(3), name="/other/03.mp3", tags=Tags(title="Other"))
    (first,) = library.similar(path_of(0), query="title:other").similar
    assert first.track.path == "/other/03.mp3"
    assert library.similar(path_of(0), n=30, query="title:track").compared == TRACKS
    assert 3 in numbers(library.similar(path_of(0), n=30, query="title:track"))
    assert library.similar(path_of(0), query="title:nothing").similar == ()


def test_missing_files_are_not_results_but_can_be_queried(library: Library) -> None:
    mark_missing(library, path_of(3))
    found = library.similar(path_of(0), n=40)
    assert 3 not in numbers(found)
    assert found.compared == TRACKS - 1
    assert {number % KINDS for number in numbers(library.similar(path_of(3), n=9))} == {0}


def test_file_outside_the_library_is_analysed_but_not_stored(library: Library, tmp_path: Path) -> None:
    clicks = write_clicks(tmp_path / "new.wav", seconds=5.0)
    found = library.similar(clicks, n=5)
    assert len(found.similar) == 5
    assert library.track(clicks) is None


def test_tracks_without_a_vector_are_reported(library: Library, tmp_path: Path) -> None:
    put(library, 80, Analysis(duration_s=2.0).as_stored())
    assert (library.similar(path_of(0)).compared, library.similar(path_of(0)).left_out) == (TRACKS, 1)
    short = write_clicks(tmp_path / "short.wav", seconds=2.0)
    with pytest.raises(NothingFoundError, match=r"short\.wav has no sound vector: it is silent or shorter than 3 s"):
        library.similar(short)
    found = library.similar([path_of(0), short])
    assert [track.path for track in found.unusable] == [str(short)]
    with pytest.raises(NothingFoundError, match="has no HAMMS numbers"):
        library.similar(path_of(80), by="hamms")
    assert library.similar(path_of(80), by="mix").similar


@pytest.mark.parametrize(
    ("by", "damage", "message"),
    [
        ("sound", "sounds SET data = x'0102'", "wrong size"),
        ("sound", f"sounds SET data = x'{'007c' * 128}'", "not finite"),
        ("sound", f"sounds SET data = x'{'ffff' * 128}'", "not finite"),
        ("hamms", "analyses SET core = json_set(core, '$.hamms.vector', json('[1, 2]'))", "HAMMS"),
    ],
)
def test_damaged_vector_is_reported(library: Library, by: str, damage: str, message: str) -> None:
    execute(library.path, f"UPDATE {damage} WHERE id = 5")
    with pytest.raises(LibraryDamagedError, match=message):
        library.similar(path_of(0), by=by)  # type: ignore[arg-type]


def test_a_small_library_is_compared_by_hamms(tmp_path: Path) -> None:
    with Library.open(tmp_path / "small.map4", lanes=inline_lanes) as library:
        put(library, 0, analysis_of(0))
        with pytest.raises(NothingFoundError, match=r"no other track to compare with; 'map4 scan FOLDER' adds some"):
            library.similar(path_of(0))
        put_tracks(library, range(1, 7))
        put(library, 9, Analysis(duration_s=2.0).as_stored())
        found = library.similar(path_of(0))
        assert (found.by, found.too_few_sounds, found.compared, found.left_out) == ("hamms", 7, 7, 1)
        assert {number % KINDS for number in numbers(found)[:2]} == {0}
        assert numbers(found) == numbers(library.similar(path_of(0), by="hamms"))
        put(library, 7, analysis_of(7))
        found = library.similar(path_of(0))
        assert (found.by, found.too_few_sounds) == ("sound", None)
        assert len(library.similar(path_of(0), by="mix").similar) == 8


def test_invalid_options_are_refused(library: Library, tmp_path: Path) -> None:
    for files, keys, error, why in (
        (path_of(0), ["H flat"], UsageError, "'H flat' is not a key"),
        ([], [], UsageError, "name a file"),
        (tmp_path, [], NothingFoundError, "no audio files found there"),
    ):
        with pytest.raises(error, match=why):
            library.similar(files, keys=keys)


def test_track_report_lists_the_tracks_found_by_similar(library: Library, tmp_path: Path) -> None:
    library.export(tmp_path / "one.html", files=[path_of(4)])
    page = (tmp_path / "one.html").read_text(encoding="utf-8")
    for title, by in (("Sounds most like it", "sound"), ("Mixes best with it", "mix")):
        part = page.split(f">{title}</h3>")[1].split("</table>")[0]
        names = [neighbour.track.caption() for neighbour in library.similar(path_of(4), n=6, by=by).similar]  # type: ignore[arg-type]
        assert re.findall(r'<td class="noted"><span dir="auto">([^<]+)</span></td>', part) == names


def test_sound_steps_agree_with_similar(library: Library) -> None:
    tracks = [track for number in (4, 7, 8) if (track := library.track(path_of(number), sound=True))]
    steps = library.tracks.sound_steps(tracks)
    for before, after, step in zip((4, 7), (7, 8), steps, strict=True):
        found = library.similar(path_of(before), n=TRACKS)
        of_all = dict(zip(numbers(found), found.similar, strict=True))
        assert step == pytest.approx(of_all[after].similarity, abs=1e-3)
    assert library.tracks.sound_steps([]) == []
    mute = library.track(path_of(4))
    assert mute is not None
    with pytest.raises(NothingFoundError, match="has no sound vector"):
        library.tracks.sound_steps([mute])


def test_versions_and_copies_are_folded_but_not_the_copy_of_the_file(library: Library) -> None:
    def put_song(number: int, like: int, title: str) -> None:
        put(library, number, analysis_of(like), tags=Tags(artist="Ann", title=title))

    put_song(60, 0, "Sky")
    for number, (like, title) in enumerate(
        ((12, "Sky (Live)"), (3, "Rain"), (6, "Rain - 2019 Remaster"), (9, "Rain (Demo)")), 61
    ):
        put_song(number, like, title)
    put_song(70, 0, "Sky")  # another encoding
    found = library.similar(path_of(60), n=40)
    assert {60, 61} & {*numbers(found)} == set()
    assert len({62, 63, 64} & {*numbers(found)}) == 1
    assert [
        int(Path(each.track.path).stem) for each in found.similar if each.same_recording and each.track.artist()
    ] == [70]
    assert found.folded == 3
    assert numbers(library.similar(path_of(60), n=5)) == numbers(found)[:5]
    every = library.similar(path_of(60), n=40, query="is:version")
    assert ({*numbers(every)}, every.folded) == ({61, 62, 63, 64, 70}, 0)
    library.set([path_of(64)], title="Hail")
    assert 64 in numbers(library.similar(path_of(60), n=40))
