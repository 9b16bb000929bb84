"""Offsets of the time scales of DJ programs from map4's.

Encoders put silence in front of the music: LAME 576 samples, to which every decoder adds 529; Apple's AAC encoder 2112.
map4's time zero is the first sample after that, if the file states it. Some programs begin with the silence instead, so
that their times are later than map4's for the same beat:

========== =================== =================== =======
program    MP3                 AAC in MP4          others
========== =================== =================== =======
rekordbox  + 1105 samples [1]  + 2112 samples [2]  0
Traktor    + 1105 samples [3]  0 [4]               0
Serato     + 1105 samples [5]  0 [4]               0
VirtualDJ  0, not known        0, not known        0
Mixxx      0 [6]               0 [6]               0
Engine     0, not known        0, not known        0
========== =================== =================== =======

Certainty and sources:

1. Sure. The two demo tracks that come with rekordbox begin on the beat, and its own export has their first beats and
   cues at 0.025, 15.025, 30.025 s (`rekordbox5.xml` of pyrekordbox); 1105 / 44100 Hz is 0.02506 s. Mixxx takes 26 ms
   off what rekordbox wrote when it decodes with FFmpeg, which drops the delay (mixxx pull request 2119,
   `timingOffsetForFile`). rekordbox stopped dropping it in version 1.5.4 (its release notes of 2012).
2. Fairly sure. Rekord Buddy takes 48 ms off (`MarkerOffset.cpp`), and so does Mixxx with Apple's decoder, which drops
   what iTunes put in front: 2112 / 44100 Hz is 47.9 ms. Other encoders put fewer samples in front (FFmpeg 1024).
3. Sure for files that LAME made: measurements found no difference between Traktor and rekordbox there
   (dj-data-converter issue 3). If the header lacks LAME's checksum (about 6 % of the files measured there, including
   those that FFmpeg made), Traktor plays the header too, and is another frame of 1152 samples late.
4. Rekord Buddy corrects only rekordbox, so the other programs agree with each other.
5. Within 1 ms or so: Mixxx takes 26 ms off at 44.1 kHz and 24 ms at 48 kHz (`serato/tags.cpp`), by eye and ear.
6. Mixxx drops the stated delay; how exactly depends on the decoder that it was built with.

map4 knows a file's codec but not its header here. So a file of an encoder other than LAME, or without a stated delay
(on which map4 and the programs then agree), is off by up to the numbers above. Samples are counted at 44.1 kHz in every
file, which is at most 4 ms too much at 48 kHz: programs and decoders report different rates for one file (half for
HE-AAC), and exported times must return unchanged.
"""

from __future__ import annotations

from typing import Literal

Program = Literal["rekordbox", "traktor", "virtualdj", "serato", "mixxx", "engine"]

LAME_DELAY_SAMPLES = 576 + 529
"""Silence at the start of an MP3 by LAME: from the encoder, and from the decoder (as in LAME's header)."""

AAC_PRIMING_SAMPLES = 2112  # silence at the start of AAC by Apple's encoder (Apple, Technical Note TN2258)

_RATE_HZ = 44_100
_AAC = frozenset({"aac", "m4a", "m4b", "mp4"})
_MP3_BEGINS_WITH_DELAY: frozenset[Program] = frozenset({"rekordbox", "traktor", "serato"})
_AAC_BEGINS_WITH_PRIMING: frozenset[Program] = frozenset({"rekordbox"})


def program_offset_s(program: Program, codec: str | None) -> float:
    """Return the seconds to add to a time of map4 to get the same moment in a program's time.

    codec: of the file, as in `AudioFormat.codec` or its suffix; None (unknown) gives 0; "m4a" is taken for AAC, not for
        ALAC

    To read a program's times, subtract it. The module docstring has the sources of the numbers and their certainty.
    """
    samples = 0
    if codec == "mp3" and program in _MP3_BEGINS_WITH_DELAY:
        samples = LAME_DELAY_SAMPLES
    elif codec in _AAC and program in _AAC_BEGINS_WITH_PRIMING:
        samples = AAC_PRIMING_SAMPLES
    return round(samples / _RATE_HZ, 6)
