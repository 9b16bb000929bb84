"""Comments by a template, in the formats that have comments."""

from xml.etree import ElementTree

import pytest
from dj_tracks import exported
from made_tracks import made_track

from map4.formats.export import ExportOptions

TRACKS = [
    made_track("own.mp3", 124.0, "8A", comment="mine"),
    made_track("new.mp3", 126.0, "9A"),
    made_track("unknown.mp3", comment="of nobody"),
]
PLACES = {"rekordbox": ("TRACK", "Comments"), "traktor": ("INFO", "COMMENT"), "virtualdj-database": ("Song", "Comment")}


@pytest.mark.parametrize("kind", PLACES)
def test_comment_by_a_template_is_written_and_lost_comments_are_counted(kind: str) -> None:
    def written(template: str) -> tuple[list[str], list[str]]:
        data, notes = exported(kind, TRACKS, ExportOptions(comment=template, notation="openkey"))
        element, name = PLACES[kind]
        texts = [node.get(name) or node.findtext(name) or "" for node in ElementTree.fromstring(data).iter(element)]
        return texts, [words for words in notes.sentences() if "comment" in words]

    assert written("{comment}") == (["mine", "", "of nobody"], [])
    assert written("{key} {bpm:.0f} {comment}")[0] == ["1m 124 mine", "2m 126", "of nobody"]
    lost = "1 comment was replaced; {comment} in --comment keeps what the library has"
    assert written("{key}") == (["1m", "2m", "of nobody"], [lost])
