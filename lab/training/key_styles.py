"""What the rule-made pieces of the key scorer play: harmony, scales and sounds by style.

Everything is written from common knowledge of the styles. The label is what a listener would call the key: the mode of
a blues over dominant sevenths is that of its melody and riff, minor where they leave out the major third.
How drums, bass and chords move comes from the patterns of `tempo_patterns`.

A progression is a row of `degree:quality` or `degree:quality*chords' lengths`, degrees in semitones above the tonic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

QUALITIES: dict[str, tuple[int, ...]] = {
    "M": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "9": (0, 4, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "M9": (0, 4, 7, 11, 14),
    "d": (0, 3, 6),
    "h": (0, 3, 6, 10),
    "s": (0, 5, 7),
    "s2": (0, 2, 7),
    "7s": (0, 5, 7, 10),
    "1": (0,),
}

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MIXOLYDIAN = (0, 2, 4, 5, 7, 9, 10)
LYDIAN = (0, 2, 4, 6, 7, 9, 11)
PENTATONIC = (0, 2, 4, 7, 9)
MAJOR_BLUES = (0, 2, 3, 4, 7, 9)
BLUES = (0, 3, 5, 6, 7, 10)
MIXED_BLUES = (0, 3, 4, 5, 7, 10)
MINOR_PENTATONIC = (0, 3, 5, 7, 10)
AEOLIAN = (0, 2, 3, 5, 7, 8, 10)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
PHRYGIAN = (0, 1, 3, 5, 7, 8, 10)
HARMONIC = (0, 2, 3, 5, 7, 8, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyStyle:
    """One style in one mode.

    Parameters
    ----------
    mode : of the label
    share : how often it is drawn, relative to the others
    grooves : names of styles of `tempo_patterns.STYLES`, which give tempo, metre, drums, bass and comping
    progressions : to choose from, with " | " between them
    scales : to choose from
    chords, leads, basses : General MIDI programs to choose from
    sung : chance that the melody is sung instead of played
    driven : chance that distorted guitars play the chords
    riff : chance that the bass plays a riff of one bar instead of the groove's pattern
    without : chances that chords, melody and bass are left out
    spoken : chance that somebody speaks over it
    imitating : chance that one or two voices imitate the melody
    agreeing : whether the melody takes on the altered notes of chords
    """

    mode: Literal["major", "minor"]
    share: float
    grooves: tuple[str, ...]
    progressions: str
    scales: tuple[tuple[int, ...], ...]
    chords: tuple[int, ...] = (0, 4, 16, 24, 25, 27)
    leads: tuple[int, ...] = (0, 11, 22, 27, 56, 65, 66, 73, 80)
    basses: tuple[int, ...] = (32, 33, 34, 35)
    sung: float = 0.5
    driven: float = 0.0
    riff: float = 0.15
    without: tuple[float, float, float] = (0.1, 0.15, 0.1)
    spoken: float = 0.0
    imitating: float = 0.0
    agreeing: bool = False


ROCK_GROOVES = ("rock", "rock", "slow rock", "punk")
GUITARS = (25, 26, 27, 28, 29, 30)
SYNTHS = (80, 81, 82, 84, 87, 90, 62, 63)
PADS = (88, 89, 90, 91, 94, 95, 50, 51, 48)
SYNTH_BASSES = (38, 39, 87)
ORCHESTRA = (40, 41, 42, 48, 49, 56, 60, 68, 70, 71, 73)
KEYBOARDS = (0, 0, 0, 1, 6, 19, 46)

STYLES: dict[str, KeyStyle] = {
    "blues major": KeyStyle(
        mode="major",
        share=4,
        grooves=("shuffle", "slow swing", "slow rock", "swing", "six-eight ballad", "shuffle"),
        progressions=(
            "0:7*4 5:7*2 0:7*2 7:7 5:7 0:7 7:7 | 0:7 5:7 0:7*2 5:7*2 0:7*2 7:7 5:7 0:7*2 | 0:7 | 0:7 5:7 | "
            "0:7*2 5:7 0:7 | 0:6 9:7 2:7 7:7 | 0:M 0:7 5:7 5:m 0:M 9:7 2:7 7:7"
        ),
        scales=(MIXED_BLUES, MAJOR_BLUES, MAJOR_BLUES, MIXOLYDIAN),
        chords=(0, 3, 16, 17, 24, 25, 26, 27),
        leads=(22, 22, 26, 27, 29, 66, 56, 0),
        sung=0.5,
        riff=0.25,
        without=(0.2, 0.1, 0.15),
    ),
    "blues minor": KeyStyle(
        mode="minor",
        share=7,
        grooves=("shuffle", "slow swing", "slow rock", "rock", "six-eight ballad"),
        progressions=(
            "0:7*4 5:7*2 0:7*2 7:7 5:7 0:7 7:7 | 0:7 5:7 0:7*2 5:7*2 0:7*2 7:7 5:7 0:7*2 | 0:7 | 0:5*4 5:5*2 "
            "0:5*2 7:7 5:7 0:5 7:7 | 0:m7*4 5:m7*2 0:m7*2 8:7 7:7 0:m7 7:7 | 0:m | 0:5 | 0:m7 | 0:1 | 0:5 5:5"
            " | 0:m*2 5:m 0:m | 0:m7 5:7 | 0:5*4 5:5*2 0:5*2 7:5 5:5 0:5*2 | 0:m 5:m 0:m 7:7"
        ),
        scales=(BLUES, BLUES, MINOR_PENTATONIC),
        chords=(0, 16, 24, 25, 26, 27, 29),
        leads=(22, 22, 25, 26, 27, 29, 66),
        sung=0.6,
        driven=0.15,
        riff=0.45,
        without=(0.3, 0.05, 0.2),
    ),
    "rock major": KeyStyle(
        mode="major",
        share=8,
        grooves=ROCK_GROOVES,
        progressions=(
            "0:M 10:M 5:M 0:M | 0:M 5:M 7:M 5:M | 0:M 7:M 9:m 5:M | 0:M 5:M | 0:5 10:5 5:5 5:5 | 0:5 5:5 0:5 "
            "7:5 | 0:M 4:m 5:M 7:M | 0:M 2:m 5:M 0:M | 5:M 0:M 7:M 0:M | 0:M 9:m 2:m 7:M | 0:M*3 7:M | 0:M "
            "8:M 10:M 0:M | 0:M 4:M 5:M 5:m | 0:5*2 3:5 5:5 | 0:M 7:M 5:M 0:M | 9:m 5:M 0:M 7:M"
        ),
        scales=(MAJOR, MIXOLYDIAN, PENTATONIC, MAJOR_BLUES, MIXED_BLUES),
        chords=(*GUITARS, 18, 0),
        leads=(*GUITARS, 18, 0),
        basses=(33, 34, 33),
        sung=0.7,
        driven=0.5,
    ),
    "rock minor": KeyStyle(
        mode="minor",
        share=8,
        grooves=ROCK_GROOVES,
        progressions=(
            "0:m 10:M 8:M 10:M | 0:m 8:M 3:M 10:M | 0:5 3:5 5:5 0:5 | 0:m 5:m 7:m 0:m | 0:m 5:m 0:m 7:M | 0:5"
            " 10:5 8:5 7:5 | 0:m 10:M | 0:m 3:M 10:M 5:M | 0:5 | 0:5*3 3:5 | 0:m*2 10:M 5:M | 0:m 10:M 8:M "
            "7:M | 0:5 10:5 | 0:m 8:M | 0:5*2 10:5 3:5 | 0:m7 5:7"
        ),
        scales=(AEOLIAN, MINOR_PENTATONIC, MINOR_PENTATONIC, DORIAN, BLUES, HARMONIC),
        chords=(*GUITARS, 18),
        leads=(*GUITARS, 18, 0),
        basses=(33, 34, 33),
        sung=0.7,
        driven=0.5,
        riff=0.3,
    ),
    "metal": KeyStyle(
        mode="minor",
        share=7,
        grooves=("metal", "metal", "rock", "punk", "slow rock"),
        progressions=(
            "0:5*2 1:5 0:5 | 0:5 3:5 5:5 6:5 | 0:5*3 3:5 | 0:5 8:5 10:5 0:5 | 0:5*2 10:5 8:5 | 0:5 1:5 3:5 "
            "1:5 | 0:5 | 0:5*3 1:5 | 0:5 8:5 3:5 10:5 | 0:m 8:M 5:m 7:M | 0:5*2 6:5 5:5 | 0:5 3:5 10:5 5:5"
        ),
        scales=(PHRYGIAN, BLUES, AEOLIAN, HARMONIC, MINOR_PENTATONIC),
        chords=(29, 30, 30),
        leads=(29, 30, 30, 81),
        basses=(33, 34),
        sung=0.5,
        driven=0.85,
        riff=0.35,
        without=(0.05, 0.35, 0.1),
    ),
    "hip-hop minor": KeyStyle(
        mode="minor",
        share=8,
        grooves=("hip-hop", "hip-hop", "trap", "dubstep", "breaks", "funk"),
        progressions=(
            "0:m7 | 0:m7 5:m7 | 0:m 8:M | 0:m9 10:7 | 0:m 7:m | 0:m*2 8:M 7:7 | 0:m 5:m | 0:1 | 0:m | 0:m*3 "
            "1:M | 0:m 8:M 10:M 0:m | 0:m9 8:M7 | 0:m7*3 10:M | 0:m 3:M 8:M 7:M"
        ),
        scales=(MINOR_PENTATONIC, AEOLIAN, DORIAN, HARMONIC, BLUES),
        chords=(0, 4, 11, 12, 46, 48, 52, 88, 45),
        leads=(4, 11, 12, 46, 48, 73, 75, 80, 81),
        basses=(33, 38, 39, 87),
        sung=0.35,
        riff=0.4,
        without=(0.25, 0.3, 0.15),
    ),
    "hip-hop major": KeyStyle(
        mode="major",
        share=2,
        grooves=("hip-hop", "trap", "breaks"),
        progressions="0:M7 5:M7 | 0:M 9:m | 0:M7 | 2:m7 7:7 0:M7*2 | 0:M9 5:9 | 0:M 4:m 5:M 7:M | 0:7",
        scales=(PENTATONIC, MAJOR, MAJOR_BLUES),
        chords=(0, 4, 11, 46, 48, 88),
        leads=(4, 11, 46, 73, 80),
        basses=(33, 38, 39),
        sung=0.35,
        riff=0.3,
        without=(0.2, 0.3, 0.15),
    ),
    "soul minor": KeyStyle(
        mode="minor",
        share=6,
        grooves=("disco", "funk", "house", "slow rock", "latin"),
        progressions=(
            "0:m7 5:7 | 0:m 10:M 8:M 7:7 | 0:m7*2 5:m7 7:7 | 0:m 3:M 8:M 7:M | 0:m7 10:7 | 8:M 10:M 0:m*2 | "
            "0:m 8:M 5:m 7:M | 0:m7 | 0:m9 | 0:m7 5:m7 | 0:m7*3 7:7s | 0:m9*2 5:9*2 | 0:7"
        ),
        scales=(MINOR_PENTATONIC, AEOLIAN, DORIAN, HARMONIC, BLUES),
        chords=(4, 5, 7, 16, 27, 28, 48, 61),
        leads=(4, 27, 48, 56, 61, 65, 73, 80),
        basses=(33, 36, 37, 38),
        sung=0.65,
        riff=0.35,
    ),
    "soul major": KeyStyle(
        mode="major",
        share=4,
        grooves=("disco", "funk", "house", "ballad", "six-eight ballad"),
        progressions=(
            "0:M 9:m 5:M 7:M | 2:m7 7:7 0:M7 9:m7 | 0:M 5:M | 0:M7 5:M7 | 5:M 7:M 4:m 9:m 5:M 7:M 0:M*2 | 0:M"
            " 10:M | 0:M7 4:m7 5:M7 7:7s | 0:7 | 0:9 5:9 | 0:M 4:7 9:m 0:7 5:M 5:m 0:M 7:7"
        ),
        scales=(MAJOR, PENTATONIC, MIXOLYDIAN, MAJOR_BLUES),
        chords=(0, 4, 16, 27, 48, 61),
        leads=(4, 27, 48, 56, 61, 65, 73),
        basses=(33, 36, 38),
        sung=0.65,
        riff=0.2,
    ),
    "reggae major": KeyStyle(
        mode="major",
        share=5,
        grooves=("reggae", "reggae", "ska"),
        progressions=(
            "0:M 5:M | 0:M 2:m | 0:M 5:M 7:M 5:M | 0:M 7:M 9:m 5:M | 0:M 10:M | 0:M*3 7:M | 0:M 7:M | 0:M 2:m"
            " 5:M 7:M | 0:M | 0:M 9:m | 0:M 4:m 2:m 7:M"
        ),
        scales=(MAJOR, PENTATONIC, PENTATONIC, MIXOLYDIAN),
        chords=(16, 17, 27, 0, 28),
        leads=(16, 17, 22, 27, 56, 57, 66),
        basses=(32, 33, 35),
        sung=0.7,
        riff=0.5,
    ),
    "reggae minor": KeyStyle(
        mode="minor",
        share=4,
        grooves=("reggae", "reggae", "dubstep"),
        progressions=(
            "0:m 5:m | 0:m 7:m | 0:m 10:M | 0:m 5:m 7:m 0:m | 0:m | 0:m 10:M 8:M 10:M | 0:m*3 5:m | 0:m 8:M |"
            " 0:m*2 5:m 7:7"
        ),
        scales=(AEOLIAN, MINOR_PENTATONIC, DORIAN),
        chords=(16, 17, 27, 0, 28),
        leads=(16, 22, 27, 56, 57, 66),
        basses=(32, 33, 35),
        sung=0.65,
        riff=0.5,
    ),
    "jazz major": KeyStyle(
        mode="major",
        share=5,
        grooves=("swing", "swing", "slow swing", "bossa nova", "ballad"),
        progressions=(
            "2:m7 7:7 0:M7 9:7 | 0:M7 9:7 2:m7 7:7 | 0:M7 5:7 4:m7 9:7 2:m7 7:7 | 0:7 5:7 0:7*2 5:7 6:d 0:7 "
            "9:7 2:m7 7:7 0:7 7:7 | 0:6 9:7 2:m7 7:7 4:m7 9:7 2:m7 7:7 | 0:M7 0:7 5:M7 5:m6 0:M7 9:7 2:m7 7:7"
            " | 0:6*2 2:7*2 2:m7 7:7 0:6*2 | 9:7*2 2:7*2 7:7*2 0:6*2 | 0:M7 2:m7"
        ),
        scales=(MAJOR, MAJOR, MIXED_BLUES, MAJOR_BLUES),
        chords=(0, 0, 4, 11, 26, 16),
        leads=(0, 11, 26, 56, 57, 65, 66, 71),
        basses=(32,),
        sung=0.3,
        riff=0.05,
    ),
    "jazz minor": KeyStyle(
        mode="minor",
        share=5,
        grooves=("swing", "swing", "slow swing", "bossa nova", "latin", "ballad"),
        progressions=(
            "2:h 7:7 0:m7*2 | 0:m7 10:7 8:M7 7:7 | 0:m9 | 0:m7 5:m7 2:h 7:7 | 0:m6*2 2:h 7:7 | 5:m7 10:7 3:M7"
            " 8:M7 2:h 7:7 0:m6*2 | 0:m7 | 0:m7*3 5:7 | 0:m6 0:m7 5:m7 7:7 | 0:m7*4 5:m7*2 0:m7*2 8:7 7:7 "
            "0:m7*2 | 0:m7*2 1:m7 0:m7"
        ),
        scales=(HARMONIC, DORIAN, DORIAN, MINOR_PENTATONIC, BLUES),
        chords=(0, 0, 4, 11, 26),
        leads=(0, 11, 26, 56, 57, 65, 66, 71),
        basses=(32,),
        sung=0.3,
        riff=0.15,
    ),
    "country": KeyStyle(
        mode="major",
        share=6,
        grooves=("country", "two-step", "waltz", "slow rock", "ballad"),
        progressions=(
            "0:M 5:M 0:M 7:M | 0:M*2 7:7*2 | 0:M 5:M 7:M 0:M | 0:M 2:7 7:7 0:M | 0:M 9:m 5:M 7:M | 0:M*2 "
            "5:M*2 7:7*2 0:M*2 | 0:M*2 7:7*2 7:7*2 0:M*2 | 0:M 0:7 5:M 5:m 0:M 7:7 0:M*2 | 5:M 0:M 7:7 0:M"
        ),
        scales=(MAJOR, PENTATONIC, PENTATONIC, MAJOR_BLUES),
        chords=(24, 25, 25, 27, 0),
        leads=(25, 27, 105, 110, 40, 22, 0),
        sung=0.7,
        riff=0.0,
    ),
    "folk major": KeyStyle(
        mode="major",
        share=3,
        grooves=("jig", "reel", "waltz", "march", "country"),
        progressions=(
            "0:M*2 7:M 0:M | 0:M 5:M 7:M 0:M | 0:M*2 5:M 7:M 0:M*2 7:M 0:M | 0:M 10:M 0:M 7:M | 0:M*3 7:M | "
            "0:M 9:m 5:M 7:M"
        ),
        scales=(MAJOR, MAJOR, PENTATONIC, MIXOLYDIAN),
        chords=(24, 25, 0, 21, 15),
        leads=(40, 21, 73, 75, 105, 110, 109, 22, 15),
        basses=(32, 32, 43),
        sung=0.15,
        riff=0.0,
        without=(0.3, 0.0, 0.3),
    ),
    "folk minor": KeyStyle(
        mode="minor",
        share=3,
        grooves=("jig", "reel", "waltz", "march", "ballad"),
        progressions=(
            "0:m*2 10:M 0:m | 0:m 10:M 7:M 0:m | 0:m 10:M 8:M 7:M | 0:m*3 10:M | 0:m 3:M 10:M 0:m | 0:m 5:m "
            "7:7 0:m | 0:m 10:M"
        ),
        scales=(AEOLIAN, DORIAN, HARMONIC, MINOR_PENTATONIC),
        chords=(24, 25, 0, 21, 15),
        leads=(40, 21, 73, 75, 105, 110, 109, 22, 15),
        basses=(32, 32, 43),
        sung=0.15,
        riff=0.0,
        without=(0.3, 0.0, 0.3),
    ),
    "edm minor": KeyStyle(
        mode="minor",
        share=7,
        grooves=("house", "techno", "trance", "hardcore", "drum & bass", "dubstep", "garage", "breaks"),
        progressions=(
            "0:m | 0:m 8:M 3:M 10:M | 0:m*2 10:M 8:M | 8:M 10:M 0:m*2 | 0:m 5:m | 5:m 8:M 0:m 10:M | 0:m 1:M "
            "| 0:1 | 0:m7 | 0:m*3 3:M | 0:m 10:M | 0:m 8:M 5:m 7:m | 0:m9*3 10:M | 0:m*2 8:M*2 5:m*2 10:M*2"
        ),
        scales=(AEOLIAN, MINOR_PENTATONIC, PHRYGIAN, HARMONIC),
        chords=(*SYNTHS, *PADS, 0, 4),
        leads=SYNTHS,
        basses=SYNTH_BASSES,
        sung=0.25,
        riff=0.35,
        without=(0.2, 0.3, 0.1),
    ),
    "edm major": KeyStyle(
        mode="major",
        share=3,
        grooves=("house", "trance", "hardcore", "drum & bass", "garage"),
        progressions=(
            "0:M 7:M 9:m 5:M | 5:M 0:M 7:M 9:m | 9:m 5:M 0:M 7:M | 0:M 5:M | 0:M7 5:M7 | 5:M 7:M 0:M 0:M | "
            "0:M 2:m 9:m 5:M"
        ),
        scales=(MAJOR, PENTATONIC, MAJOR),
        chords=(*SYNTHS, *PADS, 0, 4),
        leads=SYNTHS,
        basses=SYNTH_BASSES,
        sung=0.3,
        riff=0.15,
        without=(0.15, 0.25, 0.1),
    ),
    "pop major": KeyStyle(
        mode="major",
        share=3,
        grooves=("synth-pop", "rock", "ballad", "disco", "reggaeton", "chiptune"),
        progressions=(
            "0:M 7:M 9:m 5:M | 0:M 9:m 5:M 7:M | 5:M 7:M 0:M*2 | 0:M 4:m 5:M 7:M | 0:M 5:M 2:m 7:M | 0:M 4:M "
            "9:m 5:M | 0:M 10:M 5:M 0:M | 2:m 7:M 0:M 9:m"
        ),
        scales=(MAJOR, PENTATONIC),
        chords=(0, 4, 24, 25, 50, 80, 88),
        leads=(0, 4, 25, 48, 80, 81),
        basses=(33, 34, 38),
        sung=0.75,
        riff=0.05,
    ),
    "pop minor": KeyStyle(
        mode="minor",
        share=5,
        grooves=("synth-pop", "rock", "ballad", "disco", "reggaeton", "chiptune", "hip-hop"),
        progressions=(
            "0:m 8:M 3:M 10:M | 0:m 10:M 8:M 10:M | 0:m 5:m 8:M 7:M | 0:m 5:m 10:M 3:M 8:M 5:m 7:7*2 | 0:m "
            "8:M 10:M 0:m | 0:m 7:m 8:M 5:m | 0:m 3:M 10:M 5:m | 0:m 10:M 8:M 7:7"
        ),
        scales=(AEOLIAN, AEOLIAN, HARMONIC, MINOR_PENTATONIC),
        chords=(0, 4, 24, 25, 50, 80, 88),
        leads=(0, 4, 25, 48, 80, 81),
        basses=(33, 34, 38),
        sung=0.75,
        riff=0.1,
    ),
    "latin": KeyStyle(
        mode="minor",
        share=2,
        grooves=("latin", "bossa nova", "reggaeton"),
        progressions="0:m 7:7 | 0:m 5:m 7:7 7:7 | 0:m 10:M 8:M 7:7 | 0:m7 5:7 | 0:m 5:m 0:m 7:7",
        scales=(HARMONIC, AEOLIAN, DORIAN),
        chords=(0, 24, 25, 61),
        leads=(56, 57, 73, 24, 0),
        sung=0.6,
        riff=0.15,
    ),
    "latin major": KeyStyle(
        mode="major",
        share=2,
        grooves=("latin", "bossa nova", "reggaeton"),
        progressions="0:M 5:M 7:7 5:M | 0:M 7:7 | 0:M 2:m7 7:7 0:M | 0:6 2:m7 7:7 0:6 | 0:M7 2:7 2:m7 7:7",
        scales=(MAJOR, MAJOR, MIXOLYDIAN),
        chords=(0, 24, 25, 61),
        leads=(56, 57, 73, 24, 0),
        sung=0.6,
        riff=0.1,
    ),
    "classical major": KeyStyle(
        mode="major",
        share=4,
        grooves=("keyboard study", "waltz", "six-eight ballad", "march", "ballad"),
        progressions=(
            "0:M 5:M 7:7 0:M | 0:M 7:7 0:M 2:m 7:7 0:M 2:7 7:M 2:7 7:M 7:7 0:M | 0:M 9:m 2:m 7:7 | 0:M 4:7 "
            "9:m 2:7 7:7 0:M | 0:M 7:M 9:m 4:m 5:M 0:M 2:m 7:7 | 0:M 0:7 5:M 5:m 0:M 7:7 0:M*2 | 0:M 2:m 11:d"
            " 0:M 5:M 7:7 0:M 7:7"
        ),
        scales=(MAJOR,),
        chords=(*KEYBOARDS, 48, 49),
        leads=(*ORCHESTRA, *KEYBOARDS),
        basses=(42, 43, 70, 58),
        sung=0.05,
        riff=0.0,
        without=(0.08, 0.1, 0.35),
    ),
    "classical minor": KeyStyle(
        mode="minor",
        share=4,
        grooves=("keyboard study", "waltz", "six-eight ballad", "march", "ballad"),
        progressions=(
            "0:m 5:m 7:7 0:m | 0:m 7:7 0:m 5:m 7:7 0:m 10:7 3:M 10:7 3:M 7:7 0:m | 0:m 2:d 7:7 0:m | 0:m 5:m "
            "10:7 3:M 8:M 2:d 7:7 0:m | 0:m 8:M 1:M 7:7 | 0:m 7:7 0:m 10:M 3:M 8:M 5:m 7:7 | 0:m 0:7 5:m 2:h "
            "0:m 7:7 0:m*2"
        ),
        scales=(HARMONIC, HARMONIC, AEOLIAN),
        chords=(*KEYBOARDS, 48, 49),
        leads=(*ORCHESTRA, *KEYBOARDS),
        basses=(42, 43, 70, 58),
        sung=0.05,
        riff=0.0,
        without=(0.08, 0.1, 0.35),
    ),
}


def parse_progression(text: str) -> list[tuple[int, tuple[int, ...]]]:
    """(degree in semitones, intervals) of each chord; a chord of several lengths stands there as often."""
    out = []
    for token in text.split():
        chord, _, lengths = token.partition("*")
        degree, _, quality = chord.partition(":")
        out += [(int(degree), QUALITIES[quality])] * int(lengths or 1)
    return out
