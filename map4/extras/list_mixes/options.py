"""Options of a list as a mix."""

from __future__ import annotations

import re

from map4.base.call_options import CallOptions, option
from map4.base.text import read_start
from map4.errors import UsageError

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
    start: int = option(1, "--start", "Begin with the N-th track.", least=1, metavar="N", heading="Which part")
    starts: str | None = option(
        None, "--starts", "Begin at 14:00, by the clock: show the time of day.",
        about="When the mix begins, 14:00 or 2026-12-24T18:00: show the time of day.",
        metavar="TIME", reads=read_start, heading="Which part",
    )  # fmt: skip
    minutes: float | None = option(
        None, "--minutes", "End after N minutes.", least=0, above=True, metavar="N", heading="Which part"
    )

    @property
    def bars(self) -> int | None:
        """The requested length of a joint in bars."""
        match = _BARS.fullmatch(self.joint)
        return int(match[1]) if match else None
