"""Forms of the open part of the made dance tracks: which phrases follow each other, and how one leads to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from made_track import Stretch

WEIGHTS = {
    "kick": 0.22, "snare": 0.12, "hat": 0.07, "open": 0.06, "perc": 0.05, "bass": 0.2, "pad": 0.06, "stab": 0.08,
    "arp": 0.06, "lead": 0.08,
}  # fmt: skip
"""How much each part adds to the energy of a phrase, together 1."""
PULSE = frozenset(WEIGHTS) - {"pad"}
DRUMS = frozenset({"kick", "snare"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A phrase with how it is played.

    name: which patterns it uses
    role, bars, half_bar: as in `Stretch`
    parts: of `WEIGHTS`
    end: how it ends: "", "fill", "toms", "kick out", "silence", "reverse"
    crash: whether a cymbal begins it
    rise: bars of noise that rises before its end
    roll: whether a snare roll fills it
    opens: bus that a filter opens on during it, or ""
    fade: "in", "out" or ""
    """

    name: str
    role: str | None
    bars: int
    parts: frozenset[str]
    end: str = ""
    crash: bool = False
    rise: int = 0
    roll: bool = False
    opens: str = ""
    fade: str = ""
    half_bar: int = 0

    @property
    def stretch(self) -> Stretch:
        """What the truth needs of it."""
        return Stretch(
            bars=self.bars, role=self.role, drums=bool(self.parts & DRUMS), bass="bass" in self.parts,
            pulse=bool(self.parts & PULSE), energy=sum(WEIGHTS[part] for part in self.parts),
            group=f"{self.name} {sorted(self.parts)}", half_bar=self.half_bar,
        )  # fmt: skip


def _bars(rng: np.random.Generator, *choices: int) -> int:
    """One of the lengths; every twentieth is another one."""
    return int(rng.choice((6, 10, 12, 20))) if rng.random() < 0.05 else int(rng.choice(choices))


def _without(parts: frozenset[str], *names: str) -> frozenset[str]:
    return parts - {*names}


def _palette(rng: np.random.Generator) -> frozenset[str]:
    """The parts that a track has at all."""
    maybe = {part for part in ("open", "perc", "pad", "stab", "arp") if rng.random() < 0.65}
    return frozenset({"kick", "snare", "hat", "bass", "lead"} | maybe | ({"stab"} if len(maybe) < 2 else set()))


def _intro(rng: np.random.Generator, every: frozenset[str]) -> list[Section]:
    """Drums for the DJ, pads without a beat, music that grows, or a few bars."""
    kind = rng.choice(("drums", "drums", "pads", "music", "short"))
    beat = frozenset({"kick", "hat"})
    if kind == "drums":
        first = _bars(rng, 8, 8, 16)
        return [
            Section(name="intro", role="intro", bars=first, parts=beat if rng.random() < 0.7 else frozenset({"kick"}),
                    opens="drums" if rng.random() < 0.2 else ""),
            Section(name="intro", role="intro", bars=_bars(rng, 8, 8, 16), parts=beat | (every & {"snare", "perc",
                    "open"})),
        ]  # fmt: skip
    if kind == "pads":
        pads = Section(name="break", role="intro", bars=_bars(rng, 4, 8, 8, 16), parts=frozenset({"pad"}),
                       fade="in" if rng.random() < 0.5 else "")  # fmt: skip
        return [pads, Section(name="intro", role="intro", bars=_bars(rng, 8, 8, 16), parts=beat | {"pad"})]
    if kind == "music":
        return [
            Section(name="groove", role="intro", bars=_bars(rng, 4, 8),
                    parts=every & {"stab", "arp", "pad"} or frozenset({"lead"}),
                    opens="music" if rng.random() < 0.4 else ""),
            Section(name="groove", role="intro", bars=_bars(rng, 8, 8, 16), parts=beat | (every & {"stab", "arp"})),
        ]  # fmt: skip
    return [Section(name="intro", role="intro", bars=_bars(rng, 4, 8), parts=beat | (every & {"perc", "open"}))]


def _outro(rng: np.random.Generator, every: frozenset[str]) -> list[Section]:
    kind = rng.choice(("drums", "drums", "fade", "pads"))
    if kind == "drums":
        return [
            Section(name="groove", role="outro", bars=_bars(rng, 8, 16), parts=every & {"kick", "snare", "hat", "open",
                    "bass"}),
            Section(name="intro", role="outro", bars=_bars(rng, 8, 8, 16), parts=frozenset({"kick", "hat"})),
        ]  # fmt: skip
    if kind == "fade":
        return [Section(name="groove", role="outro", bars=_bars(rng, 8, 16), parts=_without(every, "lead", "pad"),
                        fade="out")]  # fmt: skip
    return [Section(name="break", role="outro", bars=_bars(rng, 4, 8), parts=frozenset({"pad"}), fade="out")]


def _break_and_build(rng: np.random.Generator, every: frozenset[str]) -> list[Section]:
    calm = frozenset({"pad"}) | (every & {"arp"} if rng.random() < 0.5 else frozenset())
    found = [Section(name="break", role="break", bars=_bars(rng, 8, 8, 16), parts=calm)]
    if rng.random() < 0.4:
        found.append(Section(name="break", role="break", bars=_bars(rng, 8, 8, 16), parts=calm | {"lead"}))
    if rng.random() < 0.85:
        found.append(_build(rng, every))
    return found


def _build(rng: np.random.Generator, every: frozenset[str]) -> Section:
    parts = frozenset({"hat"}) | (every & {"arp", "stab"}) | ({"kick"} if rng.random() < 0.4 else frozenset())
    bars = _bars(rng, 4, 8, 8, 16)
    return Section(name="build", role="build", bars=bars, parts=parts, roll=rng.random() < 0.75, rise=min(bars, 8),
                   opens="music" if rng.random() < 0.6 else "")  # fmt: skip


def _drop(rng: np.random.Generator, every: frozenset[str]) -> list[Section]:
    """At full energy, in one part or in two that differ; now and then without a kick."""
    full = _without(every, "pad") if rng.random() < 0.5 else every
    if rng.random() < 0.08:
        full = _without(full, "kick")
    first = Section(name="drop", role="drop", bars=_bars(rng, 8, 16, 16, 16, 32), parts=full)
    if first.bars > 16 or rng.random() < 0.5:
        return [first]
    other = full ^ {str(rng.choice(("arp", "perc", "open")))}
    return [first, Section(name="drop", role="drop", bars=first.bars, parts=frozenset(other))]


def _groove(rng: np.random.Generator, every: frozenset[str]) -> Section:
    return Section(name="groove", role=None, bars=_bars(rng, 8, 16, 16), parts=_without(every, "lead", "pad"))


def _club(rng: np.random.Generator) -> list[Section]:
    """Intro, groove, break, build, drop, perhaps all of it again, outro."""
    every = _palette(rng)
    form = [*_intro(rng, every), _groove(rng, every), *_break_and_build(rng, every)]
    drop = _drop(rng, every)
    form += drop
    if rng.random() < 0.55:
        form += [*_break_and_build(rng, every)[-2:], *(drop if rng.random() < 0.6 else _drop(rng, every))]
    elif rng.random() < 0.5:
        form.append(_groove(rng, every))
    return form + _outro(rng, every)


def _tool(rng: np.random.Generator) -> list[Section]:
    """Parts that enter and leave one by one; one break, and full energy after it."""
    every = _palette(rng)
    grows = _without(every, "lead", "pad")
    form = _intro(rng, every)
    for dropped in ("stab", "perc"):
        if rng.random() < 0.7:
            form.append(Section(name="groove", role=None, bars=_bars(rng, 8, 16, 16), parts=_without(grows, dropped)))
    form += [Section(name="groove", role=None, bars=_bars(rng, 8, 16), parts=grows | {"arp"})]
    form += [*_break_and_build(rng, every), *_drop(rng, every)]
    if rng.random() < 0.5:
        form.append(Section(name="groove", role=None, bars=_bars(rng, 8, 16), parts=_without(grows, "stab", "arp")))
    return _unrepeated(form) + _outro(rng, every)


def _drops(rng: np.random.Generator) -> list[Section]:
    """Intro, build, drop, break, build, drop, outro."""
    every = _palette(rng)
    form = [*_intro(rng, every), _build(rng, every)]
    drop = _drop(rng, every)
    form += [*drop, *_break_and_build(rng, every), *(drop if rng.random() < 0.7 else _drop(rng, every))]
    return form + _outro(rng, every)


def _song(rng: np.random.Generator) -> list[Section]:
    """Verses and hooks, a bridge without drums."""
    every = _palette(rng)
    verse_parts = _without(every, "lead", "open", "arp")
    hook_parts = every | {"lead"}
    verse = Section(name="groove", role=None, bars=_bars(rng, 8, 16, 16), parts=verse_parts)
    hook = Section(name="drop", role=None, bars=_bars(rng, 8, 8, 16), parts=hook_parts)
    form = [*_intro(rng, every)[-2:], verse, hook, replace(verse, bars=_bars(rng, 8, 12, 16)), hook]
    if rng.random() < 0.8:
        form.append(Section(name="break", role="break", bars=_bars(rng, 4, 8, 8), parts=frozenset({"pad", "lead"})))
        form.append(hook)
    return form + _outro(rng, every)


def _unrepeated(form: list[Section]) -> list[Section]:
    """Without phrases that bring nothing new after the one before."""
    return [each for at, each in enumerate(form) if not at or each.parts != form[at - 1].parts]


FORMS: dict[str, Callable[[np.random.Generator], list[Section]]] = {
    "club": _club,
    "tool": _tool,
    "drops": _drops,
    "song": _song,
}


def led_over(rng: np.random.Generator, here: Section, after: Section | None) -> Section:
    """With a way to the next phrase, or with none; and a cymbal at its beginning or not."""
    crash = rng.random() < (0.8 if here.role == "drop" else 0.35 if here.parts & DRUMS else 0.1)
    if after is None:
        return replace(here, crash=crash)
    ends = ["", "", "fill", "toms", "kick out", "reverse"] if here.parts & DRUMS else ["", "", "reverse"]
    if after.role == "drop":
        ends = ["silence", "silence", "fill", "", "kick out", "reverse"]
    rise = here.rise or (int(rng.choice((2, 4))) if rng.random() < 0.2 and here.bars >= 8 else 0)
    return replace(here, crash=crash, end=str(rng.choice(ends)), rise=rise)
