"""Spans with voices: from chances of a model, and from the times of lyrics."""

import numpy as np

from map4.core.music.track.lyrics import Lyrics
from map4.extras.voice.lyrics import spans_of_lyrics
from map4.extras.voice.records import Vocals
from map4.extras.voice.spans import spans_of, voice_chances


def times(spans: object) -> list[tuple[float, float]]:
    return [(span.start_s, span.end_s) for span in spans]  # type: ignore[attr-defined]


def test_spans_follow_singing_join_breaths_and_drop_calls() -> None:
    chances = np.full(600, 0.05, np.float32)
    for start, end in ((100, 160), (164, 200), (300, 303), (400, 450)):
        chances[start:end] = 0.9
    spans = spans_of(chances)
    assert times(spans) == [(10.0, 20.0), (40.0, 45.0)]
    assert spans[1].confidence == np.float32(0.9).round(3)
    assert spans_of(chances[:0]) == spans_of(chances[:90]) == ()
    chances = np.full(600, 0.05, np.float32)
    chances[100:120], chances[200:220] = 0.8, 0.9
    assert times(spans_of(chances)) == [(20.0, 22.0)]
    chances[300:340] = 0.8
    assert times(spans_of(chances)) == [(10.0, 12.0), (20.0, 22.0), (30.0, 34.0)]
    heard = np.zeros((900, 3), np.float32)
    heard[:, 2] = 1.0
    heard[300:500, 1] = 0.95
    heard[600:700, 0] = 0.95
    spans = spans_of(voice_chances(heard))
    assert np.allclose(times(spans), [(30.0, 50.0), (60.0, 70.0)], atol=0.6)
    assert min(span.confidence for span in spans) > 0.8
    assert voice_chances(heard[:0]).shape == (0,)


def test_timed_lyrics_are_spans_and_records_measure_their_share() -> None:
    text = "[00:10.00]la la la la la la la\n[00:12.50]la la la la la la\n[00:30.00]a line\n[00:31.00]\n[00:50.00]\u266a"
    lyrics = Lyrics.of_text(text)
    assert lyrics is not None
    spans = spans_of_lyrics(((line.start_ms or 0) / 1000.0, line.text) for line in lyrics.lines)
    assert [start for start, _ in times(spans)] == [10.0, 30.0]
    assert spans[0].end_s == 14.2
    assert spans[1].end_s == 31.0
    voice = Vocals.of(spans_of_lyrics([(20.0, "x" * 200)]), 80.0, "lyrics")
    assert (voice.percent, voice.intro_s, voice.outro_s) == (10.0, 20.0, 52.0)
    assert Vocals.of((), 80.0, "model").to_record() == {
        "source": "model", "percent": 0.0, "intro_s": None, "outro_s": None, "spans": [],
    }  # fmt: skip
