"""The made music of `inside.py` says what is true of it, the same each time, and answers are scored as documented."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import bar_truth
import dance_desk
import dance_tracks
import dance_tracks_blind
import inside_rules
import inside_scoring
import labelled_songs
import numpy as np
import pytest
import rebarred_songs
from inside_scoring import CueScore
from made_track import CUE_KINDS, ROLES, Stretch, TrueCue, Truth, cues_of, place, write_piece

MAKERS = (dance_tracks, dance_tracks_blind)
NUMBERS = range(48)


def stretch(role: str | None, bars: int = 8, *, drums: bool = True, bass: bool = True, pulse: bool = True) -> Stretch:
    return Stretch(bars=bars, role=role, drums=drums, bass=bass, pulse=pulse, energy=0.5, group=str(role))


def beaten_song(beats: int = 64, swap: int = 32, late: int = 0) -> labelled_songs.Song:
    """A melody in every bar from `swap` on, low notes `late` beats into bars, chords with the bars and with these."""
    note = labelled_songs.Note
    melody = [note(start=float(at), end=at + 0.9, pitch=60 + at % 7, velocity=90) for at in range(swap, beats)]
    piano = [note(start=float(at), end=at + 0.9, pitch=60, velocity=70) for at in range(beats)]
    piano += [note(start=float(at + late), end=at + late + 3.0, pitch=40, velocity=70) for at in range(0, beats, 4)]
    chords = [
        (float(at), (bar % 5, (0, 4, 7))) for bar in range(beats // 4) for at in sorted({4 * bar, 4 * bar + late})
    ]
    return labelled_songs.Song(parts={"MELODY": melody, "PIANO": piano}, chords=chords, bars=[])


# ---- dance tracks --------------------------------------------------------------------------------


@pytest.mark.parametrize("maker", MAKERS)
def test_a_number_gives_the_same_track_each_time_and_others_give_others(maker) -> None:
    assert maker.draw_track(5) == maker.draw_track(5)
    assert maker.draw_track(5).truth.to_record() == maker.draw_track(5).truth.to_record()
    assert len({maker.draw_track(number).truth.beats_s[:4] for number in NUMBERS}) > 40


@pytest.mark.parametrize("maker", MAKERS)
def test_boundaries_are_downbeats_and_cues_are_boundaries(maker) -> None:
    for number in NUMBERS:
        truth = maker.draw_track(number).truth
        starts = {phrase.start_s for phrase in truth.phrases}
        assert set(truth.downbeats_s) <= set(truth.beats_s)
        assert starts <= set(truth.downbeats_s)
        assert {cue.at_s for cue in truth.cues} <= starts
        assert all(a.end_s == b.start_s for a, b in pairwise(truth.phrases))
        assert {phrase.role for phrase in truth.phrases} <= {*ROLES, None}
        assert all(0.0 < phrase.energy <= 1.0 for phrase in truth.phrases)
        kinds = [cue.kind for cue in truth.cues]
        assert set(kinds) <= set(CUE_KINDS)
        assert all(kinds.count(kind) == 1 for kind in ("first_beat", "mix_in", "mix_out"))
        assert min(np.diff(truth.beats_s)) == pytest.approx(60.0 / truth.bpm, abs=1e-5)


@pytest.mark.parametrize("maker", MAKERS)
def test_most_phrases_have_eight_or_sixteen_bars_but_not_all(maker) -> None:
    bars = [phrase.bars for number in NUMBERS for phrase in maker.draw_track(number).truth.phrases]
    usual = sum(one in (8, 16) for one in bars) / len(bars)
    assert 0.7 < usual < 0.95
    assert {bar % 1 for bar in bars} == {0.0, 0.5}


def test_the_blind_part_has_other_styles_and_tempi() -> None:
    assert not {*dance_tracks.STYLES} & {*dance_tracks_blind.STYLES}
    assert not {style.form for style in dance_tracks.STYLES.values()} & {*dance_tracks_blind.FORMS}


def test_a_track_sounds_as_it_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = dance_tracks.draw_track(1)
    kick = dance_tracks.Section(name="intro", role="intro", bars=2, parts=frozenset({"kick"}))
    pad = dance_tracks.Section(name="break", role="break", bars=2, parts=frozenset({"hat"}))
    track = dance_tracks.DanceTrack(number=1, style=drawn.style, bpm=120.0, first_s=0.5, sections=(kick, pad, kick))
    monkeypatch.setattr(dance_tracks, "synthesised", None)  # no font is needed for drums
    y = dance_tracks.render(track, rate_hz=11_025)
    assert np.array_equal(y, dance_tracks.render(track, rate_hz=11_025))
    assert y.size == round(track.duration_s * 11_025)
    assert np.abs(y).max() <= 1.0
    low = np.abs(np.fft.rfft(y[: 13 * 11_025].reshape(13, -1), axis=1))[:, 30:120].sum(axis=1)
    assert low[5:8].max() < 0.2 * min(low[1:4].min(), low[9:12].min())
    onset = int(np.argmax(np.abs(y) > 0.1))
    assert onset / 11_025 == pytest.approx(0.5, abs=0.01)


def test_a_half_bar_moves_what_follows() -> None:
    longer = Stretch(bars=4, role=None, drums=True, bass=True, pulse=True, energy=1.0, group="x", half_bar=2)
    shorter = Stretch(bars=4, role=None, drums=True, bass=True, pulse=True, energy=1.0, group="x", half_bar=-2)
    truth = place([longer, shorter, longer], name="n", style="s", bpm=60.0, first_s=1.0, duration_s=100.0)
    assert [phrase.start_s for phrase in truth.phrases] == [1.0, 19.0, 33.0]
    assert [phrase.bars for phrase in truth.phrases] == [4.5, 3.5, 4.5]
    assert truth.downbeats_s[:10] == (1.0, 5.0, 9.0, 13.0, 17.0, 19.0, 23.0, 27.0, 31.0, 33.0)


def test_cues_are_what_the_definitions_say() -> None:
    form = [
        stretch("intro", drums=False, bass=False, pulse=False),
        stretch("intro", bass=False),
        stretch(None),
        stretch("break", drums=False, bass=False),
        stretch("build", drums=False, bass=False),
        stretch("drop"),
        stretch("drop"),
        stretch("break", 4, drums=False),
        stretch("drop"),
        stretch("outro"),
        stretch("outro", 4, drums=False),
    ]
    assert cues_of(form) == [
        ("first_beat", 1, True),
        ("mix_in", 1, True),
        ("drop", 2, False),
        ("break", 3, True),
        ("drop", 5, True),
        ("break", 7, False),
        ("drop", 8, True),
        ("mix_out", 9, True),
        ("outro", 9, True),
    ]
    beatless_end = [*form[:9], stretch("outro", drums=False)]
    assert ("mix_out", 8, True) in cues_of(beatless_end)
    assert ("mix_out", 8, False) in cues_of(form[:9])


def test_truth_is_written_and_read_back(tmp_path: Path) -> None:
    truth = dance_tracks.draw_track(3).truth
    path = write_piece(tmp_path, truth, np.zeros(1000, dtype=np.float32), 22_050)
    assert path.stat().st_size > 0
    assert Truth.of_record(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))) == truth


def test_a_filter_that_moves_keeps_what_it_lets_through() -> None:
    t = np.arange(44_100) / 44_100
    y = np.sin(2 * np.pi * 1000 * t).astype(np.float32)
    passed = dance_desk.swept(y, 44_100, 15_000.0, 15_000.0, high=False)
    assert np.abs(passed - y).max() < 0.01
    opened = dance_desk.swept(y, 44_100, 100.0, 15_000.0, high=False)
    assert np.abs(opened[:8000]).max() < 0.1
    assert np.abs(opened[-8000:]).max() > 0.95


# ---- songs ---------------------------------------------------------------------------------------


def test_labels_begin_where_the_melody_plays_as_they_say() -> None:
    labels = (("i", 8), ("A", 4), ("A", 4))
    assert labelled_songs.first_bar(beaten_song(), [labels]) == 0
    assert labelled_songs.first_bar(beaten_song(), [(*labels[:1], ("A", 3))]) == 0
    assert labelled_songs.first_bar(beaten_song(), [(("i", 6), *labels[1:])]) == 8
    assert labelled_songs.first_bar(beaten_song(), [labels, (("i", 6), *labels[1:])]) is None
    assert labelled_songs.first_bar(beaten_song(), [(("A", 16),)]) is None


def test_bars_begin_where_low_and_long_notes_do_rather_than_with_chords_that_lie_beside_them() -> None:
    labels = (("i", 8), ("A", 4), ("A", 4))
    assert bar_truth.bars_begin(beaten_song()) == 0
    assert bar_truth.bars_begin(beaten_song(late=1)) == 1
    assert labelled_songs.first_bar(beaten_song(late=1), [labels]) == 1
    tied = beaten_song()
    low = [replace(note, start=note.start + 2, end=note.end + 2) for note in tied.parts["PIANO"][64:]]
    tied.parts["PIANO"].extend(low)
    tied.chords.extend((at + 2, chord) for at, chord in tied.chords[1:])
    assert bar_truth.bars_begin(tied) == 0  # with the first chord
    tied.chords.extend(tied.chords[-2:])
    assert bar_truth.bars_begin(tied) is None


def test_a_take_begun_within_a_bar_has_its_bars_where_the_kicks_are() -> None:
    def take(kick: int, snares: tuple[int, ...]) -> list[labelled_songs.Note]:
        drums = [(bar_truth.KICK, kick), *((bar_truth.SNARE, at) for at in snares)]
        return [labelled_songs.Note(start=0.5 + 0.4 * (bar + at), end=9.0, pitch=drum, velocity=90)
                for bar in range(0, 40, 4) for drum, at in drums]  # fmt: skip

    takes = (take(0, (1, 3)), take(2, (1, 3)), take(2, (2,)))
    told = [bar_truth.first_bar_of_drums(notes, 0.5, 0.4) for notes in takes]
    assert told == [0, 2, 0]  # the last one is a one drop


def test_a_performance_has_its_phrases_on_its_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelled_songs, "synthesised", lambda parts, **_: np.ones(22_050, dtype=np.float32))
    people = ((("i", 8), ("A", 4), ("A", 4)), (("i", 8), ("A", 8)))
    song = labelled_songs.LabelledSong(name="1", song=beaten_song(), zero=0, people=people, bpm=100.0)
    y, truth = labelled_songs.perform(song, is_arranged=True)
    assert truth == labelled_songs.perform(song, is_arranged=True)[1]
    assert y.size / labelled_songs.SAMPLE_RATE_HZ == pytest.approx(truth.boundaries_s[-1] + 2.0, abs=0.01)
    assert {*truth.boundaries_s[:-1]} <= {*truth.downbeats_s}
    assert [phrase.group for phrase in truth.phrases] == ["i", "A", "A"]
    assert all(a.energy != b.energy for a, b in pairwise(truth.phrases))
    assert truth.other_boundaries_s[:2] == truth.boundaries_s[:2]
    assert len(truth.other_boundaries_s) == 3


@pytest.mark.parametrize(("metre", "bars"), [(3, 16), (5, 16), (6, 16), (7, 8)])
def test_another_metre_keeps_the_places_it_names(metre: int, bars: int, monkeypatch: pytest.MonkeyPatch) -> None:
    played = []
    monkeypatch.setattr(rebarred_songs, "synthesised", lambda parts, **_: played.append(parts) or np.ones(99))
    monkeypatch.setattr(rebarred_songs, "read_song", lambda *_: beaten_song(beats=68, swap=0))
    monkeypatch.setattr(rebarred_songs, "median_bpm", lambda *_: 100.0)
    _, truth = rebarred_songs.rebarred("", "1", metre, with_drums=True)
    assert truth.metre == metre
    assert len(truth.beats_s) == bars * metre
    assert truth.downbeats_s == truth.beats_s[::metre]
    melody = sorted(note.start for note in played[0][0][2])
    late = [min(abs(start - beat) for beat in truth.beats_s) for start in melody]
    assert np.median(late) < 0.02


# ---- scores --------------------------------------------------------------------------------------


def test_a_cue_counts_within_one_beat_and_one_place_serves_two_kinds() -> None:
    truth = [
        TrueCue(kind="first_beat", at_s=1.0),
        TrueCue(kind="mix_in", at_s=1.0),
        TrueCue(kind="drop", at_s=30.0, is_needed=False),
        TrueCue(kind="drop", at_s=60.0),
        TrueCue(kind="break", at_s=90.0),
    ]
    told = [("first_beat", 1.2), ("drop", 60.6), ("break", 90.5), ("outro", 120.0)]
    scores = inside_scoring.cue_scores(truth, told, 0.5)
    assert scores["first_beat"] == CueScore(found=1)
    assert scores["mix_in"] == CueScore(found=1)
    assert scores["drop"] == CueScore(false=1, missed=1)
    assert scores["break"] == CueScore(found=1)
    assert scores["outro"] == CueScore(false=1)
    total = sum(scores.values(), CueScore())
    assert total == CueScore(found=3, false=2, missed=1)
    assert total.f == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    optional = inside_scoring.cue_scores(truth, [("drop", 30.0), ("drop", 60.0)], 0.5)["drop"]
    assert optional == CueScore(found=1)


def test_a_boundary_counts_at_the_exact_bar_only() -> None:
    truth = [0.0, 10.0, 20.0, 30.0]
    assert inside_scoring.boundary_f(truth, [0.0, 10.1, 19.9, 30.0], 0.5) == 1.0
    assert inside_scoring.boundary_f(truth, [0.0, 12.0, 20.0, 30.0], 0.5) == 0.5
    assert inside_scoring.boundary_f(truth, [5.0, 10.0, 30.0], 0.5) == pytest.approx(2 / 3)
    assert inside_scoring.boundary_f(truth, [], 0.5) == 0.0
    assert inside_scoring.boundary_f([0.0, 30.0], [0.0, 30.0], 0.5) is None


def test_bars_twice_as_long_are_in_phase_and_others_are_not() -> None:
    truth = [2.0 * bar for bar in range(60)]
    assert inside_scoring.downbeat_f(truth, truth[::2]) > inside_scoring.PHASE_RIGHT_F
    shifted = [at + 1.0 for at in truth]
    assert inside_scoring.downbeat_f(truth, shifted) == 0.0
    beats = [0.5 * beat for beat in range(240)]
    by_phase = inside_scoring.phases_f(truth, beats, 4)
    assert by_phase[0] == 1.0
    assert by_phase[1:] == [0.0, 0.0, 0.0]


def test_bars_are_together_where_the_plan_puts_one_on_the_other() -> None:
    a, b = [2.0 * bar for bar in range(40)], [0.3 + 1.9 * bar for bar in range(40)]
    plan = {"leave_s": 40.0, "until_s": 72.0, "enter_s": b[4], "speed": 1.9 / 2.0}
    assert inside_scoring.bars_together(a, b, plan)
    assert not inside_scoring.bars_together(a, b, {**plan, "enter_s": b[4] + 0.025})
    assert not inside_scoring.bars_together(a, b, {**plan, "speed": 0.955})
    assert not inside_scoring.bars_together([], b, plan)


def test_intervals_and_ranks() -> None:
    low, high = inside_scoring.wilson(18, 20)
    assert (low, high) == (pytest.approx(0.699, abs=0.001), pytest.approx(0.972, abs=0.001))
    assert inside_scoring.wilson(0, 0) is None
    assert inside_scoring.rank_agreement([1.0, 2.0, 3.0], [0.1, 0.4, 0.9]) == pytest.approx(1.0)
    assert inside_scoring.rank_agreement([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]) == pytest.approx(-1.0)
    assert inside_scoring.rank_agreement([1.0, 1.0, 1.0], [3.0, 2.0, 1.0]) is None


def test_the_simple_rule_hears_kick_and_snare() -> None:
    rate, rng = 22_050, np.random.default_rng(1)
    beats = 0.5 + 0.5 * np.arange(40)
    y = np.zeros(22 * rate, dtype=np.float32)
    t = np.arange(2000) / rate
    for number, at in enumerate(beats):
        kick = np.sin(2 * np.pi * 60 * t) * np.exp(-t / 0.05)
        snare = rng.uniform(-1, 1, t.size) * np.exp(-t / 0.03)
        start = round(at * rate)
        y[start : start + t.size] += kick if number % 4 == 1 else snare if number % 2 == 0 else 0.0
    answer = inside_rules.simple_answer(y, rate, beats.tolist())
    assert answer is not None
    assert answer["phase"] in (1, 3)
    assert answer["boundaries_s"] == []
    assert inside_rules.simple_answer(y, rate, beats.tolist()[:7]) is None
