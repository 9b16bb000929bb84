"""What a fault costs a list: tracks with one fault each are put into a list that keeps all limits (`lists.py`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from map4 import Library
from map4.lists.playlist.playlist import Playlist
from map4.music.mixing.compatibility import Compatibility, compare_mix, mix_traits
from map4.music.mixing.harmony import fits
from map4.music.track.genre import shipped_genres
from map4.music.track.track import Track

# The usual limits of a list.
STEP_PERCENT, GENRE_FLOOR = 6.0, 0.5

FAULTY_PICKS = 12
MOST_FAULTS = 4
RECORDED = ("energy_curve", "sound", "tempo_drift")


def fault_rows(library: Library, seeds: Sequence[Track]) -> dict[str, list[float | None]]:
    """The overall quality of a list with 0, 1, 2 … faults of each kind in it; None where the library has none."""
    made = (library.playlist(seed.path, n=FAULTY_PICKS) for seed in seeds)
    base = next((one for one in made if _is_faultless(one)), None)
    if base is None:  # too few tracks
        return {}
    everything = list(library.search("has:bpm has:key has:energy"))
    rows: dict[str, list[float | None]] = {}
    for name, is_faulty in FAULTS.items():
        tracks = [pick.track for pick in base.picks]
        rows[name], last = [_overall(library, tracks, {})], -1
        for place in range(1, FAULTY_PICKS - 1):
            free = [one for one in everything if one.path not in {track.path for track in tracks}]
            found = next((one for one in free if is_faulty(tracks[place - 1], one)), None)
            if found is not None and place > last + 1 and len(rows[name]) <= MOST_FAULTS:
                tracks[place], last = found, place
                rows[name].append(_overall(library, tracks, {}))
        rows[name] += [None] * (MOST_FAULTS + 1 - len(rows[name]))
    for rule in RECORDED:
        marks = [dict.fromkeys(range(1, count + 1), rule) for count in range(MOST_FAULTS + 1)]
        rows[f"relaxed: {rule}"] = [_overall(library, [pick.track for pick in base.picks], marked) for marked in marks]
    return rows


def _is_faultless(made: Playlist) -> bool:
    is_good = all(pick.transition is None or pick.transition.total >= 0.9 for pick in made.picks)
    return len(made.picks) == FAULTY_PICKS and not made.relaxed and is_good


def _overall(library: Library, tracks: Sequence[Track], relaxed: dict[int, str]) -> float | None:
    picks = [
        {
            "track": track.to_record(),
            "relaxed": [{"rule": relaxed[place], "from": None, "to": None}] if place in relaxed else [],
        }
        for place, track in enumerate(tracks)
    ]
    document = json.dumps({"schema": "map4/playlist/1", "picks": picks}).encode()
    quality = library.lists.check(library.lists.read("x.json", data=document), suggest=False).quality
    return None if quality is None else quality.overall


def _family(track: Track) -> str | None:
    return shipped_genres().track_family(track.labels.family if track.labels else None, track.tags.genre)


def _fit(a: Track, b: Track) -> float:
    return shipped_genres().fit(_family(a), _family(b)) or 0.0


def _fault(
    is_faulty: Callable[[Compatibility], bool], *, tempo: bool = True, key: bool = True, energy: bool = True
) -> Callable[[Track, Track], bool]:
    """Whether a track after another of its family has a fault, where tempo, key and energy are good if asked for."""

    def found(a: Track, b: Track) -> bool:
        step = compare_mix(mix_traits(a), mix_traits(b))
        is_good = (not tempo or step.tempo.score == 1.0) and (not energy or step.energy.score == 1.0)
        is_key = not key or fits("flexible", a.key(), b.key())
        return is_faulty(step) and is_good and is_key and step.tempo.folded is None and _fit(a, b) == 1.0

    return found


def _change(step: Compatibility) -> float:
    return abs(step.tempo.change_percent or 0.0)


def _genre(a: Track, b: Track) -> bool:
    return compare_mix(mix_traits(a), mix_traits(b)).total >= 0.9 and _fit(a, b) < GENRE_FLOOR


def _artist(a: Track, b: Track) -> bool:
    mixes = compare_mix(mix_traits(a), mix_traits(b)).rating in ("excellent", "good")
    return a.tags.artist == b.tags.artist and mixes and fits("flexible", a.key(), b.key())


FAULTS: dict[str, Callable[[Track, Track], bool]] = {
    "clash": _fault(lambda step: step.key.relation == "clash", key=False),
    "poor step": _fault(
        lambda step: step.rating == "poor" and _change(step) <= STEP_PERCENT, tempo=False, energy=False
    ),
    "tempo": _fault(lambda step: STEP_PERCENT < _change(step) <= 10.0, tempo=False),
    "energy": _fault(lambda step: step.energy.score == 0.0, energy=False),
    "genre": _genre,
    "artist": _artist,
}  # fmt: skip
"""Whether a track after another has the fault, and as little else as can be."""
