"""Candidates by fingerprints, lines by the course of levels, fades by gains, passages and how they go on."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from map4.core.music.sound.fingerprints import Fingerprint
from map4.extras.unmix.finding.alignment import SetLine, align, places
from map4.extras.unmix.finding.candidates import LineCandidate, SetKeys, best_of, find_candidates
from map4.extras.unmix.finding.edges import AudiblePart, Edges, fades, find_edges
from map4.extras.unmix.finding.gains import GainCurve, Laid, in_its_room, likely_gains
from map4.extras.unmix.finding.passages import (
    FoundPassage,
    LinePart,
    joined,
    mixed_on,
    of_different_recordings,
    unknown_spans,
)
from map4.extras.unmix.finding.second_look import find_clip, look_again, open_chunks
from map4.extras.unmix.set_words import SetWords, WayOfPlaying

RATE_HZ, BANDS = 50.0, 32


def course(seed: int, seconds: float) -> np.ndarray:
    """Levels that rise on beats of their own in each band and fall again."""
    rng = np.random.default_rng(seed)
    steps = round(seconds * RATE_HZ)
    hits = (rng.random((steps, BANDS)) < 0.06) * rng.uniform(60.0, 120.0, (steps, BANDS))
    levels = np.zeros((steps, BANDS))
    for step in range(1, steps):
        levels[step] = np.maximum(hits[step], levels[step - 1] - 3.0)
    return np.clip(levels + 60.0, 0, 255).astype(np.uint8)


def mixed(*parts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The levels of some courses together, each with its gains in amplitude."""
    power = sum(10.0 ** (levels / 20.0) * gains[:, None] ** 2 for levels, gains in parts)
    return np.clip(np.rint(20.0 * np.log10(np.maximum(power, 1.0))), 0, 255).astype(np.uint8)


def set_words(words: np.ndarray) -> SetWords:
    size = len(words)
    return SetWords(WayOfPlaying(1.0, 1.0), words, np.zeros((size, 2), dtype=np.uint8), np.zeros((size, 16), np.int8))


def test_only_the_played_track_is_a_candidate_also_in_noise() -> None:
    rng = np.random.default_rng(33)
    track = rng.integers(1, 1 << 16, 500).astype(np.uint16)
    flips = ((rng.random((400, 16)) < 0.22) @ (1 << np.arange(16))).astype(np.uint16)
    for at in (50, 150, 250):
        flips[[at, at + Fingerprint.KEY_GAP_WORDS]] = 0
    words = rng.integers(1, 1 << 16, 600).astype(np.uint16)
    words[100:500] = track[50:450] ^ flips
    part = set_words(words)
    [best] = best_of(find_candidates([part], [(7, track)], SetKeys([part], 0)), [part])
    assert (best.lag, best.first) == (50, pytest.approx(100, abs=25))
    rng = np.random.default_rng(1)
    tracks = [rng.integers(1, 1 << 16, 800).astype(np.uint16) for _ in range(50)]
    words = rng.integers(1, 1 << 16, 3000).astype(np.uint16)
    flips = (rng.random((400, 16)) < 0.08) @ (1 << np.arange(16))
    words[1000:1400] = tracks[7][200:600] ^ flips.astype(np.uint16)
    part = set_words(words)
    found = list(find_candidates([part], enumerate(tracks), SetKeys([part], 0)))
    assert {part.track for part in found} == {7}
    [best] = best_of(found, [part])
    assert best.lag == 800
    assert best.first == pytest.approx(1000, abs=25)
    assert best.last == pytest.approx(1400, abs=25)
    assert best.error_rate == pytest.approx(0.08, abs=0.03)


def in_a_crowd(played: np.ndarray) -> list[SetWords]:
    """A set of 900 words with these among them, most bits of which are right."""
    rng = np.random.default_rng(71)
    soft = rng.integers(-127, 128, (900, 16)).astype(np.int8)
    bits = (played[:, None] >> np.arange(16)) & 1
    wrong = rng.random((len(played), 16)) < 0.3
    soft[200 : 200 + len(played)] = np.where(bits ^ wrong, 1, -1) * np.where(wrong, 50, 100)
    words = ((soft > 0) @ (1 << np.arange(16))).astype(np.uint16)
    return [replace(set_words(words), soft=soft)]


def test_track_without_keys_is_found_in_unexplained_passages() -> None:
    rng = np.random.default_rng(71)
    tracks = list(enumerate(np.repeat(rng.integers(1, 1 << 16, (60, 125)), 4, axis=1).astype(np.uint16)))
    heard, duration_s = in_a_crowd(tracks[7][1][50:450]), 900 / Fingerprint.RATE_HZ
    assert list(find_candidates(heard, tracks, SetKeys(heard, 0))) == []
    other = LineCandidate(track=8, playing=0, lag=0, first=740, last=880, score=2.0, error_rate=0.2)
    chunks = open_chunks([other], heard, duration_s)
    assert len(chunks) == 9
    assert open_chunks([replace(other, error_rate=0.1)], heard, duration_s) == []  # in a set without noise keys suffice
    assert open_chunks([], heard, duration_s) == pytest.approx([0.0, 56.0, 112.0], abs=1.0)  # unknown noise
    [found] = look_again(heard, chunks, tracks, size=30_000, duration_s=duration_s)
    assert (found.track, found.lag) == (7, pytest.approx(150, abs=3))
    assert found.first == pytest.approx(200, abs=110)
    assert found.last == pytest.approx(600, abs=110)
    others = [track for track in tracks if track[0] != 7]
    assert look_again(heard, chunks, others, size=30_000, duration_s=duration_s) == []
    assert open_chunks([other, replace(other, first=0, last=740)], heard, duration_s) == []
    [found] = look_again(heard, chunks, tracks, size=600_000, duration_s=duration_s)  # two parts, evenly
    assert found.track == 7
    assert look_again(heard, chunks, tracks, size=10_000_000, duration_s=duration_s) == []  # it would take too long


def test_second_search_rejects_tracks_that_match_at_every_repetition() -> None:
    rng = np.random.default_rng(72)
    drums, other = (np.repeat(rng.integers(1, 1 << 16, 10), 4).astype(np.uint16) for _ in range(2))
    beginning = rng.integers(1, 1 << 16, 400).astype(np.uint16)
    heard, duration_s = in_a_crowd(np.concatenate([np.tile(drums, 5), other, np.tile(drums, 4)])), 175.0
    repeats = np.concatenate([beginning, np.tile(drums, 20)])
    assert look_again(heard, [65.0], [(1, repeats)], size=1, duration_s=duration_s) == []
    once = np.concatenate([beginning, np.tile(drums, 5), other, np.tile(drums, 14)])
    [found] = look_again(heard, [65.0], [(1, repeats), (2, once)], size=1, duration_s=duration_s)
    assert (found.track, found.lag) == (2, pytest.approx(-200, abs=3))


def test_clip_has_the_nearest_tracks_and_the_place_in_the_first() -> None:
    rng = np.random.default_rng(73)
    tracks = list(enumerate(np.repeat(rng.integers(1, 1 << 16, (60, 125)), 4, axis=1).astype(np.uint16)))
    [crowd] = in_a_crowd(tracks[7][1][150:250])
    clip = replace(crowd, words=crowd.words[200:300], soft=crowd.soft[200:300])
    too_fast = replace(clip, playing=WayOfPlaying(1.06, 1.06))
    best, *others = find_clip([too_fast, clip], iter(tracks))
    assert (best.track, best.playing, best.lag) == (7, 1, pytest.approx(-150, abs=2))
    assert best.score > 0.5 > 0.4 > max(other.score for other in others)
    looped = (60, np.concatenate([np.zeros(40, np.uint16), np.tile(tracks[7][1][150:250], 3)]))
    again = find_clip([clip], [*tracks[:7], looped, *tracks[8:]])[0]
    assert (again.track, again.score) == (60, pytest.approx(best.score, abs=0.05))  # repetitions are no doubt
    assert find_clip([clip], []) == []


def test_line_is_found_from_a_start_off_in_place_and_speed() -> None:
    whole = course(3, 80.0)

    def course_of(speed: float, pitch: float) -> np.ndarray:
        at = np.arange(0, len(whole) - 1, speed)
        return whole[at.astype(int)]

    levels = np.concatenate([course(4, 20.0), course_of(1.03, 1.0)[:3000], course(5, 10.0)])
    guess = SetLine(zero_s=19.5, speed=1.035, pitch=1.0, first_s=22.0, last_s=75.0)
    line = align(levels, course_of, guess, rate_hz=RATE_HZ)
    assert line.speed == pytest.approx(1.03, rel=0.002)
    assert line.zero_s == pytest.approx(20.0, abs=0.1)
    assert line.agreement * line.share > 0.6
    other = align(course(6, 90.0), course_of, guess, rate_hz=RATE_HZ)
    assert other.agreement * other.share < 0.1


def test_line_under_louder_noise_is_found_half_a_speed_step_away() -> None:
    whole, noise = course(62, 80.0), course(63, 70.0)

    def course_of(speed: float, pitch: float) -> np.ndarray:
        return whole[np.round(np.arange(0, len(whole) - 1, speed)).astype(int)]

    levels = mixed((course_of(1.0075, 1.0)[: len(noise)], np.ones(len(noise))), (noise, np.full(len(noise), 20.0)))
    guess = SetLine(zero_s=-0.2, speed=1.0, pitch=1.0, first_s=5.0, last_s=65.0)
    line = align(levels, course_of, guess, rate_hz=RATE_HZ)
    assert line.speed == pytest.approx(1.0075, rel=0.001)
    assert line.agreement * line.share > 0.2


def test_short_passage_has_its_own_speed() -> None:
    whole = course(7, 60.0)
    at = np.arange(0, len(whole) - 1, 1.008)
    played = whole[at.astype(int)]
    levels = np.concatenate([course(8, 10.0), played[:650], course(9, 10.0)])
    guess = SetLine(zero_s=10.1, speed=1.015, pitch=1.0, first_s=10.0, last_s=23.0)
    line = align(
        levels, lambda speed, _: whole[np.arange(0, len(whole) - 1, speed).astype(int)], guess, rate_hz=RATE_HZ
    )
    assert line.share > 0.8
    assert line.zero_s == pytest.approx(10.0, abs=0.1)
    assert line.speed == pytest.approx(1.008, rel=0.002)


@pytest.mark.parametrize("loop_s", [1.9, 7.6])
def test_passages_before_and_after_a_loop_have_two_places(loop_s: float) -> None:
    whole, size = course(20, 120.0), round(loop_s * RATE_HZ)
    first, loop, rest = whole[:1500], whole[1500 - size : 1500], whole[1500:]
    levels = np.concatenate([course(21, 20.0), first, loop, loop, rest])
    behind = SetLine(zero_s=20.0 + 2 * loop_s, speed=1.0, pitch=1.0, first_s=20.0, last_s=130.0)
    line, *others = places(levels, whole, behind, rate_hz=RATE_HZ)
    before = min(others, key=lambda part: part.first_s)
    assert before.zero_s == pytest.approx(20.0, abs=0.1)
    assert before.first_s == pytest.approx(20.0, abs=5.0)
    assert before.last_s == pytest.approx(50.0, abs=8.0)
    assert line.zero_s == behind.zero_s
    assert line.first_s >= 48.0


def test_passages_before_a_loop_are_found_and_others_have_one_position() -> None:
    whole = course(25, 90.0)
    played = np.concatenate([whole[:1500], whole[1120:]])
    levels = mixed((played, np.ones(len(played))), (course(26, len(played) / RATE_HZ), np.full(len(played), 10.0)))
    behind = SetLine(zero_s=7.6, speed=1.0, pitch=1.0, first_s=40.0, last_s=90.0, agreement=0.3, share=1.0)
    line, before = places(levels, whole, behind, rate_hz=RATE_HZ)
    assert before.zero_s == pytest.approx(0.0, abs=0.1)
    assert before.agreement < 0.35
    assert line.zero_s == behind.zero_s
    whole = course(22, 60.0)
    levels = np.concatenate([course(23, 30.0), whole, course(24, 30.0)])
    line = SetLine(zero_s=30.0, speed=1.0, pitch=1.0, first_s=35.0, last_s=88.0)
    assert places(levels, whole, line, rate_hz=RATE_HZ) == [line]


def edges_of(levels: np.ndarray, laid: list[Laid], core_s: tuple[float, float], which: int) -> Edges:
    heard = [*likely_gains(levels, laid, rate_hz=RATE_HZ, bands=slice(0, BANDS))][which]
    part = AudiblePart(track=which, gains=heard, core_s=core_s, file_s=(-100.0, 300.0))
    [edges] = find_edges([part], set_s=len(levels) / RATE_HZ)
    return edges


@pytest.mark.world
@pytest.mark.parametrize("fade_s", [0.0, 6.0, 12.0])
def test_fade_in_under_another_track_is_located(fade_s: float) -> None:
    first, second = course(10, 100.0), course(11, 100.0)
    times = np.arange(len(first)) / RATE_HZ
    rise = np.clip((times - 30.0) / fade_s, 0.0, 1.0) if fade_s else (times >= 30.0) * 1.0
    levels = mixed((first, 1.0 - np.clip((times - 44.0) / 4.0, 0.0, 1.0)), (second, rise))
    laid = [Laid(0, first, (500, 1400)), Laid(0, second, (2600, 4800))]
    edges = edges_of(levels, laid, (50.0, 96.0), 1)
    assert edges.start_s == pytest.approx(30.0 + 0.05 * fade_s, abs=1.0)
    edges = edges_of(levels, laid, (8.0, 28.0), 0)
    assert edges.end_s == pytest.approx(47.8, abs=1.0)


@pytest.mark.world
@pytest.mark.parametrize("shape", [lambda share: share, lambda share: np.sin(np.pi / 2 * share)])
def test_long_fade_under_a_louder_track_is_located(shape: Callable[[np.ndarray], np.ndarray]) -> None:
    loud, quiet = course(12, 160.0), course(13, 160.0)
    times = np.arange(len(loud)) / RATE_HZ
    rise, fall = (np.clip(far / 24.0, 0.0, 1.0) for far in (times - 30.0, 130.0 - times))
    levels = mixed((loud, np.ones(len(loud))), (quiet, 0.5 * shape(np.minimum(rise, fall))))
    laid = [Laid(0, loud, (500, 7500)), Laid(0, quiet, (2600, 5400))]
    edges = edges_of(levels, laid, (52.0, 108.0), 1)
    assert edges.start_s == pytest.approx(31.0, abs=1.0)
    assert edges.end_s == pytest.approx(129.0, abs=1.0)


def test_unmatched_music_is_unknown_silence_is_not_and_halves_are_weak() -> None:
    cut = fades(0.5)[0]
    assert cut.gains_db[:2] == pytest.approx(-40.0)
    assert -20.0 < cut.gains_db[3] < -6.0
    assert cut.gains_db[5:] == pytest.approx(0.0)
    levels = np.full((6000, BANDS), 150, dtype=np.uint8)
    levels[4000:5000] = 0
    spans = list(
        unknown_spans([FoundPassage((part(1, 0.0, 40.0),)), FoundPassage((part(2, 42.0, 60.0),))], levels, RATE_HZ)
    )
    assert spans == [pytest.approx((60.0, 80.0), abs=0.1), pytest.approx((100.0, 120.0), abs=0.1)]


@pytest.mark.world
def test_crossfade_is_located_from_both_tracks() -> None:
    first, second = course(16, 160.0), course(17, 160.0)
    times = np.arange(len(first)) / RATE_HZ
    share = np.clip((times - 50.0) / 30.0, 0.0, 1.0)
    levels = mixed((first, 1.0 - share), (second, share))
    laid = [Laid(0, first, (250, 2400)), Laid(0, second, (4200, 7500))]
    heard = likely_gains(levels, laid, rate_hz=RATE_HZ, bands=slice(0, BANDS))
    leaving, entering = (
        AudiblePart(track=which, gains=gains, core_s=core_s, file_s=(-100.0, 300.0))
        for which, (gains, core_s) in enumerate(zip(heard, ((5.0, 48.0), (84.0, 150.0)), strict=True))
    )
    at = entering.gains.curve.times_s
    entering.gains.evidence[(at > 40.0) & (at < 75.0)] = 0.0  # most of the fade is not heard
    [alone] = find_edges([entering], set_s=160.0)
    _, both = find_edges([leaving, entering], set_s=160.0)
    assert 49.0 <= both.start_s <= 52.5  # open from 50.0, heard from 51.5
    assert not 49.0 <= alone.start_s <= 52.5


@pytest.mark.world
def test_track_explained_by_another_is_not_detected() -> None:
    known, other = course(18, 60.0), course(19, 60.0)
    laid = [
        Laid(0, known, (100, 2900)),
        Laid(0, mixed((known, np.ones(3000)), (other, 0.5 * np.ones(3000))), (100, 2900)),
    ]
    heard = likely_gains(known, laid, rate_hz=RATE_HZ, bands=slice(0, BANDS))
    parts = [
        AudiblePart(track=which, gains=gains, core_s=(4.0, 56.0), file_s=(0.0, 60.0))
        for which, gains in enumerate(heard)
    ]
    right, wrong = find_edges(parts, set_s=60.0)
    assert right.evidence > 1.0
    assert wrong is None


def test_start_under_crowd_noise_is_right_but_less_certain() -> None:
    track, rng = course(30, 60.0), np.random.default_rng(31)
    played = (np.arange(len(track)) >= 1000) * 1.0
    crowd = np.clip(rng.normal(110.0, 12.0, track.shape), 0, 255).astype(np.uint8)
    quiet, loud = (
        edges_of(
            mixed((track, played), (crowd, gain * np.ones(len(track)))), [Laid(0, track, (1200, 2800))], (24.0, 56.0), 0
        )
        for gain in (0.02, 8.0)
    )
    assert quiet.start_s == pytest.approx(20.0, abs=1.0)
    assert loud.start_s == pytest.approx(20.0, abs=1.0)
    assert quiet.start_certainty > 0.95
    assert 0.2 < loud.start_certainty < 0.8
    assert quiet.end_certainty == pytest.approx(1.0)  # it is still played where the set ends


@pytest.mark.world
def test_fade_in_through_a_compressor_is_located() -> None:
    first, second = course(40, 90.0), course(41, 90.0)
    times = np.arange(len(first)) / RATE_HZ
    pumped = 10.0 ** (0.2 * np.sin(0.2 * np.pi * times))
    levels = mixed((first, (times < 40.0) * 1.0), (second, pumped * np.clip((times - 30.0) / 6.0, 0.0, 1.0)))
    laid = [Laid(0, first, (500, 1400)), Laid(0, second, (2200, 4300))]
    assert edges_of(levels, laid, (46.0, 86.0), 1).start_s == pytest.approx(30.3, abs=0.5)


def test_only_a_room_recording_counts_as_reverberant() -> None:
    dry = course(32, 40.0)
    laid = Laid(0, dry, (100, 1900))
    powers = 10.0 ** (dry / 20.0)
    echo = [np.zeros(BANDS)]
    for power in powers:
        echo.append(0.76 * echo[-1] + 0.24 * power)
    wet = np.clip(np.rint(20.0 * np.log10(powers + 0.4 * np.array(echo[:-1]))), 0, 255).astype(np.uint8)
    for levels, is_wet in ((dry, False), (wet, True)):
        [heard] = in_its_room(levels, [laid], rate_hz=RATE_HZ, bands=slice(0, BANDS))
        assert (heard is not laid) == is_wet
        assert np.abs(heard.levels.astype(int) - levels).mean() < 5.0


@pytest.mark.world
def test_unknown_music_is_little_evidence_for_a_track() -> None:
    known, other = course(14, 40.0), course(15, 40.0)
    times = np.arange(len(known)) / RATE_HZ
    levels = mixed((known, (times < 20.0) * 1.0), (other, (times >= 20.0) * 1.0))
    [heard] = likely_gains(levels, [Laid(0, known, (100, 900))], rate_hz=RATE_HZ, bands=slice(0, BANDS))
    at, against_silence = heard.curve.times_s, -heard.evidence[:, 0]
    assert against_silence[at < 19.0].min() > 10.0
    assert against_silence[at > 21.0].max() < 0.1


def test_track_in_time_with_unknown_music_starts_about_where_that_ends() -> None:
    drums, ones = np.tile(course(61, 1.0), (100, 1)), np.ones(5000)
    unknown, known = (mixed((course(seed, 100.0), loud * ones), (drums, ones)) for seed, loud in ((60, 1.0), (62, 0.7)))
    share = np.clip((np.arange(5000) / RATE_HZ - 40.0) / 4.0, 0.0, 1.0)
    levels = mixed((unknown, 1.0 - share), (known, share))
    [heard] = likely_gains(levels, [Laid(500, known[500:], (2500, 4800))], rate_hz=RATE_HZ, bands=slice(0, BANDS))
    [edges] = find_edges([AudiblePart(track=0, gains=heard, core_s=(50.0, 96.0), file_s=(10.0, 300.0))], set_s=100.0)
    assert 39.0 <= edges.start_s <= 43.0  # not where its file begins


def part(track: int, start_s: float, end_s: float, *, zero_s: float = 0.0, speed: float = 1.0) -> LinePart:
    line = SetLine(zero_s=zero_s, speed=speed, pitch=speed, first_s=start_s, last_s=end_s, agreement=0.9, share=1.0)
    return LinePart(track=track, line=line, edges=Edges(start_s=start_s, end_s=end_s, full=1.0, evidence=3.0))


def test_a_loop_is_one_passage_no_longer_than_its_file() -> None:
    parts = [
        part(1, 0.0, 50.0),
        part(1, 58.0, 100.0, zero_s=8.0),
        part(2, 95.0, 180.0),
        part(1, 300.0, 380.0, zero_s=300),
    ]
    found = joined(parts)
    assert [(part.track, part.start_s, part.end_s) for part in found] == [
        (1, 0.0, 100.0),
        (2, 95.0, 180.0),
        (1, 300.0, 380.0),
    ]
    for speed in (0.94, 1.0, 1.08):
        file_s = 49.0
        lasts_s = file_s / speed
        again = part(1, lasts_s - 8.0, 2.0 * lasts_s - 8.0, zero_s=lasts_s - 8.0, speed=speed)
        parts = [replace(piece, file_s=file_s) for piece in (part(1, 0.0, lasts_s, speed=speed), again)]
        assert [round(piece.end_s - piece.start_s, 3) for piece in joined(parts)] == [round(lasts_s, 3)] * 2
        looped = [replace(piece, file_s=file_s) for piece in (part(1, 0.0, 20.0), part(1, 20.0, 45.0, zero_s=8.0))]
        assert [(piece.start_s, piece.end_s) for piece in joined(looped)] == [(0.0, 45.0)]
    whole = [replace(piece, file_s=49.0) for piece in (part(1, 0.0, 30.0), part(1, 28.0, 57.0, zero_s=8.0))]
    assert [(piece.start_s, piece.end_s) for piece in joined(whole)] == [(0.0, 57.0)]  # 8 s of it are a loop


def test_nearly_equal_tracks_are_alternatives_and_do_not_start_again() -> None:
    levels = course(31, 49.0)
    rng = np.random.default_rng(32)
    like = np.clip(levels.astype(int) + rng.integers(-6, 7, levels.shape), 0, 255).astype(np.uint8)

    def laid(track: int, its: np.ndarray, zero_s: float, agreement: float, lasts_s: float) -> tuple[int, SetLine, Laid]:
        line = replace(part(track, zero_s + 4.0, zero_s + 4.0 + lasts_s, zero_s=zero_s).line, agreement=agreement)
        first, last = (round(at * RATE_HZ) for at in (zero_s + 8.0, zero_s + lasts_s))
        return track, line, Laid(round(zero_s * RATE_HZ), its, (first, last))

    # The wrong one agrees less, but for longer.
    lines = [laid(1, levels, 0.0, 0.99, 40.0), laid(1, levels, 41.0, 0.85, 44.0), laid(2, like, 41.0, 0.98, 36.0)]
    found = of_different_recordings([*lines, laid(3, like, 0.0, 0.5, 40.0)], {1: 49.0, 2: 49.0, 3: 49.0})
    assert [(line[0], others) for line, others in found] == [(1, ()), (2, (1,))]


def test_kind_of_joint_follows_from_gap_and_overlap() -> None:
    ones = ([2.0 * bar for bar in range(60)], [2.0 * bar for bar in range(60)])
    first = FoundPassage((part(1, 0.0, 50.0),))
    assert mixed_on(first, FoundPassage((part(2, 60.0, 90.0),))) is None
    cut = mixed_on(first, FoundPassage((part(2, 50.2, 90.0),)))
    assert (cut.kind, cut.lasts_s) == ("cut", 0.0)
    on_bars = mixed_on(first, FoundPassage((part(2, 40.0, 90.0, zero_s=40.05),)), bars=ones)
    off_bars = mixed_on(first, FoundPassage((part(2, 40.0, 90.0, zero_s=40.5),)), bars=ones)
    assert (on_bars.kind, on_bars.lasts_s, on_bars.bars) == ("fade", 10.0, True)
    assert off_bars.bars is False


@pytest.mark.parametrize(
    ("lost_db", "gained_db", "kind"), [(12.0, 9.0, "bass_swap"), (12.0, 0.0, "fade"), (3.5, 3.5, "fade")]
)
def test_bass_swap_needs_a_change_in_both_tracks(lost_db: float, gained_db: float, kind: str) -> None:
    def heard(start_s: float, end_s: float, bass_db: Callable[[np.ndarray], np.ndarray]) -> LinePart:
        times = np.arange(start_s, end_s, 0.5)
        above = np.where((times > 40.0) & (times < 60.0), 0.25, 1.0)
        bass = GainCurve(start_s, 0.5, above * 10.0 ** (bass_db(times) / 10.0))
        return replace(part(1, start_s, end_s), curve=GainCurve(start_s, 0.5, above), bass=bass)

    first = heard(0.0, 60.0, lambda times: np.where(times > 52.0, -lost_db, 0.0))
    second = heard(40.0, 100.0, lambda times: np.where(times < 52.0, -gained_db, 0.0))
    mix = mixed_on(FoundPassage((first,)), FoundPassage((replace(second, track=2),)))
    assert mix.kind == kind
    assert kind == "fade" or mix.at_s == pytest.approx(52.0, abs=1.0)
