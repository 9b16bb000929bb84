"""Tracks of the library as players get them."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from hashlib import blake2b
from typing import Any

from map4.core.base.text import clean
from map4.core.music.palette import Colour
from map4.core.music.plays import PlayTime
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.track import Track
from map4.core.music.track.track_cues import CueChoice, cues_to_write
from map4.extras.stick.own_list import OwnTrack
from map4.extras.stick.players import HOT_CUES, StickForm
from map4.extras.stick.records import StickPhrase, StickTrack
from map4.formats import CUE_COLORS, BeatGrid, program_offset_s, suffix_of

ANALYSES_VERSION = 1  # raised if analysis files of the same track change, so that they are written again
_TEXTS = ("artist", "album", "album_artist", "label", "composer", "remixer", "mix", "comment", "isrc")
_MOST_STARS = 5
_MP3_KBPS, _PCM_CHANNELS = 320, 2
_MOST_RATE_HZ = 48_000
_DAY = len("2026-01-31")


def stick_track(
    track: Track, number: int, name: str, analysis_path: str, form: StickForm | None, choice: CueChoice | None = None
) -> StickTrack:
    """Return a track for both databases and its analysis files, without its strip.

    name: of its music on the stick
    form: to which the music is converted
    choice: its cue points; default: imported ones
    """
    color = track.value("color")
    nearest = None if color is None else Colour.nearest_of_eight(color)
    stars, key, known, seconds = track.rating(), track.key(), track.format, track.length_s or 0.0
    assert known is not None, "only analysed tracks are written"
    codec, rate_hz, bits = known.codec, known.sample_rate_hz, known.bits or 16
    kbps, size_bytes = round((track.bit_rate_bps() or 0.0) / 1000), track.size_bytes or 0
    if form is not None:
        codec = suffix_of(name)
        rate_hz = _MOST_RATE_HZ if form == "aiff" and rate_hz % _MOST_RATE_HZ == 0 else 44_100
        bits = 24 if form == "aiff" and bits > 16 else 16
        kbps = _MP3_KBPS if form == "mp3-320" else round(rate_hz * bits * _PCM_CHANNELS / 1000)
        size_bytes = round(1000 / 8 * kbps * seconds)
    date = track.value("date_added") or track.added_at or ""
    measured = track.measured()
    structure = () if track.imported is None else track.imported.structure
    phrases = structure if measured is None or measured.structure is None else measured.structure.phrases
    texts: dict[str, Any] = {field: clean(str(track.value(field) or "")) or None for field in _TEXTS}
    stem = os.path.splitext(os.path.basename(track.shown_path))[0]
    return StickTrack(
        **texts,
        number=number,
        path=name,
        analysis_path=analysis_path,
        title=clean(track.title() or "") or stem,
        genre=clean(track.genre() or "") or None,
        key=None if key is None else key.musical.replace("♭", "b").replace("♯", "#"),
        color=0 if nearest is None else list(Colour.EIGHT).index(nearest) + 1,
        rating=0 if stars is None else min(_MOST_STARS, int(stars + 0.5)),
        plays=track.play_count() or 0,
        year=track.year() or 0,
        track_number=track.track_number() or 0,
        disc_number=track.value("disc_number") or 0,
        date_added=(PlayTime.local(date) or date)[:_DAY],
        bpm=track.bpm(),
        duration_s=seconds,
        size_bytes=size_bytes,
        sample_rate_hz=rate_hz,
        kbps=kbps,
        bits=bits,
        offset_s=program_offset_s("rekordbox", codec),
        grid=BeatGrid.in_force(track),
        cues=tuple(map(cue_for_players, chosen_cues(track, choice))),
        phrases=tuple(StickPhrase(each.start_s, each.end_s, each.group, each.role, each.energy) for each in phrases),
    )


def chosen_cues(track: Track, choice: CueChoice | None) -> tuple[CuePoint, ...]:
    """Return the cue points of a track to write; detected ones are on its grid, by which players jump."""
    if choice is None or choice == "imported":
        return track.set_cues()
    marks = BeatGrid.in_force(track)
    cues = [BeatGrid.snapped(cue, marks) for cue in track.cues()]
    return cues_to_write(cues, choice, None, CUE_COLORS)


def cue_for_players(cue: CuePoint) -> CuePoint:
    """Return a cue point; a hot cue beyond the buttons of players becomes a memory cue."""
    return replace(cue, number=None) if (cue.number or 0) >= HOT_CUES else cue


def own_track(track: StickTrack, source: tuple[str, str]) -> OwnTrack:
    """Return what map4's list has of a track, to detect changes.

    source: id of its audio, and the form to which it is converted
    """
    values = asdict(replace(track, strip=b"", row=None, number=0))
    marks = [values[name] for name in ("path", "offset_s", "duration_s")]
    marks += [values.pop(name) for name in ("grid", "cues", "phrases")]
    return OwnTrack(
        source=source,
        analysis_path=track.analysis_path,
        artwork=track.artwork,
        marks=_digest((ANALYSES_VERSION, source, marks)),
        row=_digest(values),
        rating=track.rating,
        plays=track.plays,
    )


def _digest(value: object) -> str:
    return blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
