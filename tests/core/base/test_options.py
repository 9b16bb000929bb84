"""Options of a call come as a record or as keywords."""

import keywords
import pytest

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


def test_stub_has_the_keywords_of_all_calls() -> None:
    text = keywords.keywords_text()
    assert "class ScanKeywords(TypedDict, total=False):\n    jobs: int | None\n" in text
    assert keywords.FILE.read_text(encoding="utf-8") == text, "run 'make schemas'"
