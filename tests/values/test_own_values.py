"""What the user set stands in every export, and the tags beside it nowhere but in JSON."""

import io
import zipfile
from dataclasses import replace

from injections import content_of
from made_tracks import made_track

from map4.core.music.track.track import UserValues
from map4.formats.export import ExportOptions
from map4.formats.plugins import Exporters

# A crate of Serato has nothing but paths; plays have names of their own (test_listens.py).
WITHOUT = {"serato", "pdf", "listenbrainz"}
NAMING = sorted(
    name for name, file_format in Exporters.all().items() if not file_format.holds_live and name not in WITHOUT
)
WITH_GENRE = {"csv", "html", "json", "jsonl", "rekordbox", "traktor", "virtualdj-database", "xlsx"}


def test_export_contains_values_of_the_user() -> None:
    for kind in NAMING:
        user = UserValues(artist="Own Artist", title="Own Title", genre="Dub Techno", year=1999, energy=9, rating=4.0)
        tagged = made_track(
            "a.mp3", 120.0, energy=0.5, artist="Old Artist", title="Old Title", genre="Old Genre", year=1977
        )
        out = io.BytesIO()
        Exporters.all()[kind].export(content_of([replace(tagged, user=user)]), out, ExportOptions())  # type: ignore[arg-type]
        text = _text(out.getvalue())
        assert "Own Title" in text
        assert "Own Artist" in text
        assert ("Dub Techno" in text and "1999" in text) == (kind in WITH_GENRE)
        assert ("Old " in text) == (kind in ("json", "jsonl", "html"))  # which tell what the file says too


def _text(data: bytes) -> str:
    if not data.startswith(b"PK"):
        return data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
