"""The second book of styles: what the first one (`key_styles`) has too little of.

Loops that begin anywhere, so that the tune and the bass say where home is; rap over a riff or a single chord; riffs of
metal; vamps of soul; gospel; pieces that modulate and come back; lines that imitate each other on a keyboard; modal
tunes under the key of their last note. An empty `progressions` makes them up (`key_harmony.wander`).
"""

from __future__ import annotations

from key_styles import (
    AEOLIAN,
    BLUES,
    DORIAN,
    GUITARS,
    HARMONIC,
    MAJOR,
    MAJOR_BLUES,
    MINOR_PENTATONIC,
    MIXED_BLUES,
    MIXOLYDIAN,
    ORCHESTRA,
    PADS,
    PENTATONIC,
    PHRYGIAN,
    SYNTH_BASSES,
    SYNTHS,
    KeyStyle,
)

ANY_GROOVE = (
    "house", "trance", "drum & bass", "dubstep", "trap", "hip-hop", "breaks", "synth-pop", "reggaeton", "rock",
    "slow rock", "punk", "heavy", "ballad", "six-eight ballad", "disco", "funk", "soul", "rhythm and blues", "reggae",
    "swing", "shuffle", "country", "two-beat country", "bossa nova", "latin", "waltz", "rock and roll",
)  # fmt: skip
ANY_CHORDS = (0, 0, 1, 4, 5, 11, 16, 19, 24, 25, 26, 27, 28, 29, 48, 50, 52, 61, 81, 88, 89, 90, 94)
ANY_LEADS = (0, 4, 11, 22, 24, 25, 27, 29, 40, 48, 52, 56, 61, 65, 66, 71, 73, 80, 81, 82, 84)
ANY_BASSES = (32, 33, 34, 35, 36, 38, 39)
POP_GROOVES = ("synth-pop", "rock", "ballad", "disco", "reggaeton", "house", "trap", "rhythm and blues", "slow rock")
PIANO = (0, 0, 0, 1, 6)
CLASSICAL_GROOVES = ("keyboard study", "andante", "allegro", "minuet", "adagio", "waltz", "march", "six-eight ballad")

MORE_STYLES: dict[str, KeyStyle] = {
    "free major": KeyStyle(
        mode="major", share=12, grooves=ANY_GROOVE, progressions="", scales=(MAJOR, MAJOR, PENTATONIC, MIXOLYDIAN),
        chords=ANY_CHORDS, leads=ANY_LEADS, basses=ANY_BASSES, sung=0.5, driven=0.12, riff=0.1,
    ),
    "free minor": KeyStyle(
        mode="minor", share=12, grooves=ANY_GROOVE, progressions="",
        scales=(AEOLIAN, AEOLIAN, HARMONIC, DORIAN, MINOR_PENTATONIC),
        chords=ANY_CHORDS, leads=ANY_LEADS, basses=ANY_BASSES, sung=0.5, driven=0.12, riff=0.12,
    ),
    "pop major": KeyStyle(
        mode="major", share=6, grooves=POP_GROOVES,
        progressions=(
            "9:m 5:M 0:M 7:M | 5:M 0:M 7:M 9:m | 7:M 9:m 5:M 0:M | 5:M 7:M 9:m 0:M | 0:M 7:M 9:m 5:M | 5:M 7:M "
            "0:M 9:m | 2:m 5:M 0:M 7:M | 5:M 9:m 7:M 0:M | 0:M 5:M 9:m 7:M | 0:M 4:m 9:m 5:M | 5:M*2 0:M*2 | "
            "0:M*2 5:M 5:m | 5:M7 4:m7 9:m7 0:M | 0:M 7:M 2:m 5:M"
        ),
        scales=(MAJOR, PENTATONIC), chords=ANY_CHORDS, leads=ANY_LEADS, basses=ANY_BASSES, sung=0.75, riff=0.03,
    ),
    "pop minor": KeyStyle(
        mode="minor", share=6, grooves=POP_GROOVES,
        progressions=(
            "8:M 3:M 10:M 0:m | 8:M 10:M 0:m*2 | 5:m 8:M 0:m 10:M | 10:M 8:M 0:m*2 | 8:M 10:M 0:m 3:M | 0:m 3:M "
            "10:M 8:M | 5:m 0:m 10:M 8:M | 8:M 0:m 10:M 5:m | 0:m 7:m 8:M 10:M | 0:m 10:M 5:m 8:M | 8:M7 7:m7 "
            "0:m7 10:M | 3:M 10:M 0:m 8:M | 8:M 7:7 0:m*2 | 5:m7 10:7 0:m*2"
        ),
        scales=(AEOLIAN, AEOLIAN, MINOR_PENTATONIC, HARMONIC), chords=ANY_CHORDS, leads=ANY_LEADS, basses=ANY_BASSES,
        sung=0.75, riff=0.06,
    ),
    "hip-hop minor": KeyStyle(
        mode="minor", share=11, grooves=("boom bap", "hip-hop", "trap", "trap", "breaks", "funk"),
        progressions=(
            "0:1 | 0:5 | 0:m | 0:m7 | 0:m9 | 0:m 1:M | 0:1 10:1 | 0:m*2 8:M*2 | 0:m*3 7:7 | 0:m 5:m | 0:m7 2:h | "
            "0:m 10:M 8:M 7:7 | 0:m9 5:9 | 0:5*3 1:5 | 0:m 7:m | 0:1*3 8:1 | 0:m*2 11:d 0:m | 0:m9*2 8:M7*2 | 0:7"
            " | 0:m6"
        ),
        scales=(MINOR_PENTATONIC, AEOLIAN, HARMONIC, PHRYGIAN, DORIAN, BLUES),
        chords=(0, 4, 5, 11, 12, 46, 48, 52, 88, 45, 61, 16, 26, 6),
        leads=(0, 4, 11, 12, 46, 48, 73, 75, 80, 81, 56, 104),
        basses=(33, 35, 38, 39, 87), sung=0.25, riff=0.5, without=(0.35, 0.4, 0.12), spoken=0.65,
    ),
    "hip-hop major": KeyStyle(
        mode="major", share=3, grooves=("boom bap", "hip-hop", "trap", "breaks"),
        progressions=(
            "0:M7 | 0:M7 9:m7 | 5:M7 4:m7 2:m7 0:M7 | 0:M 5:M | 0:M9 2:m9 | 0:6 | 0:M 9:m 5:M 7:M | 2:m7 7:7 0:M7"
            " 9:7 | 5:M7 0:M7 | 0:7 5:7"
        ),
        scales=(PENTATONIC, MAJOR, MAJOR_BLUES), chords=(0, 4, 5, 11, 46, 48, 52, 88, 61, 26),
        leads=(0, 4, 11, 46, 73, 80),
        basses=(33, 35, 38, 39), sung=0.3, riff=0.3, without=(0.25, 0.4, 0.12), spoken=0.6,
    ),
    "metal": KeyStyle(
        mode="minor", share=8, grooves=("heavy", "thrash", "metal", "rock", "slow rock"),
        progressions=(
            "0:5 | 0:5*3 1:5 | 0:5*2 3:5 1:5 | 0:5*3 6:5 | 0:5 10:5 8:5 7:5 | 0:5*2 8:5 10:5 | 0:5 6:5 5:5 3:5 | "
            "0:m 8:M 3:M 10:M | 0:5*2 11:5 10:5 | 0:5 8:5 5:5 10:5 | 0:5*6 3:5 5:5 | 0:1 | 0:5 3:5 5:5 3:5 | "
            "0:5*2 10:5*2 8:5*2 10:5*2"
        ),
        scales=(PHRYGIAN, AEOLIAN, BLUES, HARMONIC, MINOR_PENTATONIC), chords=(29, 30), leads=(29, 30, 81, 48),
        basses=(33, 34), sung=0.4, driven=0.9, riff=0.5, without=(0.05, 0.35, 0.1), spoken=0.2,
    ),
    "rock minor": KeyStyle(
        mode="minor", share=4, grooves=("rock", "slow rock", "heavy", "punk"),
        progressions=(
            "0:5 10:5 5:5 0:5 | 0:5*2 3:5 10:5 | 0:m 5:M | 0:5 8:5 10:5 0:5 | 0:5*3 10:5 | 0:m 10:M 5:M 0:m | 0:5"
            " 3:5 8:5 10:5 | 8:5 10:5 0:5*2 | 0:m 8:M 5:m 10:M"
        ),
        scales=(MINOR_PENTATONIC, AEOLIAN, DORIAN, BLUES), chords=(*GUITARS, 18), leads=(*GUITARS, 18, 0),
        basses=(33, 34), sung=0.7, driven=0.55, riff=0.4,
    ),
    "rock major": KeyStyle(
        mode="major", share=5, grooves=("rock", "slow rock", "rock and roll", "punk"),
        progressions=(
            "0:7 5:7 0:7 7:7 | 0:5 5:5 10:5 5:5 | 0:M 10:M 5:M 5:M | 0:M*2 5:M*2 | 7:M 5:M 0:M*2 | 0:5 7:5 9:5 "
            "5:5 | 0:M*3 10:M | 5:5 7:5 0:5*2 | 0:M 3:M 5:M 0:M | 0:5*3 7:5"
        ),
        scales=(MIXED_BLUES, PENTATONIC, MIXOLYDIAN, MAJOR, MAJOR_BLUES), chords=(*GUITARS, 18, 0),
        leads=(*GUITARS, 18, 0),
        basses=(33, 34), sung=0.7, driven=0.5, riff=0.15,
    ),
    "blues major": KeyStyle(
        mode="major", share=5, grooves=("twelve-eight blues", "boogie", "shuffle", "rock and roll", "rhythm and blues"),
        progressions=(
            "0:7*4 5:7*2 0:7*2 7:7 5:7 0:7 7:7 | 0:7 5:7 0:7*2 5:7*2 0:7 9:7 2:7 7:7 0:7 7:7 | 0:7*2 5:7*2 0:7*2 "
            "7:7 0:7 | 0:7 5:7 0:7 7:7 | 0:M 0:7 5:7 6:d 0:M 7:7 0:M 7:7 | 5:7 0:7 7:7 0:7"
        ),
        scales=(MIXED_BLUES, MAJOR_BLUES, MIXOLYDIAN, BLUES), chords=(0, 3, 16, 17, 24, 25, 26, 27, 29),
        leads=(22, 26, 27, 29, 66, 56, 0), sung=0.5, riff=0.2, without=(0.2, 0.1, 0.15),
    ),
    "blues minor": KeyStyle(
        mode="minor", share=4, grooves=("twelve-eight blues", "shuffle", "slow rock", "rhythm and blues"),
        progressions=(
            "0:m7*4 5:m7*2 0:m7*2 8:7 7:7 0:m7*2 | 0:m*4 5:m*2 0:m*2 7:7 5:m 0:m 7:7 | 0:m7 5:m7 0:m7 7:7 | 0:1 |"
            " 0:5 | 0:m7 | 0:m 10:M 8:M 7:7"
        ),
        scales=(BLUES, MINOR_PENTATONIC), chords=(0, 16, 24, 25, 26, 27, 29), leads=(22, 25, 26, 27, 29, 66),
        sung=0.6, driven=0.1, riff=0.35, without=(0.3, 0.05, 0.2),
    ),
    "soul minor": KeyStyle(
        mode="minor", share=6, grooves=("rhythm and blues", "soul", "funk", "disco", "hip-hop", "house"),
        progressions=(
            "0:m9 5:9 | 0:m9 8:M9 | 0:m9 7:m9 | 8:M7 7:m7 0:m9*2 | 0:m7 10:M9 8:M7 7:7 | 5:m9 0:m9 | 0:m9 3:M7 "
            "8:M7 7:7 | 0:m7*3 5:7 | 5:m9 10:9 0:m9*2 | 8:M9 10:9 0:m9 3:M9 | 0:m9"
        ),
        scales=(MINOR_PENTATONIC, AEOLIAN, DORIAN, BLUES), chords=(4, 5, 4, 7, 16, 27, 48, 0, 88),
        leads=(4, 27, 56, 65, 73, 80),
        basses=(33, 36, 38, 35), sung=0.75, riff=0.25,
    ),
    "soul major": KeyStyle(
        mode="major", share=6, grooves=("rhythm and blues", "soul", "six-eight ballad", "ballad", "disco", "funk"),
        progressions=(
            "0:M9 5:M9 | 5:M7 4:m7 2:m7 0:M7 | 0:M 0:7 5:M 5:m 0:M 9:7 2:7 7:7 | 5:M 6:d 0:M 9:7 2:m7 7:7 0:M*2 |"
            " 0:M7 9:m7 2:m7 7:7s | 2:m9 7:9 0:M9*2 | 0:M 4:7 9:m 2:7 5:M 7:7s 0:M*2 | 0:M7 4:m7 | 5:M9 7:9 4:m7 "
            "9:m7 | 0:9 5:9"
        ),
        scales=(MAJOR, PENTATONIC, MAJOR_BLUES), chords=(0, 4, 5, 16, 27, 48, 52), leads=(4, 27, 48, 56, 61, 65, 73),
        basses=(33, 36, 38, 35), sung=0.75, riff=0.1,
    ),
    "jazz major": KeyStyle(
        mode="major", share=4, grooves=("swing", "bebop", "jazz ballad", "slow swing", "bossa nova"),
        progressions=(
            "0:M7 9:7 2:m7 7:7 4:m7 9:7 2:m7 7:7 0:7 5:M7 5:m6 0:M7 | 2:m7 7:7 0:M7 5:M7 11:h 4:7 9:m7 9:7 | 0:M7"
            " 1:d 2:m7 3:d 4:m7 9:7 2:m7 7:7 | 5:M7 5:m7 0:M7 9:7 2:m7 7:7 0:6*2 | 0:7*4 5:7*2 0:7*2 2:m7 7:7 0:7"
            " 7:7"
        ),
        scales=(MAJOR, MAJOR, MAJOR_BLUES), chords=(0, 0, 4, 11, 26), leads=(0, 11, 26, 56, 57, 65, 66, 71),
        basses=(32,),
        sung=0.25, riff=0.0, agreeing=True,
    ),
    "jazz minor": KeyStyle(
        mode="minor", share=4, grooves=("swing", "bebop", "jazz ballad", "slow swing", "bossa nova"),
        progressions=(
            "0:m6 2:h 7:7 0:m6 5:m7 10:7 3:M7 8:M7 2:h 7:7 0:m6*2 | 0:m7*4 5:m7*2 0:m7*2 2:h 7:7 0:m7 7:7 | 0:m7 "
            "8:7 7:7 0:m7 | 0:m9 5:9 | 0:m7*8 1:m7*4 0:m7*4"
        ),
        scales=(HARMONIC, DORIAN, BLUES), chords=(0, 0, 4, 11, 26), leads=(0, 11, 26, 56, 57, 65, 66, 71), basses=(32,),
        sung=0.25, riff=0.1, agreeing=True,
    ),
    "country": KeyStyle(
        mode="major", share=5, grooves=("two-beat country", "country waltz", "country", "two-step", "slow rock"),
        progressions=(
            "0:M 5:M 7:M 0:M | 0:M*2 5:M*2 0:M*2 7:7*2 | 0:M 5:M 0:M 7:7 0:M 5:M 7:7 0:M | 0:M 7:M 5:M 0:M | 0:M "
            "2:m 7:M 0:M | 5:M 0:M 7:M 9:m | 0:M*3 7:7 | 0:M 10:M 5:M 0:M | 0:M 4:7 5:M 7:7"
        ),
        scales=(MAJOR, PENTATONIC, MAJOR_BLUES), chords=(24, 25, 25, 27, 0), leads=(25, 27, 29, 105, 110, 40, 22, 0),
        sung=0.7, riff=0.0,
    ),
    "folk major": KeyStyle(
        mode="major", share=4, grooves=("jig", "reel", "waltz", "march", "country", "ballad"),
        progressions=(
            "0:M 10:M | 0:M*2 10:M 0:M | 0:M 10:M 5:M 0:M | 0:M 5:M 0:M 7:M 0:M 5:M 7:M 0:M | 0:M 2:m 10:M 0:M | "
            "0:M*3 7:M 0:M 5:M 7:M 0:M | 0:1"
        ),
        scales=(MIXOLYDIAN, MAJOR, PENTATONIC), chords=(24, 25, 0, 21, 15),
        leads=(40, 21, 73, 75, 105, 110, 109, 22, 15),
        basses=(32, 43), sung=0.2, riff=0.0, without=(0.35, 0.0, 0.35),
    ),
    "folk minor": KeyStyle(
        mode="minor", share=4, grooves=("jig", "reel", "waltz", "march", "ballad"),
        progressions=(
            "0:m 10:M | 0:m 5:M 10:M 0:m | 0:m*3 10:M 0:m 3:M 10:M 0:m | 0:m 3:M 5:M 0:m | 0:m*2 10:M*2 | 0:1 | "
            "0:m 7:m 10:M 0:m"
        ),
        scales=(DORIAN, AEOLIAN, MINOR_PENTATONIC), chords=(24, 25, 0, 21, 15),
        leads=(40, 21, 73, 75, 105, 110, 109, 22, 15),
        basses=(32, 43), sung=0.2, riff=0.0, without=(0.35, 0.0, 0.35),
    ),
    "edm minor": KeyStyle(
        mode="minor", share=4, grooves=("house", "techno", "trance", "drum & bass", "dubstep", "garage", "breaks"),
        progressions=(
            "0:m*4 8:M*2 10:M*2 | 8:M 0:m 3:M 10:M | 0:m9 | 0:1 | 0:m7*2 5:m7*2 | 5:m 0:m | 0:m*3 10:M | 8:M7 "
            "10:M 0:m7*2 | 0:m 3:M 5:m 8:M | 0:1*3 3:1"
        ),
        scales=(AEOLIAN, MINOR_PENTATONIC, PHRYGIAN, DORIAN), chords=(*SYNTHS, *PADS, 0, 4), leads=SYNTHS,
        basses=SYNTH_BASSES,
        sung=0.3, riff=0.4, without=(0.25, 0.35, 0.1),
    ),
    "classical major": KeyStyle(
        mode="major", share=8, grooves=CLASSICAL_GROOVES,
        progressions=(
            "0:M 5:M 7:7 0:M 9:m 2:7 7:M 2:7 7:M 0:M 2:7 7:M 7:7 0:M 7:7 0:M | 0:M 7:7 0:M 5:M 0:M 7:7 0:M 7:M "
            "9:m 4:7 9:m 2:m 7:7 0:M 7:7 0:M | 0:M*2 7:7*2 7:7*2 0:M*2 5:M 0:M 7:7 0:M | 0:M 7:M 9:m 4:m 5:M 0:M "
            "5:M 7:7 | 0:M 0:7 5:M 2:7 7:M 4:7 9:m 2:m 7:7 0:M | 0:M 9:m 2:m 7:7 0:M 5:m 0:M 7:7 | 7:7 0:M 7:7 "
            "0:M 2:7 7:M 7:7 0:M | 0:M 4:7 9:m 0:7 5:M 5:m 0:M 7:7"
        ),
        scales=(MAJOR,), chords=(*PIANO, 46, 48, 49, 19), leads=(*ORCHESTRA, *PIANO), basses=(42, 43, 70, 0, 0),
        sung=0.05, riff=0.0, without=(0.25, 0.08, 0.4), imitating=0.45, agreeing=True,
    ),
    "classical minor": KeyStyle(
        mode="minor", share=8, grooves=CLASSICAL_GROOVES,
        progressions=(
            "0:m 5:m 7:7 0:m 10:7 3:M 10:7 3:M 8:M 5:m 7:7 0:m | 0:m 7:7 0:m 7:7 0:m 5:m 0:m 7:M | 0:m 0:7 5:m "
            "10:7 3:M 8:M 2:d 7:7 0:m*2 | 0:m 2:d 7:7 0:m 5:m 0:m 7:7 0:m | 0:m 7:7 8:M 5:m 0:m 7:7 0:m 2:7 7:m "
            "2:7 7:m 7:7 | 0:m 5:m 10:M 3:M 8:M 2:d 7:7 0:m | 7:7 0:m 7:7 0:m 5:m 0:m 7:7 0:m | 0:m 1:M 7:7 0:m "
            "8:M 2:d 7:7 0:m"
        ),
        scales=(HARMONIC, HARMONIC, AEOLIAN), chords=(*PIANO, 46, 48, 49, 19), leads=(*ORCHESTRA, *PIANO),
        basses=(42, 43, 70, 0, 0), sung=0.05, riff=0.0, without=(0.25, 0.08, 0.4), imitating=0.45, agreeing=True,
    ),
}  # fmt: skip

PLAIN_CHORDS = (0, 4, 16, 17, 19, 20, 48, 50, 52, 80, 81, 88, 89, 90)
PLAIN_STYLES: dict[str, KeyStyle] = {
    "plain major": KeyStyle(
        mode="major", share=1, grooves=("keyboard study",),
        progressions=(
            "0:M | 0:M | 0:M 5:M | 0:M 7:M | 0:M 5:M 7:M 0:M | 0:M 5:M 0:M 7:7 | 0:M 9:m 5:M 7:M | 0:M 2:m 7:M 0:M"
        ),
        scales=(MAJOR,), chords=PLAIN_CHORDS, leads=PLAIN_CHORDS, sung=0.0, riff=0.0, without=(0.0, 0.7, 0.6),
    ),
    "plain minor": KeyStyle(
        mode="minor", share=1, grooves=("keyboard study",),
        progressions="0:m | 0:m | 0:m 5:m | 0:m 7:7 | 0:m 5:m 7:7 0:m | 0:m 10:M | 0:m 8:M 5:m 7:7 | 0:m 8:M 10:M 0:m",
        scales=(AEOLIAN, HARMONIC), chords=PLAIN_CHORDS, leads=PLAIN_CHORDS, sung=0.0, riff=0.0,
        without=(0.0, 0.7, 0.6),
    ),
}  # fmt: skip
"""Chords that are held or broken, and mostly nothing else: what every musician hears at once should not be strange."""
