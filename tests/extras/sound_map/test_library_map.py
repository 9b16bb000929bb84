"""The map of a library: what sounds alike stands together, and stays where it is when other tracks come."""

import base64
import io
import math
import re
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from libraries import execute
from made_library import KINDS, TRACKS, analysis_of, put, put_tracks

from map4.errors import UsageError
from map4.extras.sound_map import part as own
from map4.library import Library


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "made.map4"
    with Library.open(path):
        pass
    put_tracks(path, range(TRACKS - 1))
    return path


def _placed(path: Path) -> tuple[dict[str, tuple[float, float]], own.SoundMap]:
    """Where each file stands."""
    with Library.open(path) as library:
        found = library.sound_map.places()
        names = [track.path for track in library.tracks.by_id(list(accumulate(found.rows)))]
    data = np.frombuffer(base64.b64decode(found.places), dtype=np.uint8).astype(int).reshape(-1, 3)
    x, y = data[:, 0] | (data[:, 1] & 15) << 8, data[:, 1] >> 4 | data[:, 2] << 4
    return dict(zip(names, zip(x.tolist(), y.tolist(), strict=True), strict=True)), found


def test_similar_tracks_are_together_on_the_map_of_reports(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places, found = _placed(path)
    assert (found.count, found.left_out, len(places)) == (TRACKS - 1, 0, TRACKS - 1)
    assert {value for place in places.values() for value in place} >= {0, own.SIDE}
    kinds: list[npt.NDArray[np.float64]] = [np.array(list(places.values())[kind::KINDS]) for kind in range(KINDS)]
    middles = [kind.mean(axis=0) for kind in kinds]
    for kind, own_middle in zip(kinds, middles, strict=True):
        away = [np.linalg.norm(kind - middle, axis=1) for middle in middles]
        assert np.all(np.linalg.norm(kind - own_middle, axis=1) <= np.min(away, axis=0))
    assert 0.5 < found.kept <= 1.0
    page = io.BytesIO()
    with Library.open(path) as library:
        library.export(page, to="html", template="library")
    drawn = re.findall(r"<figcaption>Map of the sound.*?</figure>", page.getvalue().decode(), re.DOTALL)
    assert [figure.count("<title>") for figure in drawn] == [TRACKS - 1]
    with Library.open(path) as library:
        own.prepare_map(library._store)
        monkeypatch.setattr(own, "_grown", lambda *_: pytest.fail("laid out again"))
        assert library.sound_map.places().count == TRACKS - 1


@pytest.mark.world
def test_new_track_is_placed_among_similar_ones_and_moves_no_other(path: Path) -> None:
    before, first = _placed(path)
    put(path, TRACKS - 1, analysis_of(TRACKS - 1))
    after, second = _placed(path)
    new = set(after) - set(before)
    assert {name: after[name] for name in before} == before
    assert (len(new), first.version == second.version) == (1, False)
    nearest = min(before, key=lambda name: math.dist(after[name], after[next(iter(new))]))
    assert int(Path(nearest).stem) % KINDS == (TRACKS - 1) % KINDS
    assert _placed(path)[1] == second


@pytest.mark.world
def test_map_is_recomputed_after_many_new_tracks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, _ = _placed(path)
    monkeypatch.setattr(own, "MOST_NEW", 0.0)
    put(path, TRACKS - 1, analysis_of(TRACKS - 1))
    after, _ = _placed(path)
    assert {name: after[name] for name in before} != before


@pytest.mark.world
def test_unchanged_sounds_are_not_computed_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, first = _placed(path)
    counted: list[int] = []

    def preserved_neighbours(directions: npt.NDArray[np.float32], *_: object) -> list[float]:
        counted.append(len(directions))
        return [0.5]

    monkeypatch.setattr(own, "preserved_neighbours", preserved_neighbours)
    assert _placed(path)[1] == first
    assert counted == []
    with Library.open(path) as library:
        library.set(list(library.search("bpm:..109")), bpm=100)
    assert _placed(path)[1] == first
    # Another analysis of the same recordings.
    execute(path, "UPDATE sounds SET data = (SELECT data FROM sounds ORDER BY id DESC LIMIT 1)")
    assert _placed(path)[1].kept == 0.5
    assert counted == [TRACKS - 1]


@pytest.mark.world
def test_colour_values_of_the_map_belong_to_their_rows(path: Path) -> None:
    with Library.open(path) as library:
        library.set(list(library.search("bpm:..109")), genre="Deep House; Dub")
        rows = list(accumulate(library.sound_map.places().rows))
        columns = library.sound_map.values(["bpm", "key", "level", "doubt", "genre", "family"])
        tracks = list(library.tracks.by_id(rows))
        with pytest.raises(UsageError, match="genre"):
            library.sound_map.values(["gnre"])
    assert columns.values["bpm"] == [round(10 * (track.bpm() or 0)) for track in tracks]
    assert columns.values["level"] == [track.energy_level() for track in tracks]
    assert columns.values["doubt"] == [0] * len(tracks)
    assert {columns.values["key"][row] for row in range(12)} == set(range(0, 24, 2))  # 1A to 12A
    named = [None if at is None else columns.texts["genre"][at] for at in columns.values["genre"]]
    assert named == ["Deep House" if (track.bpm() or 0) < 110 else None for track in tracks]
    assert {at for at in columns.values["family"] if at is not None} == {0}


def test_map_of_fewer_than_eight_sounds_is_empty(tmp_path: Path) -> None:
    with Library.open(tmp_path / "few.map4") as library:
        put(tmp_path / "few.map4", 0, analysis_of(0))
        own.prepare_map(library._store)
        found = library.sound_map.places()
        assert (found.count, found.left_out, found.rows, found.places) == (0, 1, (), "")
        assert library.sound_map.regions().regions == ()
        assert library.sound_map.values(["key", "genre", "doubt"]).values == {"key": [], "genre": [], "doubt": []}
