"""A planned set on a terminal."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table

from map4.cli.views.columns import safe_text
from map4.core.base.paths import display_path
from map4.core.base.text import clock, counted, percent
from map4.extras.list_mixes.records import ListMix, RenderedSet, SetJoint, SetTrack
from map4.version import Packages


def set_view(planned: ListMix) -> RenderableType:
    """The tracks with their start, and each joint below the track that it leads to."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for justify in ("right", "right", "left"):
        table.add_column(justify=justify)
    joints = {joint.to: joint for joint in planned.joints}
    for track in planned.tracks:
        joint = joints.get(track.position)
        table.add_row(str(track.position), planned.clock(track.start_s), safe_text(track.name, "bold"))
        lines = [*([_joint_text(joint, track)] if joint is not None else []), *track.notes]
        for line in lines:
            table.add_row("", "", safe_text(line, "dim"))
    return table


def set_lines(planned: ListMix) -> list[str]:
    """The summary below the table."""
    tempo = "" if planned.tempo_bpm is None else f", {planned.tempo_bpm:g} BPM"
    lines = [f"{counted(len(planned.tracks), 'track')}, {clock(planned.lasts_s)}, {planned.level_lufs:.1f} LUFS{tempo}"]
    return [
        *lines,
        planned.length_text,
        *pitch_lines(planned.keeps_pitch),
        *(f"left out: {track.name}: {track.why}" for track in planned.left_out),
        *planned.notes,
    ]


def written_lines(written: RenderedSet) -> list[str]:
    """The result of writing a set."""
    beside = f", with {' and '.join(display_path(path).rpartition('/')[2] for path in written.beside)}"
    facts = f"{counted(written.tracks, 'track')}, {clock(written.lasts_s)}, {written.level_lufs:.1f} LUFS"
    line = f"{display_path(written.path)}: {facts}{beside if written.beside else ''}"
    is_ogg = written.path.lower().endswith(".ogg")
    return [
        line,
        *(["it is Opus in Ogg; its usual suffix is .opus"] * is_ogg),
        *written.gaps,
        *pitch_lines(written.keeps_pitch),
    ]


def pitch_lines(keeps_pitch: bool) -> list[str]:
    return [] if keeps_pitch else [f"pitches change with speeds ({Packages('stretch').how_to_add()} keeps them)"]


def _joint_text(joint: SetJoint, track: SetTrack) -> str:
    if joint.kind in ("cut", "segue"):
        return f"{joint.kind}: {joint.why}"
    if joint.plan is None:
        return f"fade of {joint.lasts_s:.1f} s: {joint.why}"
    plan, speed = joint.plan, 100.0 * (track.speeds[0].speed - 1.0)
    length = counted(plan.beats, "beat") if plan.bars is None else counted(plan.bars, "bar")
    how = "faded in time" if joint.kind == "fade" else "in time"
    return f"{length} {how}, {speed:+.1f} %, {percent(plan.confidence)} sure: {joint.why}"
