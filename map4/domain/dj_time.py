"""Where the time scales of DJ programs begin, beside map4's own.

map4's time zero is the first sample after the encoder delay. Some programs keep the delay of an MP3 in, so that
what they write lies later than the same beat in map4.
"""

from __future__ import annotations

from typing import Literal

Program = Literal["rekordbox", "traktor", "virtualdj", "serato", "mixxx"]


def program_offset_s(program: Program, codec: str | None) -> float:
    """What is added to a time of map4 to get the same moment in a program's own time, in seconds.

    Parameters
    ----------
    program : whose times are wanted
    codec : of the file, as `AudioFormat.codec` or the suffix of its name has it; None where it is not known

    Notes
    -----
    To read a program's times, subtract it.
    """
    return 0.0
