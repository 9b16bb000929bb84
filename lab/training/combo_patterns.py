"""Styles of `combo_clips`: what is played how fast, in the notation of `tempo_patterns`."""

from __future__ import annotations

from tempo_patterns import (
    BACKBEAT,
    CLAP,
    CRASH,
    EIGHTHS,
    HAT,
    KICK,
    LONG,
    OPEN_HAT,
    RIDE,
    RIM,
    ROOTS_8,
    SHAKER,
    SIXTEENTHS,
    SNARE,
    TempoStyle,
)

RIDES = {
    4: ((0, 1, 1.5, 2, 3, 3.5), (0, 1, 2, 3), (0, 1, 1.5, 2, 3), (0, 1, 2, 3, 3.5), (0, 0.5, 1, 2, 3, 3.5), (0, 2, 3)),
    3: ((0, 1, 1.5, 2), (0, 1, 2), (0, 1, 2, 2.5), (0, 1.5, 2)),
}
"""Beats of a bar on which a ride cymbal is struck, by the beats of the bar; .5 is the second note of a swung pair."""
CHARLESTONS = (
    (0.0, 1.5), (1.5,), (0.5, 3.0), (1.5, 3.5), (3.5,), (0.5, 2.5), (1.0, 2.5), (0.0, 2.5), (), (1.5, 2.5),
    (0.5,), (1.0, 3.0), (2.5, 3.5),
)  # fmt: skip
"""Where somebody who comps plays chords within a bar."""
ONE_A_BAR = "x..............."

JAZZ: dict[str, TempoStyle] = {
    "combo": TempoStyle(low_bpm=100, high_bpm=210, share=8, steps=3, without_drums=0.2),
    "fast combo": TempoStyle(low_bpm=180, high_bpm=245, share=4, steps=3, without_drums=0.1),
    "combo in two": TempoStyle(low_bpm=90, high_bpm=190, share=3, steps=3, without_drums=0.25, bass=("two",)),
    "combo ballad": TempoStyle(low_bpm=50, high_bpm=80, share=8, steps=3, without_drums=0.35),
    "slow combo": TempoStyle(low_bpm=78, high_bpm=112, share=5, steps=3, without_drums=0.25),
    "jazz waltz": TempoStyle(low_bpm=96, high_bpm=190, share=3, beats=3, steps=3, without_drums=0.2),
    "piano trio": TempoStyle(low_bpm=70, high_bpm=200, share=4, steps=3, without_drums=0.7),
}

ARPEGGIOS = ("1234321212343212", "1.2.3.2.4.2.3.2.", "1.3.2.3.1.3.2.3.", "1232123212321232", "1.2.3.4.3.2.1.2.")
STRUMS = ("x..xx.xxx..xx.xx", "x.x.xxx.x.x.xxx.", "x...x.x.x...x.x.", "x...x...x...x...", ONE_A_BAR)
SLOW_BASS = (LONG, "r......rr.......", "r.....r.r.....f.", "r..r....r..r..f.", "r...............")
SIX_BASS = ("r...........r...........", "r.....r...r.r.....r.....", "r.........rrr.........f.")
SIX_SNARE = "......X...........X....."
SIX_QUAVERS = "x.x.x.x.x.x.x.x.x.x.x.x."
SIX_CHORDS = (
    "1.2.3.4.3.2.1.2.3.4.3.2.",
    SIX_QUAVERS,
    "x.....x.....x.....x.....",
    "1.2.3.2.3.2.1.2.3.2.3.2.",
)

# fmt: off
SONGS: dict[str, TempoStyle] = {
    "sixteenth ballad": TempoStyle(low_bpm=54, high_bpm=92, share=12, swing=0.2, bass=SLOW_BASS,
        chords=(*ARPEGGIOS, *STRUMS), without_drums=0.05,
        drums=({KICK: "X.......X.......", SNARE: BACKBEAT, HAT: SIXTEENTHS},
               {KICK: "X..x....X.x.....", SNARE: BACKBEAT, HAT: "xxxxxxxxxxxxxxxx"},
               {KICK: "X......x..x.....", RIM: BACKBEAT, SHAKER: "xoxoxoxoxoxoxoxo"},
               {KICK: "X.........x.....", SNARE: BACKBEAT, HAT: "x.xxx.xxx.xxx.xx"},
               {KICK: "X..x..x.....x...", CLAP: BACKBEAT, HAT: SIXTEENTHS, SHAKER: "..x...x...x...x."},
               {KICK: "X.......Xx......", SNARE: "....X..o.o..X...", HAT: "xoxxxoxxxoxxxoxx"})),
    "quaver ballad": TempoStyle(low_bpm=52, high_bpm=86, share=7, bass=SLOW_BASS, chords=(*ARPEGGIOS, *STRUMS),
        without_drums=0.15,
        drums=({KICK: "X.......X.x.....", SNARE: BACKBEAT, HAT: EIGHTHS},
               {KICK: "X.......X.......", SNARE: BACKBEAT, RIDE: EIGHTHS, 54: BACKBEAT.replace("X", "x")},
               {KICK: "X.....x...X.....", SNARE: BACKBEAT, OPEN_HAT: "x...x...x...x..."})),
    "strummed song": TempoStyle(low_bpm=60, high_bpm=112, share=6, bass=("", *SLOW_BASS), chords=(*STRUMS, *ARPEGGIOS),
        without_drums=0.75, drums=({KICK: "X.......X.......", SHAKER: SIXTEENTHS}, {KICK: "X...X...X...X..."})),
    "six-eight song": TempoStyle(low_bpm=42, high_bpm=76, share=6, steps=6, melody="steps", bass=SIX_BASS,
        chords=SIX_CHORDS, without_drums=0.2,
        drums=({KICK: "X...........X...........", SNARE: SIX_SNARE, HAT: "x.o.o.x.o.o.x.o.o.x.o.o."},
               {KICK: "X.........x.X...........", SNARE: SIX_SNARE, HAT: "xoxoxoxoxoxoxoxoxoxoxoxo"},
               {KICK: "X.....X.....X.....X.....", RIM: SIX_SNARE, SHAKER: SIX_QUAVERS})),
    "triplet ballad": TempoStyle(low_bpm=52, high_bpm=92, share=6, steps=3, bass=("r.....f.....", "r..r..f..f..",
        "r....rf....r"), chords=("xxxxxxxxxxxx", "x..x..x..x..", "123123123123", "x..........."), without_drums=0.1,
        drums=({KICK: "X.....X.....", SNARE: "...X.....X..", HAT: "xxxxxxxxxxxx"},
               {KICK: "X....xX.....", RIM: "...X.....X..", RIDE: "xooxooxooxoo"})),
    "slow jam": TempoStyle(low_bpm=60, high_bpm=86, share=6, swing=0.5, bass=SLOW_BASS, chords=(*STRUMS, *ARPEGGIOS),
        electronic=True,
        drums=({KICK: "X.....x..xX.....", CLAP: BACKBEAT, HAT: "xoxoxoxxxoxoxoxx"},
               {KICK: "X..X..X...X.....", SNARE: BACKBEAT, HAT: SIXTEENTHS},
               {KICK: "X......X..x..x..", SNARE: BACKBEAT, HAT: "x.xx..x.x.xxx.x."})),
    "sung pop": TempoStyle(low_bpm=88, high_bpm=132, share=7, bass=(ROOTS_8, *SLOW_BASS), chords=(*ARPEGGIOS, *STRUMS),
        drums=({KICK: "X.......X.x.....", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: "X...X...X...X...", CLAP: BACKBEAT},
               {KICK: "X..x..x...x.....", SNARE: BACKBEAT, HAT: SIXTEENTHS})),
}

HEAVY: dict[str, TempoStyle] = {
    "heavy and slow": TempoStyle(low_bpm=60, high_bpm=104, share=8, bass=("rrrrrrrrrrrrrrrr", ROOTS_8, LONG),
        chords=("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "x..x..x.x..x..x.", ONE_A_BAR, "x.x.x.x.x.x.x.x."),
        drums=({KICK: "XXXXXXXXXXXXXXXX", SNARE: BACKBEAT, CRASH: "x...x...x...x..."},
               {KICK: "XXXX..XXXXXX..XX", SNARE: BACKBEAT, RIDE: EIGHTHS},
               {KICK: "X.XXX.XXX.XXX.XX", SNARE: BACKBEAT, OPEN_HAT: "x...x...x...x..."},
               {KICK: "X..X..X.X.......", SNARE: BACKBEAT, CRASH: "x...x...x...x..."})),
    "heavy and fast": TempoStyle(low_bpm=140, high_bpm=210, share=5, bass=(ROOTS_8, "rrrrrrrrrrrrrrrr"),
        chords=("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "x.x.x.x.x.x.x.x.", ONE_A_BAR),
        drums=({KICK: "X.X.X.X.X.X.X.X.", SNARE: BACKBEAT, CRASH: "x...x...x...x..."},
               {KICK: "XXXXXXXXXXXXXXXX", SNARE: BACKBEAT, RIDE: "x...x...x...x..."},
               {KICK: "X...X...X...X...", SNARE: "..X...X...X...X.", HAT: EIGHTHS})),
    "heavy": TempoStyle(low_bpm=100, high_bpm=150, share=5, bass=(ROOTS_8, "rrrrrrrrrrrrrrrr"),
        chords=("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "x..x..x...x.x...", "x.x.x.x.x.x.x.x."),
        drums=({KICK: "X.XXX.XXX.XXX.XX", SNARE: BACKBEAT, RIDE: EIGHTHS},
               {KICK: "X..X..X...X.....", SNARE: BACKBEAT, CRASH: "x...x...x...x..."},
               {KICK: "XXXXXXXXXXXXXXXX", SNARE: BACKBEAT, OPEN_HAT: EIGHTHS})),
    "heavy in six": TempoStyle(low_bpm=46, high_bpm=84, share=3, steps=6, melody="steps", bass=SIX_BASS,
        chords=(SIX_QUAVERS, "xxxxxxxxxxxxxxxxxxxxxxxx", "x.....x.....x.....x....."),
        drums=({KICK: "X.X.X.X.X.X.X.X.X.X.X.X.", SNARE: SIX_SNARE, CRASH: "x.....x.....x.....x....."},
               {KICK: "X...X.....X.X.....X.....", SNARE: SIX_SNARE, RIDE: SIX_QUAVERS})),
}
# fmt: on
