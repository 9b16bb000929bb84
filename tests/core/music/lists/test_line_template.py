"""Names of lists, and templates of their lines."""

import pytest

from map4.core.base.text import clock, name_key
from map4.core.music.lists.line_template import LineTemplate, format_fields
from map4.core.music.lists.listed import ListName
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import TrackCells
from map4.errors import UsageError

REFUSED = ("", " \t", ".", "..", " .. ", "-", "a/b", "a\\b", "a\nb", "a\tb", "a\x7fb", "a\x81b", "a\x85b", "a\u2028b",
           "a\u202eb", "\u200b", "\u200d\u200e", "\ud800", "x" * 201, "l-0123456789abcdef")  # fmt: skip


def test_names_of_any_language_are_valid_and_invalid_ones_refused() -> None:
    for name in REFUSED:
        with pytest.raises(UsageError, match=r"letters of UTF-8|read as a file|special meaning|looks like a list id"):
            ListName.checked(name)
        assert ListName.checked(ListName.possible(name)) == ListName.possible(name)
    for name in ("-", ".", ".."):
        with pytest.raises(UsageError, match=r"special meaning on a command line; choose another name"):
            ListName.checked(name)
    for name in ("e\u0301te\u0301", " \u00e9t\u00e9 ", "\u00c9TE\u0301"):
        assert ListName.checked(name).casefold() == "\u00e9t\u00e9"
        assert name_key(name) == name_key("\u00e9t\u00e9")
    for name in ("Friday ♪", "金曜日", "family \U0001f468\u200d\U0001f469\u200d\U0001f467", "\u00c5ngstr\u00f6m"):
        assert ListName.checked(name) == ListName.possible(name) == name


def test_invalid_templates_are_refused() -> None:
    for text, complaint in (
        ("{bpm", "expected '}'"),
        ("}", "Single '}'"),
        ("{}", "no field {}"),
        ("{bmp}", "did you mean {bpm}?"),
        ("{artist.upper}", "no field"),
        ("{artist!r}", "does not fit"),
        ("{artist:.1f}", "which is text; try {artist:>20}"),
        ("{bpm:s}", "which is a number; try {bpm:.1f}"),
        ("{bpm:{year}}", "does not fit"),
        ("{title:99999999}", "does not fit"),
        ("{track:02|}", "write {track|:02}"),
    ):
        with pytest.raises(UsageError) as caught:
            LineTemplate.read(text)
        assert complaint in str(caught.value)


def test_templates_fill_in_alternatives_also_when_nothing_is_known() -> None:
    template = LineTemplate.read("".join(f"<{{{name}}}>" for name in format_fields()) + "{{}}")
    filled = template.fill(TrackCells(Track(path="/a/b.mp3", state="pending")))
    assert filled.count("<>") == len(format_fields()) - 4  # path, file, folder and state are always known
    assert filled.endswith("{}")
    assert (
        LineTemplate.read("[{title:5}][{bpm:>6.1f}]").fill(TrackCells(Track(path="/a", state="ok")))
        == "[     ][      ]"
    )
    track = Track(path="/a.mp3", state="ok", tags=Tags(artist="Mo", track=3))
    template = LineTemplate.read('{albumartist|artist}/{year|}{album|"Singles"}/{track|bpm:02}')
    assert template.fill(TrackCells(track)) == "Mo/Singles/03"
    with pytest.raises(UsageError, match=r"no field \{\}"):
        LineTemplate.read("{|artist}")
    shown = [clock(s) for s in (0, 5.4, 59.6, 3599.4, 3725, -62)]
    assert shown == ["0:00", "0:05", "1:00", "59:59", "1:02:05", "-1:02"]
    track = Track(path="/m/a\u200bb.mp3", state="ok", tags=Tags(title="a\u200b\U000e0041b"))
    assert LineTemplate.read("{title} {path}").fill(TrackCells(track)) == "a\ufffdb /m/a\u200bb.mp3"


def test_quoted_text_has_any_letters() -> None:
    track = Track(path="/a.mp3", state="ok", tags=Tags(title="T"))
    cases = {
        '{artist|"n/a: unknown"}': "n/a: unknown",
        '{artist|"a|b"}': "a|b",
        '{artist|album|"no {title}!"} {title}': "no {title}! T",
        '{artist|"[0].x"}': "[0].x",
        '{artist|"say "hi""}': 'say "hi"',
        '{{{artist|"x:y"}}}': "{x:y}",
        '{title}|"{title}": {title:>3}': 'T|"T":   T',
        '{title|"x:y":>3}': "  T",
        '{artist|""}{artist|}': "",
    }
    assert {text: LineTemplate.read(text).fill(TrackCells(track)) for text in cases} == cases
    for text in ('{"n/a: unknown"}', '{artist|"a:b"|title}', '{artist|"a:b}'):
        with pytest.raises(UsageError):
            LineTemplate.read(text)
