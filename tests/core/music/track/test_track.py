"""Records: what is stored reads back, and a track says what is known and nothing more."""

import json
import os
from dataclasses import fields, replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.core.base.paths import display_path, path_fields
from map4.core.music.analysis.analysis import (
    Analysis,
    Grid,
    Hamms,
    KeyCandidate,
    KeyEstimate,
    KeySegment,
    Loudness,
    Spectrum,
    Tempo,
    TempoCandidate,
    TempoSegment,
)
from map4.core.music.analysis.audio import AudioFormat
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import Energy
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Failure, Source, Track, UserValues
from map4.core.schemas import schema_text

FULL = Analysis(
    duration_s=244.92,
    tempo=Tempo(
        bpm=127.998, confidence=0.93, alternatives=(TempoCandidate(bpm=63.999, confidence=0.05),), stability=0.99
    ),
    grid=Grid(first_beat_s=0.231, bpm=127.998, metre=4, downbeat=1),
    key=KeyEstimate(
        key=Key.parse("8A"),
        confidence=0.81,
        runner_up=KeyCandidate(key=Key.parse("8B"), confidence=0.11),
        tuning_cents=-3.1,
    ),
    energy=0.71,
    loudness=Loudness(integrated_lufs=-8.2, range_lu=4.1, true_peak_dbtp=-0.3),
    spectrum=Spectrum(
        centroid_hz=2000.0, bandwidth_hz=1500.0, rolloff_hz=4000.0, flatness=0.1, flux=0.2, onset_rate_hz=4.0
    ),
    hamms=Hamms(vector=(0.486, 0.292, 0.71, 0.8, 0.5, 0.1, 0.9, 0.9, 0.6, 0.99, 0.3, None), confidence=0.962),
    cue_in_s=0.05,
    cue_out_s=243.1,
    tempo_map=(TempoSegment(start_s=0.0, end_s=120.5, bpm=128.0), TempoSegment(start_s=120.5, end_s=244.92, bpm=126.2)),
    key_map=(
        KeySegment(start_s=0.0, end_s=180.0, key=Key.parse("8A"), confidence=0.9),
        KeySegment(start_s=180.0, end_s=244.92, key=Key.parse("9A"), confidence=0.8),
    ),
    beats_s=(0.231, 0.7),
    flags=("damaged",),
    decoder="soundfile",
)
AUDIO = AudioFormat(codec="mp3", sample_rate_hz=44100, channels=2, bits=None, payload_bytes=9_796_800)
TRACK = Track(
    path="/music/a.mp3", state="ok", audio_id="a1-" + "0" * 32, format=AUDIO, size_bytes=9812345, analysis=FULL
)
VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text("track")))


def record(track: Track, **options: Any) -> dict[str, Any]:
    made = track.to_record(**options)
    VALIDATOR.validate(made)
    # JSON itself must be able to say it.
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    return made


def test_analyses_read_back_and_refuse_segments_outside_the_track() -> None:
    core = json.loads(json.dumps(FULL.to_core()))
    assert Analysis.from_core(core, version=FULL.version, beats_s=FULL.beats_s) == FULL
    empty = Analysis(duration_s=1.0)
    assert Analysis.from_core(empty.to_core(), version=empty.version, beats_s=()) == empty
    core = FULL.to_core()
    del core["tempo_map"], core["key_map"]
    old = Analysis.from_core(core, version=1)
    assert (old.tempo_map, old.key_map, old.tempo) == ((), (), FULL.tempo)
    for start_s, end_s in ((-1.0, 2.0), (3.0, 3.0), (float("nan"), 4.0)):
        with pytest.raises(ValueError, match="a part from"):
            TempoSegment(start_s=start_s, end_s=end_s, bpm=120.0)
        with pytest.raises(ValueError, match="a part from"):
            KeySegment(start_s=start_s, end_s=end_s, key=Key.parse("8A"), confidence=0.5)
        with pytest.raises(ValueError, match="invalid tempo"):
            TempoSegment(start_s=0.0, end_s=1.0, bpm=0.0)


def test_track_record_contains_all_values_and_tags() -> None:
    found = record(TRACK, beats=True)
    assert found["tempo"] == {
        "bpm": 127.998, "confidence": 0.93, "second": None,
        "alternatives": [{"bpm": 63.999, "confidence": 0.05}], "stability": 0.99,
        "source": "measured", "sources": {"measured": 127.998},
    }  # fmt: skip
    assert found["key"]["name"] == "A minor"
    assert found["key"]["runner_up"]["camelot"] == "8B"
    assert found["energy"] == {"value": 0.71, "level": 7, "source": "measured", "measured": 0.71}
    assert found["file"]["bit_rate_bps"] == 320000
    assert found["beats_s"] == [0.231, 0.7]
    assert found["tempo_map"][1] == {"start_s": 120.5, "end_s": 244.92, "bpm": 126.2}
    assert found["key_map"][1] == {
        "start_s": 180.0, "end_s": 244.92, "camelot": "9A", "openkey": "2m", "musical": "Em", "name": "E minor",
        "confidence": 0.8,
    }  # fmt: skip
    assert found["flags"] == ["damaged"]
    assert "beats_s" not in record(TRACK)
    tags = Tags(artist="Sigríður", year=1998, rating=4.5, comment="x")
    assert record(replace(TRACK, tags=tags))["tags"] == {f.name: getattr(tags, f.name) for f in fields(Tags)}


def test_unknown_values_are_null_or_replaced_by_tags() -> None:
    found = record(Track(path="/music/b.mp3", state="pending"))
    unknown = "audio_id", "error", "file", "tempo", "grid", "key", "energy", "loudness", "hamms", "tempo_map", "key_map"
    assert {name: found[name] for name in unknown} == dict.fromkeys(unknown)
    silent = record(replace(TRACK, analysis=Analysis(duration_s=3.0, flags=("silent",))))
    assert (silent["tempo"], silent["key"], silent["energy"], silent["flags"]) == (None, None, None, ["silent"])
    tags = Tags(bpm=128.0, key="Am")
    found = record(replace(TRACK, state="failed", tags=tags, failure=Failure(kind="corrupt", message="is broken")))
    assert found["error"] == {"kind": "corrupt", "message": "is broken"}
    assert (found["tempo"], found["key"], found["hamms"]) == (None, None, None)
    speech = replace(TRACK, tags=Tags(bpm=90.0, key="unknown"), analysis=Analysis(duration_s=9.0))
    found = record(speech)
    assert (found["tempo"]["bpm"], found["tempo"]["source"], found["key"]) == (90.0, "tag", None)
    cases = [(0.0, 1), (0.04, 1), (0.05, 1), (0.15, 2), (0.65, 7), (0.649, 6), (0.95, 10), (1.0, 10)]
    assert [(energy, Energy.level(energy)) for energy, _ in cases] == cases


def test_preferred_source_decides_tempo_and_key() -> None:
    tags = Tags(bpm=128.0, key="Bbm")
    tagged = replace(TRACK, tags=tags)
    tag_first: tuple[Source, ...] = ("tag", "imported", "measured")
    assert (tagged.bpm(), replace(tagged, prefer=tag_first).bpm()) == (127.998, 128.0)
    by_tag = record(replace(tagged, prefer=tag_first))
    assert (by_tag["tempo"]["source"], by_tag["tempo"]["confidence"]) == ("tag", None)
    assert (by_tag["key"]["camelot"], by_tag["key"]["runner_up"]) == ("3A", None)
    mine = replace(tagged, user=UserValues(bpm=64.0, key=Key.parse("1B")))
    found = record(replace(mine, prefer=tag_first))
    assert (found["tempo"]["bpm"], found["tempo"]["source"]) == (64.0, "user")
    assert found["tempo"]["sources"] == {"user": 64.0, "measured": 127.998, "tag": 128.0}
    assert found["key"]["sources"] == {"user": "1B", "measured": "8A", "tag": "3A"}


def test_impossible_values_are_refused_when_made() -> None:
    cases = [
        lambda: Tempo(bpm=12.0, confidence=0.5),
        lambda: Tempo(bpm=120.0, confidence=1.5),
        lambda: TempoCandidate(bpm=0.0, confidence=0.5),
        lambda: KeyEstimate(key=Key.parse("8A"), confidence=-0.1),
        lambda: KeyEstimate(key=Key.parse("8A"), confidence=0.1, tuning_cents=float("nan")),
        lambda: Loudness(integrated_lufs=float("-inf")),
        lambda: Hamms(vector=(0.5,) * 11, confidence=0.5),
        lambda: Hamms(vector=(*(0.5,) * 11, 1.2), confidence=0.5),
        lambda: Analysis(duration_s=0.0),
        lambda: Analysis(duration_s=1.0, energy=2.0),
    ]
    for make in cases:
        with pytest.raises(ValueError):
            make()


@given(st.binary(min_size=1, max_size=40).filter(lambda data: b"\0" not in data))
def test_any_path_survives_its_record(data: bytes) -> None:
    import base64

    found = path_fields(os.fsdecode(data))
    found["path"].encode("utf-8")
    exact = base64.b64decode(found["path_bytes"]) if "path_bytes" in found else found["path"].encode("utf-8")
    assert exact == data
    assert display_path(os.fsdecode(data)) == found["path"]
