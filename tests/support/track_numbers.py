"""What the numbers of a table's columns are, from a whole track."""

from __future__ import annotations

from dataclasses import replace

from map4.core.music.analysis.analysis import ANALYSIS_VERSION, DOUBTFUL, Analysis
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.inside import DetectedCue
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.analysis.plausible import CLIPPED_PER_MINUTE
from map4.core.music.query.fields import FIELDS as QUERY_FIELDS
from map4.core.music.track.fields import FIELDS
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.wording import TrackWords
from map4.search.tables.table_rows import moment_of

_HAMMS_FROM = 3  # danceability, valence, acousticness and instrumentalness follow tempo, key and energy
_NUMBER_OF_KEY = {key: number for number, key in enumerate(ALL_KEYS)}


def numbers_of(track: Track) -> dict[str, float | None]:
    """A track's numbers on a page, by column; None if unknown."""
    analysis, key, format_, imported = track.measured(), track.key(), track.format, track.imported
    bits_per_s = track.bit_rate_bps()
    numbers: dict[str, float | None] = {
        **{field.query_name: track.value(field.name) for field in FIELDS.values() if field.kind in ("whole", "stars")},
        # As in searches, also for failed files; the page hides it.
        "bpm": track.bpm(),
        "key": None if key is None else _NUMBER_OF_KEY[key],
        "energy": TrackWords(track).energy,
        "level": None if TrackWords(track).energy is None else track.energy_level(),
        "track": track.track_number(),
        "plays": track.play_count(),
        "skipped": track.skip_count(),
        "cues": len(imported.cues) or None if imported else None,
        "size": track.size_bytes / 1e6 if track.size_bytes is not None else None,
        "bitrate": bits_per_s / 1000.0 if bits_per_s else None,
        "added": moment_of(track.value("date_added") or track.added_at),
        "samplerate": format_.sample_rate_hz if format_ else None,
        "bits": format_.bits if format_ else None,
        "channels": format_.channels if format_ else None,
    }
    if analysis is not None:
        numbers |= _measured(track, analysis)
    numbers["is"] = _marks(track, analysis, numbers)
    return numbers


def _measured(track: Track, analysis: Analysis) -> dict[str, float | None]:
    vector = analysis.hamms.vector[_HAMMS_FROM:] if analysis.hamms else (None,) * 4
    kinds = {cue.kind for cue in analysis.detected_cues}
    tempo = analysis.tempo if track.bpm_source() == "measured" else None
    key = analysis.key if track.key_source() == "measured" else None
    return {
        "duration": analysis.duration_s,
        "loudness": analysis.loudness.integrated_lufs,
        "peak": analysis.loudness.true_peak_dbtp,
        **{name: _at(analysis, field.measured) for name, field in QUERY_FIELDS.items() if field.measured},
        "tempo-confidence": tempo.confidence if tempo else None,
        "key-confidence": key.confidence if key else None,
        "metre": analysis.bars.metre.beats_per_bar if analysis.bars else None,
        "phrases": len(analysis.structure.phrases) if analysis.structure else None,
        "places": sum(1 << bit for bit, kind in enumerate(DetectedCue.KINDS) if kind in kinds),
        **dict(zip(("danceability", "valence", "acousticness", "instrumentalness"), vector, strict=False)),
    }


def _at(analysis: Analysis, place: str) -> float | None:
    part, name = place.split(".")
    return None if getattr(analysis, part) is None else getattr(getattr(analysis, part), name)


def _marks(track: Track, analysis: Analysis | None, numbers: dict[str, float | None]) -> int:
    tempo, key = numbers.get("tempo-confidence"), numbers.get("key-confidence")
    clipped = analysis.loudness.clipped_per_minute if analysis else None
    flags = analysis.flags if analysis else ()
    facts = (
        tempo is not None and tempo < DOUBTFUL,
        key is not None and key < DOUBTFUL,
        replace(track.user, marks=None) != UserValues(),
        track.imported is not None,
        clipped is not None and clipped >= CLIPPED_PER_MINUTE,
        *(word in flags for word in ("silent", "damaged", "truncated")),
        track.format is not None and track.format.codec in AudioFormat.LOSSLESS_CODECS,
        bool(track.is_upscaled()),
        analysis is not None and analysis.version != ANALYSIS_VERSION,
    )
    return sum(1 << bit for bit, is_so in enumerate(facts) if is_so)
