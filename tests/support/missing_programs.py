"""The last line of a run of tests: the programs for lack of which tests were skipped."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

PROGRAMS = (
    "bash", "C compiler", "caddy", "Chromium", "ffmpeg", "Firefox", "fish", "fonts", "fpcalc", "groff", "ip", "jq",
    "node", "Postgres", "promtool", "redis-server", "setpriv", "strace", "systemd-analyze", "unshare", "zsh",
)  # fmt: skip
"""As the reasons of skipped tests name them."""


def missing_programs(reasons: Iterable[str]) -> str:
    """The programs that the reasons name, with the number of tests skipped."""
    named = Counter(
        name
        for reason in reasons
        if re.search(r"\bneeds?\b|not installed", reason)
        for name in PROGRAMS
        if re.search(rf"(?<![\w-]){name}(?![\w-])", reason, re.IGNORECASE)
    )
    return ", ".join(f"{name} {count}" for name, count in sorted(named.items()))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    yield  # until all reasons are listed
    reasons = [str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ())]
    if missing := missing_programs(reasons):
        terminalreporter.write_line(f"tests skipped because a program is missing: {missing}")
