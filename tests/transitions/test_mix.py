"""Mixes from the façade down to the wave."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from conftest import write_clicks
from made_library import analysis_of, path_of, put
from mixable_tracks import MIXABLE, make_mixable_library

from map4 import Library
from map4.core.music.mixing.mix_plan import MixPlan
from map4.core.store.output import OutputFileError
from map4.errors import NothingFoundError, UsageError
from map4.lists.playlist.playlist import Playlist
from map4.scan.workers.lanes import inline_lanes


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(make_mixable_library(tmp_path / "library.map4"), lanes=inline_lanes) as library:
        yield library


def test_mix_of_library_tracks_has_a_plan_unless_unknown(library: Library, tmp_path: Path) -> None:
    made = library.mix("title 1", path_of(2))
    assert made.no_plan is None
    assert (made.plan.leave.bar, made.plan.enter.bar, made.plan.beats) == (49, 1, 32)
    assert made.plan.speed == pytest.approx((120 + 1 / 12) / (120 + 2 / 12), abs=1e-5)
    assert made.render is None
    with pytest.raises(UsageError, match=r"01\.mp3 is both tracks; a mix needs two different tracks"):
        library.mix(path_of(1), path_of(1))
    (tmp_path / "here.wav").touch()
    (tmp_path / "there.wav").symlink_to(tmp_path / "here.wav")
    with pytest.raises(UsageError, match="is both tracks"):
        library.mix(tmp_path / "here.wav", tmp_path / "there.wav")
    with pytest.raises(UsageError, match="is a folder"):
        library.mix(path_of(1), tmp_path)
    with pytest.raises(NothingFoundError):
        library.mix(path_of(1), "/music/nothing.mp3")
    with pytest.raises(UsageError, match="name a file to render to"):
        library.mix(path_of(1), path_of(2), click=True)


@pytest.fixture(scope="module")
def clicking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clicking")
    write_clicks(folder / "a.wav", 120.0, seconds=40.0)
    write_clicks(folder / "b.wav", 126.0, seconds=40.0)
    write_clicks(folder / "short.wav", 120.0, seconds=1.0)
    return folder


@pytest.mark.world
def test_rendered_transition_has_aligned_beats(clicking: Path, tmp_path: Path) -> None:
    out = tmp_path / "mix.wav"
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        made = library.mix(clicking / "a.wav", clicking / "b.wav", render=out, click=True)
        # Beats of A are at multiples of .5 s, those of B at multiples of 60 / 126 s.
        beats = np.arange(made.plan.beats)
        of_a = np.abs((made.plan.leave.at_s + 0.25) % 0.5 - 0.25)
        period_s = 60.0 / 126.0 / made.plan.speed
        apart = (beats * period_s + (made.plan.enter.at_s / made.plan.speed)) % period_s
        assert of_a < 0.01
        assert np.minimum(apart, period_s - apart).max() < 0.01
        assert period_s == pytest.approx(0.5, abs=1e-4)
        assert sf.info(out).duration == pytest.approx(made.render.lasts_s, abs=1e-3)
        assert library.mix(clicking / "a.wav", clicking / "b.wav", render=out).render is not None
        assert {file.format for file in library.files.written()} == {"mix"}


def test_music_is_never_written_over(clicking: Path, tmp_path: Path) -> None:
    foreign = write_clicks(tmp_path / "song.wav")
    before = foreign.read_bytes()
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        with pytest.raises(OutputFileError, match="choose another name"):
            library.mix(clicking / "a.wav", clicking / "b.wav", render=foreign)
        with pytest.raises(UsageError, match="WAV"):
            library.mix(clicking / "a.wav", clicking / "b.wav", render=tmp_path / "mix.mp3")
        library.scan([tmp_path])
        with pytest.raises(UsageError, match="music file name"):
            library.mix(clicking / "a.wav", clicking / "b.wav", render=foreign)
    assert foreign.read_bytes() == before


def test_mix_without_beats_gives_the_reason(clicking: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        made = library.mix(clicking / "short.wav", clicking / "a.wav", render=tmp_path / "mix.wav")
    assert made.plan is None
    assert made.no_plan == "short.wav has no beats"
    assert not (tmp_path / "mix.wav").exists()


@pytest.mark.world
def test_render_is_not_overwritten_if_it_is_one_of_the_tracks(clicking: Path, tmp_path: Path) -> None:
    """map4 wrote it, so that the rule of files that are its own would let it go."""
    out, link = tmp_path / "mix.wav", tmp_path / "link.wav"
    with Library.open(tmp_path / "library.map4", lanes=inline_lanes) as library:
        library.mix(clicking / "a.wav", clicking / "b.wav", render=out)
        before = out.read_bytes()
        link.symlink_to(out)
        for target in (out, link):
            with pytest.raises(UsageError, match="one of the two tracks"):
                library.mix(out, clicking / "b.wav", render=target)
            with pytest.raises(UsageError, match="one of the two tracks"):
                library.mix(clicking / "a.wav", out, render=target)
    assert out.read_bytes() == before


# ---- lists -----------------------------------------------------------------------------------------------------------


def plans_of(made: Playlist) -> list[MixPlan]:
    found = [pick.plan for pick in made.picks[1:]]
    assert all(isinstance(plan, MixPlan) for plan in found)
    return found  # type: ignore[return-value]


def test_planned_list_has_plans_known_bars_and_the_requested_minutes(library: Library) -> None:
    plain = library.playlist(path_of(0), n=6)
    assert all(pick.plan is None for pick in plain.picks)
    assert "plan" not in plain.picks[1].detail(2)["transition"]
    made = library.playlist(path_of(0), n=6, plan=True)
    plans = plans_of(made)
    full_s = sum(pick.track.analysis.duration_s for pick in made.picks if pick.track.analysis)
    assert made.duration_s < full_s - 10.0 * len(plans)
    assert made.duration_s == pytest.approx(made.to_summary()["duration_s"], abs=0.1)
    for before, after in itertools.pairwise(plans):
        assert after.leave.at_s >= before.enter.until_s

    def known(**options: bool) -> int:
        made = library.playlist(path_of(MIXABLE - 1), n=6, **options)
        bars = [pick.track.path < path_of(MIXABLE - 4) for pick in made.picks[1:]]
        return sum(bars)

    assert known(plan=True) == 5
    assert known() < 5
    made = library.playlist(path_of(0), minutes=12, plan=True)
    plain = library.playlist(path_of(0), minutes=12)
    assert len(made.picks) > len(plain.picks)
    assert made.duration_s == pytest.approx(720.0, abs=70.0)


def test_minutes_as_a_mix_count_estimated_overlaps(library: Library) -> None:
    plain, mixed = (library.playlist(path_of(0), minutes=12, as_mix=as_mix) for as_mix in (False, True))
    assert len(mixed.picks) > len(plain.picks)
    assert plain.mix_s is not None
    assert plain.mix_s < plain.duration_s - 10.0 * (len(plain.picks) - 1)
    assert mixed.mix_s == mixed.to_record()["mix_s"] == pytest.approx(720.0, abs=70.0)
    assert library.playlist(path_of(0), preset="dj_set", minutes=12).mix_s == mixed.mix_s
    assert library.playlist(path_of(0), preset="radio", minutes=12).picks[-1].position == len(plain.picks)
    assert library.playlist(path_of(0), minutes=12, plan=True).mix_s == pytest.approx(720.0, abs=70.0)
    counted = library.playlist(path_of(0), preset="dj_set", n=6)
    assert (counted.mix_s, len(counted.picks)) == (None, 6)


def test_a_stored_list_keeps_its_plans_until_tracks_are_missing(library: Library) -> None:
    made = library.playlist(path_of(0), n=5, plan=True)
    library.lists.save("Friday", made.to_tracklist(name="Friday"))
    stored = library.lists.content(library.lists.read("Friday"))
    assert [pick.plan for pick in stored.picks][1:] == [plan.rounded() for plan in plans_of(made)]
    ordered = library.lists.order(library.lists.read("Friday")).content
    assert all(pick.plan is None for pick in ordered.picks)


def test_track_without_beats_in_a_planned_list_has_a_reason(library: Library, tmp_path: Path) -> None:

    put(library, 40, replace(analysis_of(1), tempo=None))
    made = library.playlist([path_of(0), path_of(40)], n=2, plan=True)
    record = made.picks[1].detail(2)["transition"]
    assert record["plan"] is None
    assert record["no_plan"].endswith("has no beats")
