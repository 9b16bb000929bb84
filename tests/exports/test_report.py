"""Reports as formats of exports: what was selected, in the template that was asked for."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from injections import Flow, content_of, living_track
from made_tracks import made_track
from PIL import Image
from pypdf import PdfReader

from map4.core.music.analysis.inside import SoundVector
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.quality import ListQuality
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.errors import UsageError
from map4.exports.report_format import MOST_COVERED, MOST_PLAYED, MOST_ROWS, export_html, export_pdf, report_of
from map4.formats.export import ExportContent, ExportOptions

MAP = "<figcaption>Map of the sound"


def content(count: int = 5, **more: object) -> ExportContent:
    tracks = [
        made_track(f"{i}.mp3", 120.0 + i, "8A", 0.5, hamms=0.5, artist="Ann", title=f"Song {i}") for i in range(count)
    ]
    return content_of(tracks, **more)


def page(selected: ExportContent, **options: object) -> str:
    out = io.BytesIO()
    export_html(selected, out, ExportOptions(**options))  # type: ignore[arg-type]
    return out.getvalue().decode("utf-8")


def with_sound(count: int) -> list[Track]:
    random = np.random.default_rng(5)
    found = []
    for i in range(count):
        track = made_track(f"{i}.mp3", 120.0, "8A", 0.5, title=f"Song {i}", genre="House; Deep" if i % 2 else None)
        assert track.analysis is not None
        sound = tuple(float(value) for value in random.normal(0.0, 1.0, SoundVector.SIZE))
        found.append(replace(track, analysis=replace(track.analysis, sound=sound)))
    return found


def test_covers_are_embedded_once_and_in_long_reports_only_on_request() -> None:
    asked: list[int] = []

    def cover(track: Track, side_px: int) -> bytes | None:
        asked.append(side_px)
        return None if track.title() == "Song 1" else b"\xff\xd8 a JPEG"

    three = content(3, cover=cover)
    jpeg = base64.b64encode(b"\xff\xd8 a JPEG").decode()
    written = page(three, template="library")
    assert written.count('<img class="cover" alt="" src="data:image/jpeg;base64,') == written.count(jpeg) == 2
    assert asked == [64] * 3
    assert written.count("img-src data:;") == 1
    alone = page(content(1, cover=cover))
    assert f'<img class="cover" alt="Cover of Ann – Song 0" src="data:image/jpeg;base64,{jpeg}">' in alone
    assert page(three, template="dj_setlist").count('<img class="cover" alt=""') == 2
    assert jpeg not in page(three, more={"covers": "no"})
    asked.clear()
    many = content_of(content(1).tracks * (MOST_COVERED + 1), cover=cover)
    assert "img-src" not in page(many)
    assert asked == []
    assert jpeg in page(many, more={"covers": "yes"})
    with pytest.raises(UsageError, match="'maybe' is neither yes nor no; write it as --option covers=no"):
        page(three, more={"covers": "maybe"})


def test_reports_show_covers_names_and_a_limited_number_of_rows() -> None:
    out = io.BytesIO()
    Image.new("RGB", (250, 250), "red").save(out, "JPEG")
    report = content(1, cover=lambda track, side_px: out.getvalue())
    for options, count in ((ExportOptions(), 1), (ExportOptions(more={"covers": "no"}), 0)):
        written = io.BytesIO()
        export_pdf(report, written, options)
        assert len(PdfReader(written).pages[0].images) == count
    assert '<h1 dir="auto">Mine</h1>' in page(content(name="Mine"))
    assert '<h1 dir="auto">House, tempo 120 BPM</h1>' in page(content(origin="query", query="genre:house bpm:120"))
    assert "the query genre:house bpm:120</p>" in page(content(origin="query", query="genre:house bpm:120"))
    assert '<h1 dir="auto">Library</h1>' in page(content())
    out = io.BytesIO()
    notes = export_html(content(12), out, ExportOptions(more={"rows": "8"}))
    text = out.getvalue().decode("utf-8")
    assert text.count("<tr>") == 1 + 8
    assert "The first 8 of 12 tracks" in text
    assert notes.tracks == 12
    (remark,) = notes.remarks
    assert remark.startswith("the table has the first 8 tracks, since browsers are slow with more; --option rows=N")
    assert page(content(12), more={"rows": "12"}).count("<tr>") == 1 + 12
    few = ExportOptions(template="summary", more={"rows": "8"})
    assert not export_html(content(12), io.BytesIO(), few).remarks
    for wrong in ("0", "-1", "all", ""):
        with pytest.raises(UsageError, match=f"not a number of rows; write it as --option rows={MOST_ROWS}"):
            page(content(1), more={"rows": wrong})


def test_list_shows_its_quality_only_on_request() -> None:
    for is_list, template, more, heads, has_quality in (
        (True, None, {}, "Mix out", False),
        (True, None, {"quality": "yes"}, "Mix out", True),
        (False, None, {}, "LUFS", False),
    ):
        tracks = content(3).tracks
        parts = dict.fromkeys(("tempo", "harmony", "transitions", "genre", "energy", "limits"), 50.0)
        listed = Tracklist(tracks=tracks, name="Friday", header=ListHeader(quality=ListQuality(**parts, data=100.0)))
        selected = content_of(tracks, origin="playlist", playlist=listed) if is_list else content_of(tracks)
        out = io.BytesIO()
        export_pdf(selected, out, ExportOptions(template=template, more=more))
        text = " ".join(" ".join(page.extract_text().split()) for page in PdfReader(out).pages)
        assert heads in text
        assert ("50 of 100 Its parts, of 100 tempo 50, harmony 50" in text) is has_quality
        html = page(selected, template=template, more=more)
        assert ("<dt>Quality</dt>" in html) is has_quality


def test_list_too_long_to_be_played_is_a_plain_table_or_refused() -> None:
    tracks = content(1).tracks * (MOST_PLAYED + 1)
    selected = content_of(tracks, origin="playlist", playlist=Tracklist(tracks=tracks))
    assert report_of(selected, ExportOptions(), is_for_others=True).template == "standard"
    out = io.BytesIO()
    tracks = Flow(MOST_PLAYED + 1, living_track)
    with pytest.raises(UsageError, match="10,001 tracks are too many for a list to play"):
        export_pdf(replace(content(1), tracks=tracks), out, ExportOptions(template="dj_setlist"))
    assert not out.getvalue()
    assert page(content(5), template="dj_setlist")


def test_library_report_has_a_map_if_enough_tracks_have_sound() -> None:
    tracks = with_sound(30)
    asked: list[int] = []

    def sampled(most: int) -> list[Track]:
        asked.append(most)
        return tracks

    selected = content_of(tracks, sampled=sampled)
    assert MAP in page(selected, template="library")
    assert MAP not in page(selected, template="standard")
    paper = report_of(selected, ExportOptions(template="library"), is_for_others=True)
    assert asked == [2000] * 2
    assert [dot.genre for dot in paper.dots[:2]] == [None, "Electronic"]
    bare = [replace(track, tags=Tags(), user=UserValues(bpm=60.0 + 10.0 * i)) for i, track in enumerate(tracks)]
    ungrouped = content_of(bare, sampled=lambda most: bare)
    by_tempo = report_of(ungrouped, ExportOptions(template="library"), is_for_others=True).dots
    assert [by_tempo[i].genre for i in (0, 3, 9)] == ["to 90 BPM", "90–105 BPM", "from 150 BPM"]
    few = content_of(tracks, sampled=lambda most: tracks[:1])
    assert MAP not in page(few, template="library")
    silent = content_of(tracks, sampled=lambda most: content(30).tracks)
    assert MAP not in page(silent, template="library")
