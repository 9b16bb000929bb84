"""Styles of the demo music: drum patterns, bass lines, chord rhythms, melodies and arrangements.

A pattern is a bar or several bars (parted by `|`, then repeated), each cut into equal steps, one character a step:

- drums: `X` loud, `x` normal, `o` soft, `.` nothing;
- bass, chords, lead: a note starts at a letter or digit, `-` holds it, `.` is silence.
  Bass: `r` root, `f` fifth, `o` octave, `t` third. Chords: `x`; `1`-`4` play one chord note (broken chords).
  Lead: a scale step counted from the chord's root, 1-9, so that every melody follows its harmony.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CLUB = ("k", "kb", "dbc", "cl", "dbcl", "dbc")
"""Drums for mixing in, then part by part, a break without drums, everything, and fewer parts."""
SONG = ("c", "dbc", "dbcl", "bc", "dbcl", "dbcl")
BAND = ("dbc", "dbcl", "dbc", "dbcl")
LOOP = ("kc", "dbc", "dbcl", "dbc", "bcl", "dbcl")
SOLO = ("c", "bc", "bcl", "bc", "bcl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One pitched part.

    voice: an instrument of `sound.VOICES`
    pattern: see the module's text
    gain: before mastering; the kick is at 1
    wet: share sent to the echoes
    """

    voice: str
    pattern: str
    gain: float = 0.4
    wet: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One style of music.

    drums: pattern of each drum
    intro_drums: the drums that play where a section says `k` instead of `d`
    sections: equal parts of the track, each naming what plays: k or d, b, c, l
    duck: how far the kick pushes the chords and the bass down, 0-1
    humanise_s: standard deviation of the timing of everything but the kick and the bar's first step
    """

    sections: tuple[str, ...]
    drums: dict[str, str] = field(default_factory=dict)
    intro_drums: tuple[str, ...] = ()
    bass: Part | None = None
    chords: Part | None = None
    lead: Part | None = None
    duck: float = 0.0
    humanise_s: float = 0.0


FOUR = "X...X...X...X..."
OFFBEAT = "..x...x...x...x."
BACKBEAT = "....x.......x..."
EIGHTHS = "x.o.x.o.x.o.x.o."
SIXTEENTHS = "xoxoxoxoxoxoxoxo"
WHOLE = "x---------------"

# fmt: off
STYLES: dict[str, Style] = {
    "deep house": Style(
        sections=CLUB, duck=0.4, intro_drums=("kick", "hat"),
        drums={"kick": FOUR, "clap": BACKBEAT, "openhat": OFFBEAT, "hat": "o..oo..oo..oo..o",
                "conga": "...o..o....o..o."},
        bass=Part(voice="sub", pattern="r--..r-.r--.o-..|r--..r-...f-.o-.", gain=0.55),
        chords=Part(voice="epiano", pattern="x--x--..x--x--..|x--x--....x-x--.", gain=0.2, wet=0.25),
        lead=Part(voice="vibes", pattern="5-.3-.1-..3-5-..|....7-5-3---....", gain=0.25, wet=0.4),
    ),
    "techno": Style(
        sections=CLUB, duck=0.6, intro_drums=("hardkick", "hat"),
        drums={"hardkick": FOUR, "clap": "............x...", "openhat": OFFBEAT, "hat": SIXTEENTHS,
                "rim": "...x..x....x..x."},
        bass=Part(voice="acid", pattern=".rr-.rr-.rr-.ro-", gain=0.3),
        chords=Part(voice="stab", pattern="...x--.....x--..|...x--....x-.x-.", gain=0.36, wet=0.5),
        lead=Part(voice="acid", pattern="1.13.15.1.13.7.5", gain=0.16, wet=0.2),
    ),
    "trance": Style(
        sections=("k", "kb", "dbcl", "cl", "dbcl", "dbc"), duck=0.6, intro_drums=("kick", "hat"),
        drums={"kick": FOUR, "clap": BACKBEAT, "openhat": OFFBEAT, "hat": SIXTEENTHS},
        bass=Part(voice="sawbass", pattern=".rrr.rrr.rrr.rrr", gain=0.35),
        chords=Part(voice="supersaw", pattern=WHOLE, gain=0.16, wet=0.3),
        lead=Part(voice="pluck", pattern="1.5.8.5.1.5.9.5.|1.5.8.5.3.5.8.5.", gain=0.4, wet=0.4),
    ),
    "drum & bass": Style(
        sections=("kc", "dbc", "dbcl", "cl", "dbc", "dbcl"), duck=0.3, intro_drums=("hat", "rim"),
        drums={"kick": "X.........X.....|X.........X..x..", "snare": "....X.......X...|....X..o.o..X...",
               "hat": "x.x.x.x.x.x.x.x.", "ride": "x...x...x...x...", "rim": "......o......o.o"},
        bass=Part(voice="reese", pattern="r-----..r-r---..|r-----..f-----o-", gain=0.4),
        chords=Part(voice="pad", pattern=WHOLE, gain=0.16, wet=0.4),
        lead=Part(voice="bell", pattern="5---..3-..1-....|7---5-..3-......", gain=0.22, wet=0.5),
    ),
    "dubstep": Style(
        sections=("c", "dc", "db", "dbc", "cl", "dbl"), duck=0.3,
        drums={"kick": "X.....x.........|X.........x.....", "bigsnare": "........X.......", "hat": "x.x.x.xxx.x.x.x.",
               "openhat": "..............o."},
        bass=Part(voice="growl", pattern="r-r-r---..r-rr..|r---..o-r-r-f-..", gain=0.33),
        chords=Part(voice="pad", pattern=WHOLE, gain=0.2, wet=0.4),
        lead=Part(voice="sawlead", pattern="1-----5---3-----|7---5-----------", gain=0.2, wet=0.4),
    ),
    "hip-hop": Style(
        sections=LOOP, intro_drums=("kick", "hat"),
        drums={"kick": "X..x......x.....|X..x...x..x..x..", "snare": "....X.......X..o", "hat": "x.xox.xox.xox.xo"},
        bass=Part(voice="sub", pattern="r--r-.....r-....|r--r-...f-o-....", gain=0.6),
        chords=Part(voice="epiano", pattern="x-----...x------", gain=0.22, wet=0.2),
        lead=Part(voice="flute", pattern="5---3-1-....3-5-|1-------........", gain=0.22, wet=0.3),
    ),
    "trap": Style(
        sections=("c", "dbc", "dbcl", "c", "dbcl"),
        drums={"boom": "X.....x...x.....|X..x......x...x.", "clap": "........X.......",
               "hat": "x.x.x.x.x.x.x.x.x.x.x.x.x.x.xxxx|x.x.x.x.xxxxxxx.x.x.x.x.x.x.x.x."},
        bass=Part(voice="808", pattern="r-----r---r-----|r--r------f---o-", gain=0.4),
        chords=Part(voice="bell", pattern="1.3.2.3.1.3.2.3.", gain=0.28, wet=0.4),
        lead=Part(voice="flute", pattern="1---3-5-----3---|2---1-----------", gain=0.24, wet=0.4),
    ),
    "reggae": Style(
        sections=BAND, humanise_s=0.004,
        drums={"kick": "........X.......", "rim": "........x.......|........x.....o.", "hat": EIGHTHS,
               "openhat": "..............o."},
        bass=Part(voice="fingerbass", pattern="r---..r-t-f---..|r---..r-f-t-r-..", gain=0.6),
        chords=Part(voice="organ", pattern="..x...x...x...x.", gain=0.2, wet=0.3),
        lead=Part(voice="brass", pattern="5---3---1-------|........3-5-3---", gain=0.2, wet=0.4),
    ),
    "disco": Style(
        sections=("k", "kbc", "dbcl", "dbc", "cl", "dbcl"), duck=0.2, intro_drums=("kick", "hat"),
        drums={"kick": FOUR, "snare": BACKBEAT, "openhat": OFFBEAT, "hat": "x.x.x.x.x.x.x.x.",
                "conga": "o..o..o.o..o..oo"},
        bass=Part(voice="fingerbass", pattern="r-o-r-o-r-o-f-o-", gain=0.5),
        chords=Part(voice="guitar", pattern="..x..xx...x..xx.", gain=0.22, wet=0.1),
        lead=Part(voice="strings", pattern="5-------3-------|1---2---3---5---", gain=0.22, wet=0.3),
    ),
    "pop": Style(
        sections=SONG,
        drums={"kick": "X.....x.X.......", "snare": BACKBEAT, "hat": EIGHTHS},
        bass=Part(voice="fingerbass", pattern="r---..r-r---..f-", gain=0.55),
        chords=Part(voice="piano", pattern="x---x---x---x---", gain=0.26, wet=0.2),
        lead=Part(voice="sawlead", pattern="3-3-5-..3-2-1---|5---3-..1-------", gain=0.2, wet=0.3),
    ),
    "rock": Style(
        sections=("c", "dbc", "dbcl", "dbc", "dbcl"), humanise_s=0.002,
        drums={"kick": "X.....x.X.x.....", "bigsnare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        bass=Part(voice="fingerbass", pattern="r-r-r-r-r-r-r-r-", gain=0.5),
        chords=Part(voice="crunch", pattern="x-----x-x---x---", gain=0.2),
        lead=Part(voice="sawlead", pattern="1-3-5---3-5-8---|5---3---1-------", gain=0.22, wet=0.2),
    ),
    "ballad": Style(
        sections=("c", "cl", "dbc", "dbcl", "dbcl"),
        drums={"kick": "X.......X.x.....", "rim": "....x.......x...", "hat": EIGHTHS},
        bass=Part(voice="upright", pattern="r-------r---f---", gain=0.6),
        chords=Part(voice="piano", pattern="1-2-3-2-4-2-3-2-", gain=0.4, wet=0.3),
        lead=Part(voice="strings", pattern="5-------3---2---|1---------------", gain=0.24, wet=0.3),
    ),
    "waltz": Style(
        sections=("bc", "dbcl", "dbc", "dbcl"),
        drums={"softkick": "X...........", "brush": "....x...x...", "hat": "x...o...o..."},
        bass=Part(voice="upright", pattern="r---........|f---........", gain=0.65),
        chords=Part(voice="piano", pattern="....x--.x--.", gain=0.3, wet=0.2),
        lead=Part(voice="strings", pattern="5-------3---|1---3---5---", gain=0.24, wet=0.3),
    ),
    "jazz": Style(
        sections=("dbc", "dbcl", "dbcl", "dbc"), humanise_s=0.005,
        drums={"ride": "X..x.xX..x.x", "hat": "...x.....x..", "softkick": "o..o..o..o..", "rim": "..o........."},
        bass=Part(voice="upright", pattern="r-.t-.f-.o-.|o-.f-.t-.r-.", gain=0.65),
        chords=Part(voice="piano", pattern="x-...x-.....|..x--....x-.", gain=0.24, wet=0.15),
        lead=Part(voice="brass", pattern="5-.3-15--...|1-23-53-1...", gain=0.24, wet=0.2),
    ),
    "breakbeat": Style(
        sections=("k", "db", "dbc", "cl", "dbcl", "db"), duck=0.2, intro_drums=("kick", "hat"),
        drums={"kick": "X.x.......xx....|X.x.......x..x..", "snare": "....X..o.o..X..o", "hat": "x.x.x.x.x.x.x.x."},
        bass=Part(voice="acid", pattern="r-..r-.o..r-f-..", gain=0.35),
        chords=Part(voice="stab", pattern="x--..x-...x-....", gain=0.22, wet=0.3),
        lead=Part(voice="square", pattern="1.3.5-..7-5-3-1-", gain=0.16, wet=0.3),
    ),
    "uk garage": Style(
        sections=("k", "db", "dbc", "cl", "dbcl", "dbc"), duck=0.2, intro_drums=("kick", "hat"),
        drums={"kick": "X.........x.....|X......x..x.....", "clap": BACKBEAT, "hat": ".xx.xx.x.xx.xx.x",
                "openhat": OFFBEAT,
               "rim": ".......o.o....o."},
        bass=Part(voice="sub", pattern="r-..r-.r..o-..r-", gain=0.6),
        chords=Part(voice="organ", pattern="x-.x-...x-.x-...|..x-.x-...x-.x-.", gain=0.2, wet=0.2),
        lead=Part(voice="pluck", pattern="5-3-..1-5-..3-..", gain=0.35, wet=0.3),
    ),
    "cumbia": Style(
        sections=BAND, humanise_s=0.004,
        drums={"kick": FOUR, "shaker": "x.oox.oox.oox.oo", "conga": "..x...x...x...xx", "congahigh": "......x.......x.",
               "cowbell": "x...x...x...x..."},
        bass=Part(voice="fingerbass", pattern="r-----t-f-----t-", gain=0.6),
        chords=Part(voice="piano", pattern="..x-..x-..x-..x-", gain=0.3, wet=0.1),
        lead=Part(voice="brass", pattern="1-3-5-..5-3-1-..|5---3-2-1---....", gain=0.22, wet=0.2),
    ),
    "synthwave": Style(
        sections=("c", "dbc", "dbcl", "bc", "dbcl"), duck=0.3,
        drums={"kick": FOUR, "bigsnare": BACKBEAT, "hat": "x.x.x.x.x.x.x.x.",
                "tom": "................|............x.xx"},
        bass=Part(voice="sawbass", pattern="r.r.r.r.r.r.r.r.", gain=0.45),
        chords=Part(voice="pad", pattern=WHOLE, gain=0.18, wet=0.3),
        lead=Part(voice="square", pattern="5-----3---1-----|7---5---3-------", gain=0.18, wet=0.5),
    ),
    "bossa nova": Style(
        sections=("bc", "dbc", "dbcl", "dbc"), humanise_s=0.004,
        drums={"softkick": "X..xX..xX..xX..x", "rim": "x..x..x...x..x..|..x..x..x..x..x.",
                "shaker": "xoxoxoxoxoxoxoxo"},
        bass=Part(voice="upright", pattern="r--.f--.r--.f--.", gain=0.6),
        chords=Part(voice="guitar", pattern="x-x-.x-.x-.x-.x-|x-.x-.x-x-.x-.x-", gain=0.22, wet=0.1),
        lead=Part(voice="flute", pattern="7---5-3-..5-----|3---1-----------", gain=0.3, wet=0.3),
    ),
    "funk": Style(
        sections=BAND, humanise_s=0.003,
        drums={"kick": "X.x....x..x.....", "snare": "....X..o.o..X..o", "hat": SIXTEENTHS},
        bass=Part(voice="fingerbass", pattern="r.r..o.r..f.ro..", gain=0.55),
        chords=Part(voice="guitar", pattern=".xx..xx..xx..xx.", gain=0.24),
        lead=Part(voice="brass", pattern="........5.5-..3-|1.1-............", gain=0.26, wet=0.2),
    ),
    "amapiano": Style(
        sections=("kc", "dc", "dbc", "cl", "dbcl"), duck=0.2, intro_drums=("kick", "shaker"),
        drums={"kick": "x...x...x...x...", "shaker": "xoxxxoxxxoxxxoxx", "rim": "...x..x....x..x.",
                "clap": "....o.......o..."},
        bass=Part(voice="808", pattern="..r-...r-..r-..r|..r-.r-...f-..r-", gain=0.4),
        chords=Part(voice="epiano", pattern="x-..x-..x-..x-..", gain=0.22, wet=0.2),
        lead=Part(voice="marimba", pattern="5.3.1.3.5.8.5.3.", gain=0.35, wet=0.3),
    ),
    "folk": Style(
        sections=SOLO, humanise_s=0.003,
        bass=Part(voice="upright", pattern="r-------f-------", gain=0.5),
        chords=Part(voice="guitar", pattern="1-3-2-3-4-3-2-3-", gain=0.7, wet=0.1),
        lead=Part(voice="flute", pattern="1---3---5---3---|2-------1-------", gain=0.2, wet=0.2),
    ),
    "lo-fi": Style(
        sections=LOOP, humanise_s=0.004, intro_drums=("softkick", "brush"),
        drums={"softkick": "X.....x...x.....|X..x......x.....", "brush": "....X.......X...", "hat": "x.o.x.o.x.o.x.o."},
        bass=Part(voice="sub", pattern="r-----r-....f---", gain=0.5),
        chords=Part(voice="epiano", pattern="x-------..x-----", gain=0.24, wet=0.3),
        lead=Part(voice="vibes", pattern="5-..3-..1---....|7-..5-..3---....", gain=0.22, wet=0.3),
    ),
    "synth-pop": Style(
        sections=("k", "kbc", "dbcl", "bc", "dbcl", "dbcl"), duck=0.2, intro_drums=("kick", "hat"),
        drums={"kick": FOUR, "clap": BACKBEAT, "hat": "x.x.x.x.x.x.x.x."},
        bass=Part(voice="sawbass", pattern="r-r-o-r-r-r-o-r-", gain=0.45),
        chords=Part(voice="strings", pattern="x-------x-------", gain=0.2, wet=0.2),
        lead=Part(voice="square", pattern="3-5-3-1-5-3-1---|3-5-8-5-3-------", gain=0.17, wet=0.3),
    ),
    "hard techno": Style(
        sections=("k", "dbc", "cl", "dbcl", "dbcl", "dbc"), duck=0.4, intro_drums=("hardkick", "ride"),
        drums={"hardkick": FOUR, "clap": BACKBEAT, "openhat": OFFBEAT, "hat": SIXTEENTHS, "ride": "..o...o...o...o."},
        bass=Part(voice="acid", pattern=".rrr.rrr.rrr.rrf", gain=0.4),
        chords=Part(voice="supersaw", pattern="x-----x-x-----x-", gain=0.5, wet=0.1),
        lead=Part(voice="acid", pattern="1.3.5.3.8.5.3.1.", gain=0.25, wet=0.2),
    ),
    "chiptune": Style(
        sections=BAND,
        drums={"kick": "X.......X.......", "snare": BACKBEAT, "hat": "x.x.x.x.x.x.x.x."},
        bass=Part(voice="chip", pattern="r-o-r-o-r-o-r-o-", gain=0.3),
        chords=Part(voice="chip", pattern="1234123412341234", gain=0.25),
        lead=Part(voice="chip", pattern="5-3-1-3-5---8---|7-5-3-5-1-------", gain=0.25),
    ),
    "dream pop": Style(
        sections=SONG,
        drums={"kick": "X.........x.....", "bigsnare": BACKBEAT, "ride": "x...x...x...x..."},
        bass=Part(voice="fingerbass", pattern="r-r-r-r-r-r-r-r-", gain=0.5),
        chords=Part(voice="strings", pattern=WHOLE, gain=0.24, wet=0.5),
        lead=Part(voice="bell", pattern="5---3---1---3---|5---8-------....", gain=0.2, wet=0.5),
    ),
    "ambient": Style(
        sections=("c",),
        chords=Part(voice="drift", pattern=WHOLE, gain=0.3, wet=0.5),
        lead=Part(voice="bell", pattern="1", gain=0.12, wet=0.7),
    ),
}
# fmt: on
