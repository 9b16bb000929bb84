"""Where the time of DJ programs begins."""

from typing import get_args

import pytest

from map4.formats.time_zero import Program, program_offset_s

AAC = ("aac", "m4a", "mp4", "m4b")
OTHERS = (None, "flac", "pcm", "wav", "aiff", "alac", "vorbis", "opus", "wma")
LATE_S = {(program, "mp3"): 0.025057 for program in ("rekordbox", "traktor", "serato")}
LATE_S |= {("rekordbox", codec): 0.047891 for codec in AAC}


def test_only_known_delays_of_lame_and_apple_move_times() -> None:
    for program in get_args(Program):
        for codec in ("mp3", *AAC, *OTHERS):
            assert program_offset_s(program, codec) == pytest.approx(LATE_S.get((program, codec), 0.0), abs=1e-6)
