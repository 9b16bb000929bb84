"""Styles that the tempo scorer learns from: what the drums, the bass and the chords play, and how fast.

The range of tempi of a style *is* the convention for its octave: drum & bass counts at 174 and not at 87, dubstep at
140 and not at 70, reggae at twice the pulse of its chords. Patterns are written here from common knowledge of the
styles; a pattern is one bar, one character a step:

- drums: `X` loud, `x` normal, `o` soft, `.` nothing;
- bass: `r` root, `f` fifth, `o` octave, `t` third, `w` walking; chords: `x` all notes, `1`-`4` one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

KICK, RIM, SNARE, CLAP, PEDAL, HAT, OPEN_HAT, TOM, CRASH, RIDE = 36, 37, 38, 39, 44, 42, 46, 45, 49, 51
COWBELL, CONGA_HIGH, CONGA_LOW, CLAVES, SHAKER = 56, 62, 64, 75, 70

Drums = dict[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TempoStyle:
    """One style.

    Parameters
    ----------
    low_bpm, high_bpm : tempi are drawn between them, evenly on a logarithmic scale
    share : how often the style is drawn, relative to the others
    drums : patterns to choose from; without any the style has no drums
    bass, chords : patterns to choose from; an empty string plays nothing
    beats, steps : beats a bar, steps a beat
    song_beats : beats of this style that last as long as one of the song whose melody is played (2: half-time feel)
    electronic : played by a machine, without jitter and drift
    orchestra : played by strings and winds, whose notes swell instead of starting at once
    swing : largest delay of every second step, as a share of a step
    without_drums : share of clips that have none
    melody : "song" (POP909), "steps" (made up on the steps of the bar) or "piano" (POP909's piano part alone)
    """

    low_bpm: float
    high_bpm: float
    share: float
    drums: tuple[Drums, ...] = ()
    bass: tuple[str, ...] = ("",)
    chords: tuple[str, ...] = ("",)
    beats: int = 4
    steps: int = 4
    song_beats: int = 1
    electronic: bool = False
    orchestra: bool = False
    swing: float = 0.0
    without_drums: float = 0.0
    melody: str = "song"


FOUR = "X...X...X...X..."
BACKBEAT = "....X.......X..."
OFFBEAT = "..x...x...x...x."
EIGHTHS = "x.o.x.o.x.o.x.o."
SIXTEENTHS = "xoooxoooxoooxooo"
ROOTS_8 = "r.r.r.r.r.r.r.r."
BETWEEN = ".rrr.rrr.rrr.rrr"
LONG = "r.......r......."
STABS = ("x..x..x...x..x..", "..x...x...x..xx.", "x.....x.........")
BROKEN = "1234123412341234"
HALF_TIME = "........X......."
SWUNG = "x..x.xx..x.x"

# fmt: off
STYLES: dict[str, TempoStyle] = {
    "house": TempoStyle(low_bpm=116, high_bpm=130, share=5, electronic=True, swing=0.15, chords=STABS,
        bass=("..r...r...r...r.", "r..r..r.r..r..r."),
        drums=({KICK: FOUR, CLAP: BACKBEAT, OPEN_HAT: OFFBEAT, HAT: "xoxoxoxoxoxoxoxo"},
               {KICK: FOUR, OPEN_HAT: OFFBEAT}, {KICK: FOUR, SNARE: BACKBEAT, HAT: SIXTEENTHS, SHAKER: EIGHTHS})),
    "techno": TempoStyle(low_bpm=122, high_bpm=148, share=4, electronic=True, bass=(BETWEEN, "..r...r...r...r."),
        chords=("", STABS[0]), drums=({KICK: FOUR, HAT: OFFBEAT}, {KICK: FOUR, HAT: SIXTEENTHS, CLAP: BACKBEAT},
               {KICK: FOUR, TOM: "...x..x....x..x.", RIDE: OFFBEAT})),
    "trance": TempoStyle(low_bpm=128, high_bpm=145, share=3, electronic=True, bass=(BETWEEN,), chords=(BROKEN,
               "x..............."),
        drums=({KICK: FOUR, OPEN_HAT: OFFBEAT, CLAP: BACKBEAT}, {KICK: FOUR, OPEN_HAT: OFFBEAT, HAT: SIXTEENTHS})),
    "hardcore": TempoStyle(low_bpm=155, high_bpm=195, share=2, electronic=True, bass=("..r...r...r...r.",),
               chords=STABS,
        drums=({KICK: FOUR, OPEN_HAT: OFFBEAT}, {KICK: FOUR, SNARE: BACKBEAT, OPEN_HAT: OFFBEAT})),
    "drum & bass": TempoStyle(low_bpm=162, high_bpm=182, share=9, electronic=True, song_beats=2, bass=(LONG,
               "r.....r...r....."),
        chords=("x...............", ""),
        drums=({KICK: "X.........X.....", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: "X.X.......XX....",
               SNARE: "....X..o.o..X..o", HAT: EIGHTHS},
               {KICK: "X..X......X.....", SNARE: BACKBEAT, RIDE: "x...x...x...x..."},
               {KICK: "X.........X..x..", SNARE: "....X..x.o..X...", HAT: "xxxxxxxxxxxxxxxx"})),
    "dubstep": TempoStyle(low_bpm=134, high_bpm=150, share=6, electronic=True, song_beats=2, bass=(LONG,
               "r.r.r.....r.rr.."),
        chords=("x...............", ""),
        drums=({KICK: "X.....x.........", SNARE: HALF_TIME, HAT: EIGHTHS}, {KICK: "X.........x.....",
               SNARE: HALF_TIME, HAT: "x..x..x.x..x..x."},
               {KICK: "X..x......x.....", CLAP: HALF_TIME, HAT: "x.x.xxx.x.x.x.xx"})),
    "trap": TempoStyle(low_bpm=128, high_bpm=152, share=3, electronic=True, song_beats=2, bass=(LONG,
               "r..r......r..r.."),
        chords=(BROKEN, "1.3.2.3.1.3.2.3."), drums=({KICK: "X.....x...x.....", CLAP: HALF_TIME,
               HAT: "x.x.x.x.x.x.xxxx"},
               {KICK: "X..x......x..x..", CLAP: HALF_TIME, HAT: "xxxxxxx.x.xxx.x."})),
    "hip-hop": TempoStyle(low_bpm=78, high_bpm=104, share=5, electronic=True, swing=0.4, bass=("r..r......r.....",
               LONG), chords=STABS,
        drums=({KICK: "X..x......x.....", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: "X......x..x....x", SNARE: BACKBEAT,
               HAT: EIGHTHS},
               {KICK: "X.x.......xx....", SNARE: BACKBEAT, HAT: SIXTEENTHS})),
    "breaks": TempoStyle(low_bpm=110, high_bpm=140, share=4, electronic=True, bass=(ROOTS_8, "r..r..r...r..r.."),
               chords=STABS,
        drums=({KICK: "X.X.......XX....", SNARE: "....X..o.o..X..o", HAT: EIGHTHS}, {KICK: "X.........X.....",
               SNARE: BACKBEAT, HAT: EIGHTHS})),
    "garage": TempoStyle(low_bpm=126, high_bpm=138, share=2, electronic=True, swing=0.35, bass=("r..r..r...r...r.",),
               chords=("x..x..x...x..x..",),
        drums=({KICK: "X.........X.....", CLAP: BACKBEAT, HAT: ".xx.xx.x.xx.xx.x", OPEN_HAT: OFFBEAT},)),
    "synth-pop": TempoStyle(low_bpm=96, high_bpm=132, share=4, electronic=True, bass=(ROOTS_8, "rrrrrrrrrrrrrrrr"),
               chords=(BROKEN, "x.......x......."),
        drums=({KICK: "X.......X.......", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: FOUR, SNARE: BACKBEAT, HAT: EIGHTHS})),
    "reggaeton": TempoStyle(low_bpm=86, high_bpm=102, share=2, electronic=True, bass=(LONG,), chords=STABS,
        drums=({KICK: FOUR, SNARE: "...X..X....X..X."}, {KICK: FOUR, SNARE: "...X..X....X..X.", HAT: EIGHTHS})),
    "chiptune": TempoStyle(low_bpm=130, high_bpm=190, share=3, electronic=True, without_drums=0.1,
               bass=("r.o.r.o.r.o.r.o.", ROOTS_8), chords=(BROKEN,),
        drums=({KICK: "X.......X.......", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: FOUR, SNARE: BACKBEAT, HAT: EIGHTHS})),
    "rock": TempoStyle(low_bpm=92, high_bpm=168, share=8, without_drums=0.05, bass=(ROOTS_8,),
               chords=("x.x.x.x.x.x.x.x.", "x.....x.x...x..."),
        drums=({KICK: "X.......X.x.....", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: "X.x.......X.....", SNARE: BACKBEAT,
               RIDE: EIGHTHS},
               {KICK: "X.......X.......", SNARE: BACKBEAT, OPEN_HAT: "x...x...x...x..."}, {KICK: "X.....x.X.......",
               SNARE: BACKBEAT, HAT: "x...x...x...x..."})),
    "slow rock": TempoStyle(low_bpm=62, high_bpm=92, share=5, without_drums=0.1, bass=(ROOTS_8, LONG),
               chords=("x.x.x.x.x.x.x.x.", "1.2.3.2.1.2.3.2."),
        drums=({KICK: "X.......X.......", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: "X.....x.X.......", SNARE: BACKBEAT,
               HAT: SIXTEENTHS},
               {KICK: "X..x....X.......", SNARE: BACKBEAT, HAT: EIGHTHS})),
    "punk": TempoStyle(low_bpm=150, high_bpm=205, share=4, bass=(ROOTS_8,), chords=("x.x.x.x.x.x.x.x.",),
        drums=({KICK: FOUR, SNARE: "..X...X...X...X.", HAT: EIGHTHS}, {KICK: "X.....x.X.......", SNARE: BACKBEAT,
               RIDE: "x...x...x...x..."},
               {KICK: "X.......X.x.....", SNARE: BACKBEAT, OPEN_HAT: "x...x...x...x..."})),
    "metal": TempoStyle(low_bpm=100, high_bpm=190, share=3, bass=("rrrrrrrrrrrrrrrr", ROOTS_8),
               chords=("xxxxxxxxxxxxxxxx", "x..x..x.x..x..x."),
        drums=({KICK: "x.x.x.x.x.x.x.x.", SNARE: BACKBEAT, RIDE: "x...x...x...x..."}, {KICK: "xxxxxxxxxxxxxxxx",
               SNARE: BACKBEAT, CRASH: "x...x...x...x..."})),
    "ballad": TempoStyle(low_bpm=56, high_bpm=84, share=8, without_drums=0.5, bass=(LONG, "r.......r...f..."),
               chords=("1.2.3.2.4.2.3.2.", "x...x...x...x..."),
        drums=({KICK: "X.......X.......", RIM: BACKBEAT, HAT: EIGHTHS}, {KICK: "X.........x.....", RIM: BACKBEAT,
               HAT: "x...x...x...x..."})),
    "six-eight ballad": TempoStyle(low_bpm=46, high_bpm=78, share=5, steps=6, without_drums=0.25, melody="steps",
        bass=("r...........r...........", "r.....r.....r.....r....."), chords=("1.2.3.1.2.3.1.2.3.1.2.3.",
               "x.....x.....x.....x....."),
        drums=({KICK: "X...........X.........x.", SNARE: "......X...........X.....",
               HAT: "x.o.o.x.o.o.x.o.o.x.o.o."},)),
    "disco": TempoStyle(low_bpm=104, high_bpm=128, share=4, bass=("r.o.r.o.r.o.r.o.",), chords=STABS,
        drums=({KICK: FOUR, SNARE: BACKBEAT, OPEN_HAT: OFFBEAT}, {KICK: FOUR, SNARE: BACKBEAT, HAT: SIXTEENTHS})),
    "funk": TempoStyle(low_bpm=88, high_bpm=118, share=4, swing=0.15, bass=("r.r..o.r..f.r...", "r..r....r.f..o.."),
               chords=(".xx..xx..xx..xx.", STABS[0]),
        drums=({KICK: "X.x.......x..x..", SNARE: "....X..o.o..X..o", HAT: SIXTEENTHS}, {KICK: "X..x..x...x.....",
               SNARE: "....X.......X..o", HAT: EIGHTHS})),
    "reggae": TempoStyle(low_bpm=124, high_bpm=184, share=5, steps=2, song_beats=2, bass=("r.r...f.", "..r..rf."),
               chords=("..x...x.",),
        drums=({KICK: "....X...", RIM: "....X...", HAT: "x.o.x.o."}, {KICK: "..X...X.", RIM: "....X...",
               HAT: "xoxoxoxo"},
               {KICK: "X...X...", RIM: "....X...", HAT: "..x...x."})),
    "ska": TempoStyle(low_bpm=120, high_bpm=170, share=2, bass=("w...w...w...w...",), chords=(OFFBEAT,),
               drums=({KICK: "X.......X.......", SNARE: BACKBEAT, HAT: OFFBEAT},)),
    "swing": TempoStyle(low_bpm=105, high_bpm=260, share=7, steps=3, without_drums=0.1, bass=("w..w..w..w..",),
               chords=("x....x......", "..x.....x...", ""),
        drums=({RIDE: SWUNG, PEDAL: "...x.....x..", KICK: "o..o..o..o.."}, {RIDE: SWUNG, PEDAL: "...x.....x..",
               SNARE: "..........o."}, {RIDE: "x..x..x..x..", PEDAL: "...x.....x.."})),
    "slow swing": TempoStyle(low_bpm=60, high_bpm=105, share=3, steps=3, without_drums=0.2, bass=("w..w..w..w..",),
               chords=("x....x......", "x..x..x..x.."),
        drums=({RIDE: SWUNG, PEDAL: "...x.....x.."}, {RIDE: "x.xx.xx.xx.x", RIM: "...x.....x.."})),
    "shuffle": TempoStyle(low_bpm=70, high_bpm=140, share=5, steps=3, without_drums=0.05, bass=("r.rf.fo.of.f",
               "r..f..o..f.."), chords=("x.xx.xx.xx.x", ""),
        drums=({KICK: "X.....X.....", SNARE: "...X.....X..", HAT: "x.xx.xx.xx.x"}, {KICK: "X.....X.x...",
               SNARE: "...X.....X..", RIDE: "x.xx.xx.xx.x"})),
    "country": TempoStyle(low_bpm=96, high_bpm=132, share=4, without_drums=0.3, bass=("r.......f.......",
               "r...f...r...f..."), chords=("..x...x...x...x.", "....x.......x..."),
        drums=({KICK: "X.......X.......", SNARE: "..xx..xx..xx..xx"}, {KICK: "X.......X.......", RIM: BACKBEAT,
               HAT: EIGHTHS}, {SNARE: "x.oox.oox.oox.oo"})),
    "two-step": TempoStyle(low_bpm=140, high_bpm=220, share=4, steps=2, without_drums=0.3, bass=("r...f...",),
               chords=("..x...x.", ".x.x.x.x"),
        drums=({KICK: "X...X...", SNARE: "..X...X.", HAT: "x.x.x.x."},)),
    "waltz": TempoStyle(low_bpm=80, high_bpm=185, share=6, beats=3, without_drums=0.5, melody="steps",
               bass=("r...........", "f..........."), chords=("....x...x...",),
        drums=({KICK: "X...........", HAT: "....x...x..."}, {KICK: "X...........", RIM: "....x...x...",
               RIDE: "x...x...x..."})),
    "jig": TempoStyle(low_bpm=92, high_bpm=130, share=5, steps=3, without_drums=0.5, melody="steps",
               bass=("r..f..r..f..", "r.....f....."), chords=("x.xx.xx.xx.x", "..x..x..x..x"),
        drums=({KICK: "X.....X.....", SNARE: "...X.....X..", HAT: "x.xx.xx.xx.x"}, {KICK: "X..X..X..X..",
               HAT: "xooxooxooxoo"})),
    "reel": TempoStyle(low_bpm=80, high_bpm=134, share=5, without_drums=0.5, melody="steps",
               bass=("r...f...r...f...",), chords=(OFFBEAT,),
        drums=({KICK: "X.......X.......", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: FOUR, HAT: OFFBEAT})),
    "bossa nova": TempoStyle(low_bpm=110, high_bpm=160, share=3, bass=("r.....f.r.....f.",),
               chords=("x..x..x...x..x..", "x.x...x..x..x..."),
        drums=({KICK: "X.....x.X.....x.", RIM: "x..x..x...x..x..", HAT: EIGHTHS}, {SHAKER: SIXTEENTHS,
               RIM: "..x..x..x..x...."})),
    "latin": TempoStyle(low_bpm=84, high_bpm=118, share=4, bass=("......r.....f...", "r.....f.r.....f."),
               chords=("x.xx.x.x.x.x.x.x", OFFBEAT),
        drums=({KICK: "x.......x.......", CLAVES: "x..x..x...x.x...", CONGA_HIGH: "..x...x...x...xx",
               COWBELL: "x...x...x...x..."},
               {KICK: FOUR, SHAKER: "x.oox.oox.oox.oo", CONGA_LOW: "..x...x...x...xx"})),
    "march": TempoStyle(low_bpm=96, high_bpm=136, share=2, without_drums=0.3, bass=("r...f...r...f...",),
               chords=(OFFBEAT,),
        drums=({KICK: FOUR, SNARE: "x.oox.oox.oox.xx"}, {KICK: "X.......X.......", SNARE: "....x.xx....x.xx",
               CRASH: BACKBEAT})),
    "solo piano": TempoStyle(low_bpm=56, high_bpm=130, share=9, melody="piano"),
    "keyboard study": TempoStyle(low_bpm=50, high_bpm=150, share=4, melody="steps", chords=("1.3.2.3.1.3.2.3.",
               "1324132413241324", "x...x...x...x...")),
}

RECORD_STYLES: dict[str, TempoStyle] = {
    "twelve-eight blues": TempoStyle(low_bpm=50, high_bpm=84, share=7, steps=3, without_drums=0.2,
        bass=("r..r..f..f..", "r.....f.....", "w..w..w..w.."), chords=("x.xx.xx.xx.x", "xxxxxxxxxxxx", "x..x..x..x.."),
        drums=({KICK: "X.....X.....", SNARE: "...X.....X..", HAT: "xxxxxxxxxxxx"},
               {KICK: "X....xX.....", SNARE: "...X.....X..", RIDE: "x.xx.xx.xx.x"})),
    "boogie": TempoStyle(low_bpm=120, high_bpm=180, share=6, steps=3, without_drums=0.2, bass=("r.rt.tf.fo.o",
               "w..w..w..w.."),
        chords=("x..x..x..x..", "..x..x..x..x", "x....x......"),
        drums=({KICK: "X..x..X..x..", SNARE: "...X.....X..", RIDE: SWUNG}, {KICK: "X.....X.....", SNARE: "..oX.o..oX.o",
               HAT: "x.xx.xx.xx.x"})),
    "jazz ballad": TempoStyle(low_bpm=54, high_bpm=80, share=5, steps=3, without_drums=0.3, bass=("r.....f.....",
               "w..w..w..w.."),
        chords=("x...........", "x.....x.....", "x..x..x..x.."),
        drums=({RIDE: "x..x.xx..x.x", PEDAL: "...x.....x.."}, {SHAKER: "x..x..x..x..", PEDAL: "...x.....x.."})),
    "bebop": TempoStyle(low_bpm=150, high_bpm=250, share=5, steps=3, bass=("w..w..w..w..",), chords=("..x.....x...",
               "x....x......", ""),
        drums=({RIDE: SWUNG, PEDAL: "...x.....x..", SNARE: ".....o......"}, {RIDE: SWUNG, SNARE: "........o..."})),
    "adagio": TempoStyle(low_bpm=44, high_bpm=76, share=6, orchestra=True, melody="steps", bass=(LONG,
               "r...f...r...f..."),
        chords=("x.x.x.x.x.x.x.x.", "1.3.2.3.1.3.2.3.", "x...............")),
    "andante": TempoStyle(low_bpm=72, high_bpm=112, share=6, orchestra=True, melody="steps",
               bass=("r...r...r...r...", LONG),
        chords=("x...x...x...x...", "1.3.2.3.1.3.2.3.", "..x...x...x...x.")),
    "allegro": TempoStyle(low_bpm=112, high_bpm=170, share=7, orchestra=True, melody="steps",
               bass=("r...r...r...r...", ROOTS_8),
        chords=("x.x.x.x.x.x.x.x.", OFFBEAT, "x...x...x...x...")),
    "minuet": TempoStyle(low_bpm=96, high_bpm=180, share=5, beats=3, orchestra=True, melody="steps",
               bass=("r...........",
        "r...f...o..."), chords=("....x...x...", "x.x.x.x.x.x.")),
    "two-beat country": TempoStyle(low_bpm=76, high_bpm=120, share=6, without_drums=0.2, swing=0.2,
               bass=("r.......f.......",),
        chords=("....x.......x...", "..x...x...x...x.", "x.xxx.xxx.xxx.xx"),
        drums=({KICK: "X.......X.......", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: FOUR, RIM: BACKBEAT})),
    "country waltz": TempoStyle(low_bpm=84, high_bpm=130, share=3, beats=3, bass=("r...........",),
               chords=("....x...x...",),
        drums=({KICK: "X...........", RIM: "....x...x...", HAT: "x.x.x.x.x.x."},)),
    "rhythm and blues": TempoStyle(low_bpm=60, high_bpm=92, share=8, swing=0.3, without_drums=0.1,
               bass=("r..r......r.....", LONG,
        "r.....rr..f....."), chords=("x.......x.......", "1.2.3.2.1.2.3.2.", "x..x..x...x..x.."),
        drums=({KICK: "X..x......x.....", SNARE: BACKBEAT, HAT: SIXTEENTHS}, {KICK: "X......xX.......", RIM: BACKBEAT,
               HAT: EIGHTHS, SHAKER: SIXTEENTHS}, {KICK: "X.....x..x......", CLAP: BACKBEAT, HAT: "x.xxx.xxx.xxx.xx"})),
    "soul": TempoStyle(low_bpm=98, high_bpm=136, share=5, bass=("r.....rrf.......", "r..rf.o.r..rf.o."),
               chords=("..x...x...x...x.",
        BACKBEAT.replace("X", "x")), drums=({KICK: FOUR, SNARE: "X...X...X...X...", HAT: EIGHTHS},
               {KICK: "X.....x.X.......", SNARE: BACKBEAT, SHAKER: EIGHTHS})),
    "rock and roll": TempoStyle(low_bpm=140, high_bpm=192, share=5, bass=("w...w...w...w...", "r...r...f...o..."),
        chords=("x.x.x.x.x.x.x.x.", "x...x...x...x..."), drums=({KICK: "X...x...X...x...", SNARE: "....X.x.....X.x.",
               RIDE: EIGHTHS},
               {KICK: FOUR, SNARE: BACKBEAT, HAT: EIGHTHS})),
    "heavy": TempoStyle(low_bpm=64, high_bpm=104, share=7, bass=(ROOTS_8, "rrrrrrrrrrrrrrrr"),
               chords=("x.x.x.x.x.x.x.x.",
        "xxxxxxxxxxxxxxxx", "x...............", "x.xxx.xxx.xxx.xx"),
        drums=({KICK: "X.....x.X.x.....", SNARE: BACKBEAT, CRASH: "x...x...x...x..."}, {KICK: "XxX.......X.....",
               SNARE: BACKBEAT,
               OPEN_HAT: EIGHTHS}, {KICK: "xxxxxxxxxxxxxxxx", SNARE: BACKBEAT, RIDE: "x...x...x...x..."})),
    "thrash": TempoStyle(low_bpm=150, high_bpm=205, share=3, bass=(ROOTS_8,), chords=("xxxxxxxxxxxxxxxx",
               "x.xxx.xxx.xxx.xx"),
        drums=({KICK: "X.x.X.x.X.x.X.x.", SNARE: BACKBEAT, CRASH: "x...x...x...x..."}, {KICK: "X.......X.x.....",
               SNARE: BACKBEAT,
               OPEN_HAT: "x...x...x...x..."})),
    "boom bap": TempoStyle(low_bpm=80, high_bpm=108, share=5, swing=0.5, bass=("r.....r...r.....", ""),
               chords=("x...............", "", STABS[2]),
        drums=({KICK: "X.....x.x.......", SNARE: BACKBEAT, HAT: EIGHTHS}, {KICK: "X..x...x..x.....", SNARE: BACKBEAT},
               {KICK: "X.........x.....", SNARE: BACKBEAT, RIDE: EIGHTHS})),
    "roots reggae": TempoStyle(low_bpm=122, high_bpm=188, share=9, steps=2, song_beats=2, swing=0.2,
               bass=("r.r...f.", "..r..rf.",
        "r..r..t.", "r...f.o."), chords=("..x...x.", "..xx..xx"),
        drums=({KICK: "....X...", RIM: "....X...", HAT: "..x...x."}, {KICK: "X.X.X.X.", RIM: "....X...",
               HAT: "x.o.x.o."},
               {KICK: "....X...", SNARE: "....X..o", HAT: "xoxoxoxo", COWBELL: "x......."})),
}
# fmt: on
"""A second round: how the ten genres of popular collections sound on records, from common knowledge of them."""

DEMO_TEMPI: dict[str, tuple[float, float]] = {
    "deep house": (116, 126), "techno": (124, 146), "trance": (130, 144), "drum & bass": (164, 180),
    "dubstep": (136, 148), "hip-hop": (80, 102), "trap": (130, 150), "disco": (106, 126), "pop": (84, 128),
    "rock": (96, 160), "ballad": (58, 80), "waltz": (84, 170), "jazz": (110, 220), "breakbeat": (112, 138),
    "uk garage": (128, 136), "cumbia": (84, 106), "synthwave": (84, 118), "bossa nova": (112, 150),
    "funk": (92, 118), "amapiano": (110, 116), "folk": (76, 120), "lo-fi": (70, 90), "synth-pop": (100, 130),
    "hard techno": (145, 160), "chiptune": (130, 176), "dream pop": (74, 104),
}  # fmt: skip
"""Natural tempi of the demo's styles. Reggae is left out: the demo writes it at half the tempo it has here."""
