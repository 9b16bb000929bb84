"""Which tracks of the library the list of a set names."""

from pathlib import Path

import pytest
from made_library import analysis_of, put

from map4 import Library
from map4.core.music.track.tags import Tags
from map4.errors import NothingFoundError


def test_line_with_another_number_names_no_track(tmp_path: Path) -> None:
    played, recording = tmp_path / "played.txt", tmp_path / "set.flac"
    with Library.open(tmp_path / "library.map4") as library:
        put(library, 1, analysis_of(1), tags=Tags(artist="Ann", title="Sunrise Pt. 2"))
        for line in ("Ann - Sunrise Pt. 1", "Ann - Sunrise (Part One)", "Ann - Sunrise", "ann sunrise 3"):
            played.write_text(line)
            with pytest.raises(NothingFoundError, match="has no track of"):
                library.unmix(recording, tracklist=played)
        for line in ("Ann - Sunrise Pt. 2", "Ann - Sunrize (Part Two)", "ann sunrise pt 2"):
            played.write_text(line)
            [made] = library.unmix(recording, tracklist=played)
            assert made.failure is not None  # there is no recording
