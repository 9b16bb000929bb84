"""Cue points of a track, set for the other copies of its recording too."""

from pathlib import Path

import pytest
from conftest import Run
from quarantines import WORD_S, scanned, write_sound

from map4 import Library
from map4.errors import UsageError

CUES = [{"position_s": 2.0, "number": 0, "name": "Drop"}, {"position_s": 8.0, "kind": "loop", "length_s": 4.0}]


def test_cue_points_are_copied_shifted_by_the_offset_of_the_copy(tmp_path: Path) -> None:
    first, same, late, mute = (write_sound(tmp_path / f"{name}.wav", seed=seed) for name, seed in
                               (("first", 1), ("same", 1), ("late", 2), ("mute", 3)))  # fmt: skip
    with Library.open(tmp_path / "library.map4") as library:
        scanned(library, first, same)
        scanned(library, late, lag_words=5)
        scanned(library, mute, with_sound=False)
        library.set([first], cues=CUES)
        changes = library.set([first, same], cues_to_copies=True)  # one audio
        assert [(Path(change.track.path).name, change.problem) for change in changes] == [("late.wav", None)]
        moved = library.track(late).user.cues
        assert [(cue.position_s, cue.name, cue.length_s) for cue in moved] == [
            (pytest.approx(2.0 + 5 * WORD_S, abs=1e-3), "Drop", None),
            (pytest.approx(8.0 + 5 * WORD_S, abs=1e-3), None, 4.0),
        ]
        assert library.track(mute).user.cues is None
        library.values.undo(changes.step)
        assert library.track(late).user.cues is None
        changes = library.set([first], cues=CUES[:1], cues_to_copies=True)  # both in one step
        assert len(library.track(late).user.cues) == 1
        library.values.undo(changes.step)
        assert (library.track(late).user.cues, len(library.track(first).user.cues)) == (None, 2)
        assert not [*library.set([mute], cues_to_copies=True)]  # it has none
        library.set([late], cues=[{"position_s": 0.0}, *CUES[:1]])
        assert not [*library.set([late, first], cues_to_copies=True)]  # each has its own
        changes = library.set([late], cues_to_copies=True)  # in place of theirs, as far as they go back
        assert [len(change.new) for change in changes] == [1]
        library.values.undo(changes.step)
        library.set([late], cues=[{"position_s": 0.0}])
        assert not [*library.set([late], cues_to_copies=True)]  # none is as late as their beginning
        library.set([late], unset=["cues"])
        with pytest.raises(UsageError, match="separate steps"):
            library.set([first], unset=["cues"], cues_to_copies=True)
        scanned(library, write_sound(tmp_path / "vague.wav", seed=4), lag_words=2, with_beats=False)
        changes = library.set([first], cues_to_copies=True)
        assert [change.problem is None for change in changes] == [True, False]
        assert library.track(tmp_path / "vague.wav").user.cues is None


def test_set_command_lists_copies_that_got_cue_points(inside: Run, tmp_path: Path) -> None:
    first, late = (write_sound(tmp_path / f"{name}.wav", seed=seed) for seed, name in enumerate(("first", "late")))
    scanned(tmp_path / "library.map4", first)
    scanned(tmp_path / "library.map4", late, lag_words=5)
    with Library.open(tmp_path / "library.map4") as library:
        library.set([first], cues=CUES)
    done = inside("set", first, "--cues-to-copies")
    assert (done.stdout, done.stderr) == ("A – late: cues none → 2 cue points\n", "1 value changed\n")
