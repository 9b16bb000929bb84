"""Tracks with beats, bars and phrases that are known exactly, to plan mixes of."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from made_library import database_of, put

from map4.core.music.analysis.analysis import Analysis, Grid, KeyEstimate, Tempo
from map4.core.music.analysis.inside import Bars, DetectedCue, DrumPattern, Metre, Phrase, Role, Structure
from map4.core.music.analysis.key import Key
from map4.core.music.mixing.mix_plan import Against, MixPlace, MixPlan
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.core.store.tracks import SqlTracks

PLAN = MixPlan(
    leave=MixPlace(at_s=224.1, until_s=239.338, beat=449, bar=113, why="outro"),
    enter=MixPlace(at_s=15.2, until_s=30.682, beat=33, bar=9, why="mix in"),
    beats=32,
    bars=8,
    bpm=126.0,
    speed=1.016,
    folded=None,
    bass_swap_beat=16,
    bass_swap_at_s=231.719,
    confidence=0.87,
    against=(Against(kind="keys", text="keys clash, 8A and 2B"),),
    unchecked=("vocals",),
)


def mixable_track(
    name: str = "a.wav",
    bpm: float = 120.0,
    *,
    first_beat_s: float = 0.25,
    beats: int = 256,
    first_bar: int | None = 0,
    metre: int = 4,
    key: str | None = "8A",
    phrases: Sequence[tuple[int, Role | None]] = (),
    detected_cues: Sequence[DetectedCue] = (),
    cues: Sequence[CuePoint] = (),
    grid: Sequence[GridMark] = (),
    drums: DrumPattern | None = None,
    times_s: Sequence[float] | None = None,
    user_bpm: float | None = None,
    sure: float = 0.95,
) -> Track:
    """A track of steady beats.

    Parameters
    ----------
    beats : how many; the last sound is one beat behind the last
    first_bar : how many beats come before bar one; None where bar one is not known
    phrases : bars (from 0) at which phrases begin, with their roles
    cues, grid : imported
    times_s : of the beats, where they are not steady
    """
    period_s = 60.0 / bpm
    at = [first_beat_s + period_s * beat for beat in range(beats)] if times_s is None else list(times_s)
    end_s = at[-1] + period_s
    ones = [] if first_bar is None else at[first_bar::metre]
    starts = [(ones[bar], role) for bar, role in phrases]
    ends = ([start for start, _ in starts[1:]] + [end_s]) if starts else []
    structure = tuple(
        Phrase(start_s=start, end_s=end, bars=8, group="A", role=role, energy=0.5, confidence=0.9)
        for (start, role), end in zip(starts, ends, strict=True)
    )
    analysis = Analysis(
        duration_s=end_s + 0.5,
        cue_in_s=at[0],
        cue_out_s=end_s,
        tempo=Tempo(bpm=bpm, confidence=sure),
        grid=Grid(first_beat_s=first_beat_s, bpm=bpm) if times_s is None else None,
        key=None if key is None else KeyEstimate(key=Key.parse(key), confidence=0.9),
        energy=0.5,
        beats_s=tuple(at),
        bars=None
        if first_bar is None
        else Bars(downbeats_s=tuple(ones), confidence=sure, metre=Metre(beats_per_bar=metre, confidence=sure)),
        structure=Structure(phrases=structure, confidence=0.9) if structure else None,
        detected_cues=tuple(detected_cues),
        drums=drums,
    )
    imported = ImportedValues(cues=tuple(cues), grid=tuple(grid)) if cues or grid else None
    return Track(
        path=f"/music/{name}",
        state="ok",
        audio_id=f"a2-{name}",
        analysis=analysis,
        tags=Tags(artist="Ann", title=name),
        imported=imported,
        user=UserValues(bpm=user_bpm),
    )


def without_beats(track: Track) -> Track:
    """The same as if no beat had been found."""
    return replace(track, analysis=replace(track.analysis, beats_s=(), tempo=None, grid=None, bars=None))


MIXABLE = 12


def make_mixable_library(path: Path, tracks: int = MIXABLE) -> Path:
    """A library of so many tracks from 120 BPM on that mix well; of the last four bar one is not known."""
    with database_of(path) as database:
        store = SqlTracks(database)
        for number in range(tracks):
            known = number < tracks - 4
            form: tuple[tuple[int, Role | None], ...] = ((0, "intro"), (8, "drop"), (48, "outro")) if known else ()
            bpm = 120.0 + number / 12.0
            track = mixable_track(bpm=bpm, first_bar=0 if known else None, phrases=form)
            assert track.analysis is not None
            tags = Tags(artist=f"Artist {number}", title=f"Title {number}")
            put(store, number, track.analysis.as_stored(), tags=tags)
    return path
