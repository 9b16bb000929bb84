"""The page: read back by another parser, and looked at for anything that would act or ask."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from lanes import sampled
from report_tracks import NASTY, playlist, report_track, report_tracks, statistics

from map4.core.music.track.labels import Labels
from map4.core.music.track.wording import TrackWords
from map4.exports.figures.shapes import Dot, Figure, Line, Polygon, Wedge, Word
from map4.exports.render.html import render_html, svg_of
from map4.exports.report.report import TEMPLATES, Report

VOID = {"meta", "input", "br", "link", "img"}


class Page(HTMLParser):
    """Elements, attributes, and the texts of cells."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts.setdefault(tag, []).append(data)
        if self.rows and {"td", "th"} & set(self.open) and self.open[-1] not in ("small", "div"):
            self.rows[-1][-1] += data


def page(**parts: object) -> tuple[str, Page]:
    text = "".join(render_html(Report(**{"title": "A report", **parts})))  # type: ignore[arg-type]
    return text, Page(text)


def test_security_policy_allows_only_figures_of_the_page_and_no_script() -> None:
    text, found = page(tracks=report_tracks())
    (policy,) = [a["content"] for tag, a in found.elements if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'", "style-src": f"'sha256-{digest}'", "base-uri": "'none'", "form-action": "'none'"
    }  # fmt: skip
    for template in TEMPLATES:
        for parts in ({"playlist": playlist(report_tracks(3))}, {"tracks": report_tracks(9)}):
            text, found = page(template=template, with_paths=True, **parts)
            assert "script" not in text
            assert not [name for _, attributes in found.elements for name in attributes if name.startswith("on")]
            assert "svg" in {tag for tag, _ in found.elements} or template == "radio_show"


def forbidden_elements(found: Page) -> list[tuple[str, dict[str, str]]]:
    drawing = {"svg", "polyline", "polygon", "path", "circle", "text", "figure", "figcaption", "title"}
    cells = {"table", "caption", "thead", "tbody", "tr", "th", "td", "small"}
    page = {"html", "head", "meta", "style", "body", "main", "section", "footer", "div", "span"}
    allowed = drawing | cells | page | {"h1", "h2", "h3", "p", "dl", "dt", "dd"}
    return [
        (tag, attributes)
        for tag, attributes in found.elements
        if tag not in allowed
        or any(name.startswith("on") or name in ("style", "src", "href", "action", "srcset") for name in attributes)
    ]


@pytest.mark.parametrize("template", sampled(TEMPLATES, every=3))
def test_markup_in_texts_is_escaped(template: str) -> None:
    tracks = [
        report_track(f"{i}.mp3", tags={"title": t, "artist": t, "album": t, "genre": t}) for i, t in enumerate(NASTY)
    ]
    labels = Labels(genre=NASTY[3], tags=NASTY, confidence=0.5, source=NASTY[4])
    tracks = [replace(track, labels=labels) for track in tracks]
    made = playlist(tracks)
    picks = [replace(pick, reasons=(text,)) for pick, text in zip(made.picks, NASTY, strict=True)]
    made = replace(made, picks=picks)
    for parts in ({"playlist": made}, {"tracks": tracks}, {"tracks": tracks[3:8]}, {"tracks": tracks[3:4]}):
        text, found = page(template=template, title=NASTY[3] + NASTY[0], made=NASTY[4], **parts)
        text.encode("utf-8")
        assert forbidden_elements(found) == []
        assert found.open == []
        assert not set(text) & set("\0\x1b\x9b\u202e\u2066\u2028\ufffe")
        assert len(text) < 3_000_000


def test_table_has_every_title_and_links_only_on_request() -> None:
    titles = [*NASTY[:-1], "Ελληνικά", "Русский", "日本語 한국어 中文", "a\u0301"]
    tracks = [report_track(f"{i}.mp3", tags={"title": title}) for i, title in enumerate(titles)]
    _, found = page(tracks=tracks, statistics=statistics())
    head, *rows = found.rows
    assert head[:4] == ["#", "Artist", "Title", "BPM"]
    assert [row[2] for row in rows] == [TrackWords.shown(title) for title in titles]
    assert rows[0][3:6] == ["124.0", "8A", "6"]
    tracks = [replace(report_track(), path="/music/a#1 é?.mp3")]
    for parts in ({"tracks": tracks, "template": "library"}, {"tracks": tracks}, {"playlist": playlist(tracks)}):
        without, _ = page(**parts)
        assert "href" not in without
        assert "/music" not in without
        _, found = page(with_paths=True, **parts)
        links = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
        assert links == ["file:///music/a%231%20%C3%A9%3F.mp3"]


def test_a_note_is_a_row_below_its_track_in_full_width() -> None:
    _, found = page(playlist=playlist(report_tracks(3)))
    head, *rows = found.rows
    kinds = [attributes.get("class") for tag, attributes in found.elements if tag == "tr"][1:]
    assert kinds == ["before-note", "note"] * 3
    assert [attributes["colspan"] for _, attributes in found.elements if "colspan" in attributes] == [
        str(len(head) - 1)
    ] * 3
    assert [len(row) for row in rows] == [len(head), 2] * 3
    text, _ = page(playlist=playlist(report_tracks(3)))
    assert text.count("8A → 9A neighbour</small></td></tr>") == 2


def test_a_figure_has_a_description_and_hints() -> None:
    figure = Figure(
        title='a "title"',
        description="<what>",
        width=100.0,
        height=50.5,
        shapes=(
            Line(points=((0.0, 0.0), (1.0, 2.0)), role="wanted", dashed=True),
            Polygon(points=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), role="fill", outlined=True),
            Wedge(center=(50.0, 50.0), inner=10.0, outer=20.0, start_deg=0.0, end_deg=90.0, role="minor", hint="<b>"),
            Dot(center=(1.0, 1.0), radius=2.0, role="series1", opacity=0.5),
            Word(at=(1.0, 1.0), text="東京" * 10, size=10.0, anchor="end", bold=True, most=50.0),
        ),
    )
    assert "".join(svg_of(figure)) == (
        '<svg viewBox="0 0 100 50.5" width="100" role="img" aria-label="a &quot;title&quot;. &lt;what&gt;">'
        '<polyline class="s-wanted" points="0,0 1,2" stroke-width="1" stroke-dasharray="4 3"/>'
        '<polygon class="f-fill s-fill" points="0,0 1,0 1,1"/>'
        '<path class="f-minor" d="M50 30A20 20 0 0 1 70 50L60 50A10 10 0 0 0 50 40Z"><title>&lt;b&gt;</title></path>'
        '<circle class="f-series1" cx="1" cy="1" r="2" fill-opacity="0.5"/>'
        '<text class="f-text" x="1" y="1" font-size="10" text-anchor="end" font-weight="600">東京東京…</text></svg>'
    )


def test_coordinates_are_finite_and_pages_generated_in_small_pieces() -> None:
    figure = Figure(title="", description="", width=1.0, height=float("nan"), shapes=())
    with pytest.raises(ValueError, match="finite"):
        "".join(svg_of(figure))
    pieces = list(render_html(Report(title="x", tracks=report_tracks(100), statistics=statistics())))
    assert max(map(len, pieces)) < 12_000  # the style sheet
    assert len(pieces) > 100
