"""The tool for assistants that reports what looks wrong."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from msgspec import Meta

from map4.base.text import counted
from map4.doctor.checks.finding import CheckCount, Findings
from map4.doctor.checks.groups import ALL_CHECKS, CHECK_NAMES
from map4.server.tools.arguments import FEW, OF_QUERY, pages, takes
from map4.server.tools.tool import Tool, ToolCall, ToolResult

_ONLY = Annotated[
    list[Literal[CHECK_NAMES]],  # type: ignore[valid-type]
    Meta(description="only these checks, or all checks of these subjects"),
]


def doctor(ask: ToolCall) -> ToolResult:
    query, only = ask.given.get("query") or "is:any", ask.given.get("only") or ()
    findings = tuple(ask.library.doctor.findings(query, only=only, progress=ask.progress))
    counts = Counter(finding.check.name for finding in findings)
    checks = tuple(CheckCount(check=check, count=counts[check.name]) for check in ALL_CHECKS if counts[check.name])
    record = Findings(findings=findings, checks=checks).to_record()
    head = counted(len(findings), "finding") if findings else "nothing looks wrong"
    if unread := ask.library.doctor.unread():
        head += f"; albums of {counted(unread, 'file')} can't be checked before the next scan"
    return ToolResult(record=record, head=head)


TOOLS = (
    Tool("doctor", "read", "Report what looks wrong with tracks: uncertain tempo or key, damaged or missing files, "
         "contradictory tags; with the command that helps, for the person to run.", doctor,
         takes("doctor", **OF_QUERY, only=(_ONLY, []), **pages(FEW)), "doctor", ("findings",), FEW),
)  # fmt: skip
