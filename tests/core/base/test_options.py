"""Options of a call come as a record or as keywords."""

import re
from dataclasses import fields

import keywords
import pytest
from conftest import REPOSITORY

from map4.core.base.call_options import CallOptions, WorkerOptions, given, option
from map4.errors import UsageError


class Options(CallOptions):
    """A record to ask for."""

    minutes: float | None = option(None, "--minutes", "A length.")
    force: bool = option(False, "--force", "Replace it.")


def test_keywords_change_a_record_and_impossible_limits_are_refused() -> None:
    cases = [
        (None, {}, Options()),
        (None, {"force": True}, Options(force=True)),
        (Options(minutes=3.0), {}, Options(minutes=3.0)),
        (Options(minutes=3.0, force=True), {"minutes": 4.0}, Options(minutes=4.0, force=True)),
        (Options(minutes=3.0), {"minutes": None}, Options()),
    ]
    assert [(record, keywords, given(Options, record, keywords)) for record, keywords, _ in cases] == cases
    options = Options(minutes=3.0)
    assert given(Options, options, {}) is options
    for limit in (-1.0, 0.0, 1e308, float("inf"), float("nan")):
        with pytest.raises(UsageError, match="timeout_s is more than 0, at most 604800"):
            given(WorkerOptions, None, {"timeout_s": limit})


@pytest.mark.parametrize("record", [None, Options()])
@pytest.mark.parametrize(
    ("name", "hint"), [("minute", "did you mean minutes"), ("xyz", "there are minutes, force")], ids=["near", "far"]
)
def test_an_unknown_option_is_refused_with_a_hint(record: Options | None, name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no option '{name}'; {hint}"):
        given(Options, record, {name: 1})


def test_every_option_is_read() -> None:
    assert keywords.keywords_text()  # imports the records of all calls
    code = "\n".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "map4").rglob("*.py"))
    records, names = [*CallOptions.__subclasses__()], set()
    for record in records:
        records += record.__subclasses__()
        is_own = record.__module__.startswith("map4.") and not record.__module__.endswith(".old_names")  # ignored ones
        names |= {field.name for field in fields(record) if is_own}
    assert (len(names) > 100, names - {*re.findall(r'(?<=\.)\w+|(?<=")\w+(?=")', code)}) == (True, set())


def test_stub_has_the_keywords_of_all_calls() -> None:
    text = keywords.keywords_text()
    assert "class ScanKeywords(TypedDict, total=False):\n    jobs: int | None\n" in text
    assert keywords.FILE.read_text(encoding="utf-8") == text, "run 'make schemas'"
