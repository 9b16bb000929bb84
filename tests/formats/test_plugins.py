"""Exporters of other packages, and which format is meant."""

import io
import re
from importlib.metadata import EntryPoint
from typing import BinaryIO

import pytest
from injections import content_of
from made_tracks import made_track

from map4.errors import UsageError
from map4.formats import plugins
from map4.formats.export import ExportContent, ExportOptions
from map4.formats.format import Format, FormatOptions, WriteNotes
from map4.formats.plugins import ExporterFailedError, Exporters

CONTENT = content_of([made_track("a.mp3", 120.0)])


def write_count(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    out.write(f"{len(content.tracks)} {options.template}".encode())
    return WriteNotes(tracks=len(content.tracks), remarks=["counted"])


def fail(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    raise ZeroDivisionError("no tracks")


def refuse(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    raise UsageError("not so")


def forget(content: ExportContent, out: BinaryIO, options: ExportOptions) -> WriteNotes:
    return None  # type: ignore[return-value]


COUNT = Format(
    name="count",
    suffixes=("cnt",),
    summary="a number",
    exporter=write_count,
    options=FormatOptions(templates=("one", "two")),
)
FAIL = Format(name="fail", suffixes=("fail",), summary="never", exporter=fail)
REFUSE = Format(name="refuse", suffixes=("no",), summary="never", exporter=refuse)
FORGET = Format(name="forget", suffixes=("fgt",), summary="never", exporter=forget)
CSV = Format(name="csv", suffixes=("csv",), summary="a name that is taken", exporter=write_count)
EMPTY = Format(name="empty", suffixes=("nil",), summary="writes nothing")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "count": f"{__name__}:COUNT", "fail": f"{__name__}:FAIL", "refuse": f"{__name__}:REFUSE", "gone": "no.such:X",
        "csv": f"{__name__}:CSV", "empty": f"{__name__}:EMPTY", "forget": f"{__name__}:FORGET",
    }  # fmt: skip
    found = [EntryPoint(name=name, value=value, group=plugins.GROUP) for name, value in values.items()]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found if group == plugins.GROUP else [])


def run(form: Format) -> bytes:
    out = io.BytesIO()
    form.export(CONTENT, out, ExportOptions(template="two"))
    return out.getvalue()


def test_exporters_of_other_packages_are_found_and_blamed_for_failures() -> None:
    for target, name in (("x.cnt", None), ("x.csv", "count"), ("-", "count")):
        form = Exporters.of(target, name)
        assert (form.name, run(form)) == ("count", b"1 two")
    found = Exporters.of("x.cnt")
    with pytest.raises(ReaderGoneError):
        found.export(CONTENT, Closed(), ExportOptions())
    with pytest.raises(ExporterFailedError, match=r"exporter fail failed \(ZeroDivisionError: no tracks\)"):
        run(Exporters.of("x.fail"))
    with pytest.raises(ExporterFailedError, match="WriteNotes"):
        run(Exporters.of("x.fgt"))
    with pytest.raises(UsageError, match="not so"):
        run(Exporters.of("x.no"))


def test_plug_ins_that_fail_to_load_give_one_warning_each() -> None:
    warned: list[str] = []
    assert Exporters.of("x.cnt", warn=warned.append).name == "count"
    assert [message.split(" (")[0] for message in warned] == [
        "the exporter csv",
        "the exporter empty",
        "the exporter gone",
    ]
    assert "No module named 'no'" in warned[2]


def test_built_in_formats_load_no_plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "entry_points", fail)
    assert Exporters.of("x.CSV").name == "csv"
    assert Exporters.of("-", "m3u8").name == "m3u8"


class ReaderGoneError(Exception):
    pass


class Closed(io.BytesIO):
    def write(self, data: object) -> int:
        raise ReaderGoneError


def test_unknown_formats_are_refused_with_a_hint() -> None:
    cases = [
        ("x.mp4", None, "the suffix of x.mp4 names no format; name one with --to"),
        ("x", None, "x has no suffix that names the format"),
        ("-", None, "stdout has no suffix that names the format"),
        ("x.csv", "?", "there are"),
        ("x.csv", "cvs", "did you mean csv?"),
        ("x.csv", "coun", "did you mean count?"),
        ("x.txt", None, "names no format"),
    ]
    for target, name, words in cases:
        with pytest.raises(UsageError, match=words):
            Exporters.of(target, name)


def test_options_are_checked_against_the_format() -> None:
    form = Format(
        name="x",
        suffixes=("x",),
        summary="",
        exporter=write_count,
        options=FormatOptions(templates=("one",), more={"start": "…"}),
    )
    form.check(ExportOptions(template="one", more={"start": "20:00"}))
    csv = Exporters.of("x.csv")
    cases = [
        (form, {"template": "on"}, "x has no template 'on'; did you mean one?"),
        (form, {"more": {"end": "1"}}, "x has no option 'end'; there are start"),
        (form, {"raw": True}, "--raw has no effect on x"),
        (csv, {"template": "one"}, "csv has no templates; leave --template out"),
        (csv, {"columns": ("bmp",)}, "no column 'bmp'; did you mean bpm?"),
        (csv, {"comment": "{key}"}, "--comment has no effect on csv"),
        (csv, {"comment": "{kay}"}, "--comment: there is no field {kay}; did you mean {key}"),
    ]
    for checked, options, words in cases:
        with pytest.raises(UsageError, match=re.escape(words)):
            checked.check(ExportOptions(**options))
