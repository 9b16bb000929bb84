"""A planned set as a script for Liquidsoap 2: annotations of each track.

The names are those of its manual (https://www.liquidsoap.info/doc-dev/metadata.html): cue points in
the file, the level, and the overlap with the next track. Liquidsoap fades; it has neither
speeds nor the swap of the bass.
"""

from __future__ import annotations

from collections.abc import Iterator

from map4.core.base.text import printable
from map4.extras.list_mixes.records import ListMix, SetTrack

_END = """]

mixed = playlist.list(mode="normal", loop=false, tracks)
%ifversion < 2.2
mixed = cue_cut(mixed)
%endif
mixed = amplify(override="liq_amplify", 1., mixed)
mixed = crossfade(mixed)
"""


def liquidsoap_script(planned: ListMix) -> str:
    """Return the script; `mixed` is its source."""
    lines = "".join(f"  {_string(_annotated(planned, track))},\n" for track in planned.tracks)
    name = " ".join(printable(planned.name or "A mix").split())
    return f"# {name}, planned by map4. Add an output: output.dummy(fallible=true, mixed)\ntracks = [\n{lines}{_END}"


def _annotated(planned: ListMix, track: SetTrack) -> str:
    values = ",".join(f"{name}={_string(value)}" for name, value in _values(planned, track))
    return f"annotate:{values}:{track.path}"


def _values(planned: ListMix, track: SetTrack) -> Iterator[tuple[str, str]]:
    joint = {joint.of: joint for joint in planned.joints}
    after, before = joint.get(track.position), joint.get(track.position - 1)
    yield "title", track.title or track.name
    if track.title and track.artist:  # else the name has the artist
        yield "artist", track.artist
    yield "liq_cue_in", f"{track.from_s:.3f}"
    yield "liq_cue_out", f"{track.until_s:.3f}"
    yield "liq_amplify", f"{track.gain_db:.2f} dB"
    yield "liq_fade_in", f"{0.0 if before is None else before.lasts_s:.3f}"
    yield "liq_fade_out", f"{0.0 if after is None else after.lasts_s:.3f}"
    yield "liq_cross_duration", f"{0.0 if after is None else after.lasts_s:.3f}"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(" " if letter in "\r\n" else letter for letter in escaped) + '"'
