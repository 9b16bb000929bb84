"""Options of a list as a mix."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from map4.core.base.call_options import CallOptions, option
from map4.core.base.text import read_start
from map4.core.music.lists.tempo_curve import TempoCurve
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.core.music.lists.listed import ListHeader

OWN_CURVE = "list"
_BARS = re.compile(r"(1|2|4|8|16) ?bars?")


def _joint(text: str) -> str:
    if text in ("auto", "cut", "fade") or _BARS.fullmatch(text):
        return text
    raise UsageError(f"'{text}' is no kind of joint; use auto, 1bar, 2bars, 4bars, 8bars, 16bars, fade or cut")


class ListMixOptions(CallOptions):
    """How a list is played as a mix."""

    joint: str = option(
        "auto", "--joint",
        "Join tracks over 1, 2, 4, 8 or 16 bars (8bars), by a fade or a cut (default auto: by the list's plans, or the "
        "best plan).",
        metavar="KIND", reads=_joint, heading="The mix",
    )  # fmt: skip
    tempo: float | None = option(
        None, "--tempo", "Play all tracks at this tempo; the pitch stays.", least=40, most=300, metavar="BPM",
        heading="The mix",
    )  # fmt: skip
    tempo_curve: str | None = option(
        None, "--tempo-curve", "Tempo by minute: 0:100,60:130; 'list' is its own.",
        about="Play along these tempi, minute:BPM (0:100,60:130), or along the list's own curve: 'list'.",
        metavar="POINTS", reads=lambda text: text if text == OWN_CURVE else TempoCurve.parse(text).text,
        heading="The mix",
    )  # fmt: skip
    start: int = option(1, "--start", "Begin with the N-th track.", least=1, metavar="N", heading="Which part")
    starts: str | None = option(
        None, "--starts", "Begin at 14:00, and show the time of day.",
        about="When the mix begins, 14:00 or 2026-12-24T18:00: show the time of day.",
        metavar="TIME", reads=read_start, heading="Which part",
    )  # fmt: skip
    minutes: float | None = option(
        None, "--minutes", "End after N minutes.", least=0, above=True, metavar="N", heading="Which part"
    )

    def tempo_at(self, at_s: float) -> float | None:
        """The tempo at a second of the mix; None if each track plays at its own."""
        return self.tempo if self.tempo_curve is None else TempoCurve.parse(self.tempo_curve).at(at_s)

    def of_list(self, header: ListHeader) -> ListMixOptions:
        """The options with the list's own curve if it is requested."""
        if self.tempo_curve != OWN_CURVE:
            return self
        if (curve := TempoCurve.of_options(header.options)) is None:
            raise UsageError("this list was made without a tempo curve; give its points, such as 0:100,60:130")
        return replace(self, tempo_curve=curve.text)

    @property
    def bars(self) -> int | None:
        """The requested length of a joint in bars."""
        match = _BARS.fullmatch(self.joint)
        return int(match[1]) if match else None
