"""Where the time of DJ programs begins."""

from __future__ import annotations

from typing import get_args

import pytest

from map4.formats.time_zero import Program, program_offset_s

PROGRAMS = get_args(Program)


def test_mp3_offset_is_the_delay_of_lame() -> None:
    for program in ("rekordbox", "traktor", "serato"):
        assert program_offset_s(program, "mp3") == pytest.approx(0.025057, abs=1e-6)


def test_aac_offset_of_rekordbox_is_the_delay_of_apple() -> None:
    for codec in ("aac", "m4a", "mp4", "m4b"):
        assert program_offset_s("rekordbox", codec) == pytest.approx(0.04789, abs=1e-5)


def test_other_codecs_and_unknown_delays_are_not_moved() -> None:
    cases = [(program, "aac") for program in PROGRAMS if program != "rekordbox"]
    cases += [("virtualdj", "mp3"), ("mixxx", "mp3")]
    codecs = (None, "flac", "pcm", "wav", "aiff", "alac", "vorbis", "opus", "wma")
    for program, codec in [*cases, *((program, codec) for program in PROGRAMS for codec in codecs)]:
        assert program_offset_s(program, codec) == 0.0
