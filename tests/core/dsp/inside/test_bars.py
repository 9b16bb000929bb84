"""Where bars begin in small bands whose first beat is known."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from spectra import spectra_of
from support.small_band import BEAT_S, band, heard

from map4.core.dsp.inside.bar_evidence import ONSETS, first_sound_s
from map4.core.dsp.inside.bar_scorer import FIRST_PLACE, OFF, PLACES, shipped_weights
from map4.core.dsp.inside.bars import (
    FIRST_SOUND,
    RARE_COST,
    SURE_FIRST_SOUND,
    BarLayout,
    Counted,
    all_layouts,
    counted_on,
    find_bars,
    most_likely,
    opening,
)
from map4.core.dsp.rhythm.rhythm import estimate_rhythm, half_a_beat_later
from map4.core.dsp.spectrum.filters import ShortWindow
from map4.core.dsp.spectrum.packed import Packed
from map4.core.dsp.spectrum.semitones import Notes
from map4.core.music.analysis.inside import Bars

Samples = npt.NDArray[np.float64]


def bars_of(samples: Samples) -> Bars | None:
    return find_bars(*heard(samples))[1]


def assert_found(bars: Bars | None, firsts_s: Samples, *, least: float = 0.9) -> None:
    found = np.array(bars.downbeats_s)
    near = np.abs(found[:, None] - firsts_s[None, :]) <= 0.07
    assert near.any(axis=1).mean() >= least
    assert near.any(axis=0).mean() >= least


@pytest.mark.parametrize(("beats", "hats"), [(4, 2), (3, 2), (2, 3)])
def test_finds_first_beats_of_bars(beats: int, hats: int) -> None:
    samples, firsts_s = band([n % beats for n in range(66)], hats=hats)
    bars = bars_of(samples)
    assert_found(bars, firsts_s)
    assert bars.metre.beats_per_bar == beats


def test_downbeats_are_unmoved_beats_of_the_track_at_any_level() -> None:
    samples, _ = band([n % 4 for n in range(64)])
    spectra = spectra_of(samples.astype(np.float32))
    rhythm = estimate_rhythm(spectra)

    rhythm, bars = find_bars(spectra, Notes.of(spectra.pitch, spectra.tuning_semitones), rhythm)

    assert set(bars.downbeats_s) <= set(rhythm.beats_s)
    loud, quiet = bars_of(samples), bars_of(0.1 * samples)

    assert loud.downbeats_s == pytest.approx(quiet.downbeats_s, abs=1e-3)
    assert loud.metre.beats_per_bar == quiet.metre.beats_per_bar
    spectra, notes, rhythm = heard(samples)

    assert find_bars(spectra, notes, rhythm)[0] is rhythm


def test_bars_are_found_after_pickups_and_cuts_but_not_in_silence() -> None:
    samples, _ = band([0, 1, 2, 3])

    assert bars_of(samples) is None
    assert first_sound_s(Packed.of(np.zeros((100, 40), dtype=np.float32))) is None
    for pickup in (1, 2, 3):
        samples, firsts_s = band([(n - pickup) % 4 for n in range(64)])

        assert_found(bars_of(samples), firsts_s)
    whole = [n % 4 for n in range(48)]
    samples, firsts_s = band([*whole, 0, 1, *whole])

    assert_found(bars_of(samples), firsts_s)


def test_beats_and_bars_are_moved_and_rare_metres_cost_more() -> None:
    samples, firsts_s = band([n % 4 for n in range(64)])
    spectra, notes, rhythm = heard(samples)

    moved, bars = find_bars(spectra, notes, half_a_beat_later(rhythm, spectra.duration_s))

    assert_found(bars, firsts_s)
    away = (moved.grid.first_beat_s - rhythm.grid.first_beat_s) / BEAT_S
    assert abs(away - round(away)) < 0.02
    for shift, count in ((2, 24), (1, 40)):
        moved = [(n + shift) % 4 for n in range(count)]
        first = chosen(counted([n % 4 for n in range(60)] + moved + [n % 4 for n in range(60)]))

        assert first.first.tolist() == list(range(0, 120 + count, 4))
    first = chosen(counted([n % 4 for n in range(82)] + [n % 4 for n in range(80)]))

    assert first.first.tolist() == [*range(0, 80, 4), 80, *range(82, 162, 4)]
    spectra, notes, rhythm = heard(band([n % 4 for n in range(64)])[0])
    whole = replace(spectra, n_samples=70 * ShortWindow.SAMPLE_RATE_HZ)

    assert [counted_on(spectra_form, notes, rhythm).rare_cost for spectra_form in (spectra, whole)] == [0.0, RARE_COST]


def counted(
    places: list[int], *, sure: float = 0.9, between: float = 0.01, onsets: np.ndarray | None = None
) -> Counted:
    """Beats half a second apart, each of which seems to be that place of a bar of four."""
    scores = np.full((len(places), PLACES + 1), (1.0 - sure - between) / (PLACES - 1))
    scores[np.arange(len(places)), FIRST_PLACE[4] + np.array(places)] = sure
    scores[:, OFF] = between
    return Counted(
        beats_s=0.3 + BEAT_S * np.arange(len(places)),
        scores=np.log(scores).astype(np.float32),
        onsets=np.zeros((len(places), ONSETS), dtype=np.float32) if onsets is None else onsets,
    )


def chosen(*tried: Counted, sound_from_s: float | None = None, opens: float = FIRST_SOUND) -> BarLayout:
    even = replace(shipped_weights(), prior=np.zeros(7, dtype=np.float32))
    return most_likely(all_layouts(tried, sound_from_s, even, opens), even)[0]


def test_uncertain_track_begins_a_bar_with_its_first_sound() -> None:
    cases = [
        *((0.06, sound_from_s, FIRST_SOUND, begins)
          for sound_from_s, begins in ((0.82, 1), (0.32, 0), (1.55, 2), (1.3, 2), (None, 2))),
        (0.9, 0.8, SURE_FIRST_SOUND, 2), (0.6, 0.8, SURE_FIRST_SOUND, 1), (0.6, 0.8, FIRST_SOUND, 2),
    ]  # fmt: skip
    for sure, sound_from_s, opens, begins in cases:
        scores = counted([(n + 2) % 4 for n in range(64)], sure=sure)

        assert chosen(scores, sound_from_s=sound_from_s, opens=opens).first[0] == begins


def test_fills_are_before_downbeats_unless_bars_are_all_alike() -> None:
    for fill, begins in ((3, 0), (1, 2), (None, 2)):
        onsets = np.zeros((64, ONSETS), dtype=np.float32)
        if fill is not None:
            onsets[12 + fill :: 16] = np.random.default_rng(1).normal(size=(4, ONSETS))
        scores = counted([(n + 2) % 4 for n in range(64)], sure=0.2, onsets=onsets)

        assert chosen(scores).first[0] == begins
    for count in (3, 6, 40):
        onsets = np.tile(np.arange(count)[:, None] % 4, ONSETS).astype(np.float32)
        laid = all_layouts([counted([n % 4 for n in range(count)], onsets=onsets)], None, shipped_weights())

        assert [course.fills for course in laid] == [0.0] * len(laid)


@pytest.mark.parametrize("metre", [2, 3])
@pytest.mark.parametrize(
    ("share", "cost", "is_told"), [(0.7, 0.0, True), (0.7, RARE_COST, False), (0.9, RARE_COST, True)]
)
def test_two_and_three_beats_per_bar_need_more_evidence(metre: int, share: float, cost: float, is_told: bool) -> None:
    numbers = np.arange(60)
    scores = np.full((60, PLACES + 1), 1e-6)
    scores[numbers, FIRST_PLACE[4] + numbers % 4] = 1.0 - share
    scores[numbers, FIRST_PLACE[metre] + numbers % metre] = share
    way = replace(counted([0] * 60), scores=np.log(scores).astype(np.float32), rare_cost=cost)

    assert chosen(way).beats_per_bar == (metre if is_told else 4)


@pytest.mark.parametrize(("later", "moves"), [(0.75, True), (0.6, False)])
def test_beats_are_moved_only_if_that_is_much_likelier(later: float, moves: bool) -> None:
    places = [n % 4 for n in range(64)]

    assert chosen(counted(places, sure=0.2, between=0.5), counted(places, sure=later)).is_later == moves


@pytest.mark.parametrize(("start_s", "told_s"), [(1.0, 1.0), (0.0, None)])
def test_first_sound_has_a_time_only_after_silence(start_s: float, told_s: float | None) -> None:
    power = np.full((1000, 40), 1.0, dtype=np.float32)
    power[: round(start_s * ShortWindow.RATE_HZ)] = 1e-4

    assert first_sound_s(Packed.of(power)) == (told_s and pytest.approx(told_s, abs=0.01))


def test_a_whole_track_that_sounds_from_its_start_begins_a_bar() -> None:
    spectra, _, rhythm = heard(band([0, 1, 2, 3])[0])
    power = np.full((1000, 40), 1.0, dtype=np.float32)
    start = replace(spectra, mel_power=Packed.of(power))
    power[:5] = 1e-4
    padded = replace(spectra, mel_power=Packed.of(power))
    whole = {"n_samples": 70 * ShortWindow.SAMPLE_RATE_HZ, "tuning_strength": 1.0}

    assert opening(replace(start, **whole), rhythm) == (0.0, SURE_FIRST_SOUND)
    assert opening(replace(padded, **whole), rhythm) == (pytest.approx(0.05, abs=0.01), SURE_FIRST_SOUND)
    assert opening(replace(spectra, **whole), rhythm) == (pytest.approx(0.3, abs=0.05), FIRST_SOUND)
    assert opening(start, rhythm)[0] is None
