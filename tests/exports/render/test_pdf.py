"""The PDF: read back by pypdf, which knows nothing of how it was made."""

import io
import re
import unicodedata
from dataclasses import replace

import pytest
from injections import Flow, living_track
from lanes import sampled
from pypdf import PdfReader
from report_tracks import NASTY, playlist, report_track, report_tracks, statistics

from map4.core.music.track.labels import Labels
from map4.exports.render.pdf import PdfNotes, render_pdf
from map4.exports.render.pdf_fonts import FONT_FILES, Typesetter
from map4.exports.report.report import TEMPLATES, Report

TITLES = ["Ночной экспресс", "東京の夜 カタカナ", "北京欢迎你", "繁體中文 臺灣", "서울의 밤", "Ünïcödé – “quotes”…"]


def made(*, fonts: tuple[str, ...] | None = None, **parts: object) -> tuple[bytes, PdfReader, PdfNotes]:
    out = io.BytesIO()
    report = Report(**{"title": "A report", **parts})  # type: ignore[arg-type]
    notes = render_pdf(report, out) if fonts is None else render_pdf(report, out, font_files=fonts)
    return out.getvalue(), PdfReader(io.BytesIO(out.getvalue())), notes


def text_of(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize("template", sampled(TEMPLATES, every=2))
def test_every_template_makes_pages(template: str) -> None:
    for parts in ({"playlist": playlist(report_tracks(8))}, {"tracks": report_tracks(8), "statistics": statistics()}):
        data, reader, notes = made(template=template, **parts)
        assert data.startswith(b"%PDF-")
        assert len(reader.pages) == notes.pages
        assert "A report" in reader.pages[0].extract_text()
        assert reader.metadata.title == "A report"
        assert notes.replaced_characters == 0


@pytest.mark.world
def test_every_row_is_there_below_a_head_on_every_page() -> None:
    _, reader, _ = made(tracks=report_tracks(200), statistics=statistics())
    text = text_of(reader)
    for number in range(200):
        assert f"Song {number} " in text
    for page in reader.pages[1:]:
        assert "Artist" in page.extract_text()
    assert reader.pages[-1].extract_text().rstrip().endswith(str(len(reader.pages)))


@pytest.mark.parametrize("fonts", [None, ()], ids=["found fonts", "readers' fonts"])
def test_titles_of_many_scripts_print_as_themselves(fonts: tuple[str, ...] | None) -> None:
    tracks = [report_track(f"{i}.mp3", tags={"title": title}) for i, title in enumerate(TITLES)]
    _, reader, notes = made(tracks=tracks, fonts=fonts, statistics=statistics())
    text = text_of(reader)
    assert [title for title in TITLES if title not in text] == []
    assert notes.replaced_characters == 0


def test_texts_and_file_names_break_between_words_and_keep_accents() -> None:
    lines = Typesetter(()).lines("rachmaninoff_isle_of-the-dead", 8.5, 70.0)
    assert lines == ["rachmaninoff_", "isle_of-the-dead"]
    assert "".join(Typesetter(()).lines("x" * 60, 8.5, 80.0)) == "x" * 60
    type_ = Typesetter(())
    lines = type_.lines("one two three four five six", 10.0, 60.0)
    assert " ".join(lines) == "one two three four five six"
    assert all(type_.width(line, 10.0) <= 60.0 for line in lines)
    assert type_.lines("", 10.0, 60.0) == [""]
    long = type_.lines("x" * 100, 10.0, 60.0)
    assert "".join(long) == "x" * 100
    assert all(type_.width(line, 10.0) <= 60.0 for line in long)
    two = type_.lines("one two three four five six", 10.0, 40.0, at_most=2)
    assert len(two) == 2
    assert two[1].endswith("…")
    assert type_.width(type_.cut("東" * 100, 10.0, 55.0), 10.0) <= 55.0
    type_ = Typesetter(())
    assert type_.width("e\u0301", 10.0) == type_.width("\u00e9", 10.0)
    assert type_.width("a\u200db", 10.0) == type_.width("ab", 10.0)
    assert unicodedata.normalize("NFC", "e\u0301") == "\u00e9"


def test_figures_keep_their_distance_from_a_table_above() -> None:
    _, reader, _ = made(tracks=[report_track()])
    at: dict[str, float] = {}

    def seen(text: str, page: list[float], place: list[float], *_: object) -> None:
        at[text.strip()] = page[5] + page[3] * place[5]

    reader.pages[0].extract_text(visitor_text=seen)
    rating, caption = (next(y for text, y in at.items() if text.startswith(word)) for word in ("Rating", "HAMMS"))
    assert rating - caption > 28.0


def test_letters_of_fonts_are_embedded_and_missing_letters_replaced_and_counted() -> None:
    tracks = [report_track(tags={"title": "Νύχτα"})]
    _, reader, notes = made(tracks=tracks, fonts=(), template="dj_setlist", playlist=playlist(tracks))
    assert "Νυχτα" in text_of(reader)
    assert notes.replaced_characters == 1
    name = "Vera.ttf"  # comes with reportlab
    tracks = [report_track(tags={"title": "Łódka"})]
    _, reader, notes = made(playlist=playlist(tracks), template="dj_setlist", fonts=(name, "no such font.ttf"))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    assert any("Vera" in str(font.get_object().get("/BaseFont")) for font in fonts.values())
    assert "Łódka" in text_of(reader)
    assert notes.replaced_characters == 0
    tracks = [report_track(tags={"title": "a \U0001f3b5\U0001f3b5 b"})]
    _, reader, notes = made(playlist=playlist(tracks), template="dj_setlist", fonts=())
    assert "a ?? b" in text_of(reader)
    assert notes.replaced_characters == 2
    tracks = [report_track(tags={"title": title}) for title in ("Plain", "हिन्दी", "a \U0001f3b5 b")]
    _, _, notes = made(playlist=playlist(tracks), template="dj_setlist", fonts=())
    assert notes.not_as_written == ("Ann – हिन्दी", "Ann – a \U0001f3b5 b")


@pytest.mark.parametrize(
    "template",
    [
        template if template == "professional" else pytest.param(template, marks=pytest.mark.world)
        for template in TEMPLATES
    ],
)
def test_markup_in_texts_is_printed_as_text(template: str) -> None:
    tracks = [
        report_track(f"{i}.mp3", tags={"title": t, "artist": t, "album": t, "genre": t}) for i, t in enumerate(NASTY)
    ]
    listed = playlist(tracks)
    picks = [replace(pick, reasons=(text,)) for pick, text in zip(listed.picks, NASTY, strict=True)]
    listed = replace(listed, picks=picks)
    for parts in ({"playlist": listed}, {"tracks": tracks}, {"tracks": tracks[3:8]}):
        data, reader, _ = made(template=template, title=NASTY[3], made=NASTY[4], **parts)
        text = text_of(reader)
        assert "</script><script>alert(1)</script>" in text
        assert '<img src="file:///etc/passwd"/>' in text
        assert not any("/Annots" in page for page in reader.pages)
        assert [word for word in (b"/URI", b"/JavaScript", b"/Launch", b"root:x:") if word in data] == []


def test_outline_lists_labels_and_notes_are_on_the_page_of_their_row() -> None:
    tracks = [report_track(labels=Labels(genre="House", source="tag")), report_track("two.mp3")]
    _, reader, _ = made(template="professional", tracks=tracks)
    first, below, second = reader.outline
    assert (first["/Title"], second["/Title"]) == ("Ann – one", "Ann – two")
    assert [item["/Title"] for item in below] == ["Labels"]
    listed = playlist(report_tracks(60))
    because = [f"because {number} is " + "good " * 40 for number in range(len(listed.picks))]
    picks = [replace(pick, reasons=(reason,)) for pick, reason in zip(listed.picks, because, strict=True)]
    listed = replace(listed, picks=picks)
    _, reader, _ = made(template="dj_setlist", playlist=listed)
    assert len(reader.pages) > 2
    for page in reader.pages:
        text = page.extract_text()
        assert re.findall(r"Song (\d+) ", text) == re.findall(r"because (\d+) is", text)


def test_tracks_are_read_page_by_page_and_give_the_same_bytes() -> None:
    flow = Flow(1000, living_track)
    _, reader, _ = made(tracks=flow, statistics=statistics(1000))
    assert "Song 999" in reader.pages[-1].extract_text()
    assert flow.most_alive < 60
    first, second = (made(tracks=report_tracks(), statistics=statistics())[0] for _ in range(2))
    assert first == second


@pytest.mark.world
@pytest.mark.parametrize(
    ("template", "counts"),
    [("library", range(30, 40)), pytest.param("dj_setlist", range(12, 34), marks=pytest.mark.world)],
)
def test_remark_shares_its_page_with_rows(template: str, counts: range) -> None:
    rows_left = []
    for count in counts:
        tracks = report_tracks(count)
        listed = {"playlist": playlist(tracks)} if template == "dj_setlist" else {"tracks": tracks}
        _, reader, _ = made(template=template, statistics=statistics(count), **listed)
        rows_left.append(len(re.findall(r"Song \d+", reader.pages[-1].extract_text())))
    # One more row a time: somewhere among them the remark has no room, and rows go with it.
    assert min(rows_left) >= 5


def test_columns_that_no_track_fills_are_left_out() -> None:
    bare = [report_track(f"{i}.mp3", tags={"artist": None, "genre": None, "year": None}) for i in range(9)]
    counted = {"statistics": replace(statistics(9), genres={}, years={})}
    filled = {"tracks": report_tracks(9), "statistics": statistics(9)}
    few, many = (
        made(**parts)[1].pages[0].extract_text().split()
        for parts in ({"tracks": bare, "with_artists": False, **counted}, filled)
    )
    names = ["Artist", "Title", "Genre", "Year"]
    assert [[name for name in names if name in words] for words in (few, many)] == [["Title"], names]


@pytest.mark.world
def test_figures_of_a_list_are_on_one_page() -> None:
    for count in range(8, 24, 3):
        _, reader, _ = made(template="standard", playlist=playlist(report_tracks(count)))
        pages = [set(page.extract_text().split()) for page in reader.pages]
        (figures,) = [words for words in pages if "wheel" in words]
        assert "level" in figures  # the foot of the last one


def test_hebrew_and_arabic_are_in_visual_order() -> None:
    type_, canvas = Typesetter(FONT_FILES), Drawn()
    for text in ("שלום (live) 1985", "Ann – لا", "بيت"):
        type_.draw(canvas, 0.0, 0.0, text, 10.0)
    if type_.replaced:
        pytest.skip("needs fonts with Hebrew and Arabic letters")
    # Brackets face each other; lam and alef are one letter, and beh, yeh, teh stand in their joined forms.
    assert canvas.texts == ["1985 (live) םולש", "Ann – \ufefb", "\ufe96\ufef4\ufe91"]


class Drawn:
    """A canvas that keeps what is written on it, a text a line."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def beginText(self, x: float, y: float) -> "Drawn":  # noqa: N802
        self.texts.append("")
        return self

    def setFont(self, name: str, size: float) -> None: ...  # noqa: N802

    def textOut(self, part: str) -> None:  # noqa: N802
        self.texts[-1] += part

    def drawText(self, line: "Drawn") -> None: ...  # noqa: N802
