"""What the table of cue points says."""

import io
from dataclasses import replace

from made_tracks import made_track
from rich.console import Console

from map4.cli.views.cue_table import cue_table
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues


def test_hot_and_memory_cue_at_one_position_share_a_line() -> None:
    cues = (
        CuePoint(position_s=9.0, name="Drop"),
        CuePoint(position_s=9.0004, number=0, name="Drop"),
        CuePoint(position_s=9.0, number=1, name="Vocal"),
        CuePoint(position_s=9.1, name="Drop"),
        CuePoint(position_s=-0.5, name="Start"),
    )
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(cue_table(replace(made_track("a.mp3", 120.0), imported=ImportedValues(cues=cues))))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split()[2] for line in lines[1:]] == ["Start", "Vocal", "Drop", "Drop"]
    assert [line.split("imported")[1].strip() for line in lines[1:]] == ["", ", hot cue B", ", hot cue A", ""]
    assert lines[1].split()[0] == "-0:00.5"
