"""The example of an exporter does what the documentation says."""

import io

import pytest
from injections import content_of
from made_tracks import made_track
from titles_exporter import TITLES

from map4.errors import UsageError
from map4.formats.export import ExportOptions

TRACKS = [made_track("a.mp3", title="One\nline"), made_track("b.mp3")]


def test_example_exporter_writes_a_title_per_line() -> None:
    plain, loud = io.BytesIO(), io.BytesIO()
    assert TITLES.export(content_of(TRACKS), plain, ExportOptions()).tracks == 2
    TITLES.export(content_of(TRACKS), loud, ExportOptions(template="loud"))
    assert (plain.getvalue(), loud.getvalue()) == (b"One line\n?\n", b"ONE LINE\n?\n")
    with pytest.raises(UsageError, match="plain, loud"):
        TITLES.check(ExportOptions(template="zz"))
