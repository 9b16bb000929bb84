"""The tool for assistants that reports what looks wrong."""

from __future__ import annotations

from typing import Literal

from map4.core.base.text import counted
from map4.core.base.tool import QUERY, Argument, ToolCall, ToolResult, tool
from map4.doctor.checks.finding import Findings
from map4.doctor.checks.groups import CHECK_NAMES
from map4.library import Library

_ONLY = Argument(
    list[Literal[CHECK_NAMES]],  # type: ignore[valid-type]
    "only these checks, or all checks of these subjects",
    [],
)


@tool("read", "Report what looks wrong with tracks: uncertain tempo, key or bars, damaged or missing files, "
      "contradictory tags; with the command that helps, for the person to run.",
      "doctor", {"query": QUERY, "only": _ONLY}, pages=("findings",))  # fmt: skip
def doctor(library: Library, call: ToolCall) -> ToolResult:
    query, only = call.given.get("query") or "is:any", call.given.get("only") or ()
    examination = library.doctor.examine(query, only=only, progress=call.progress)
    findings = tuple(examination.findings)
    record = Findings(findings=findings, checks=examination.checks).to_record()
    head = counted(len(findings), "finding") if findings else "nothing looks wrong"
    if unread := library.doctor.unread():
        head += f"; albums of {counted(unread, 'file')} can't be checked before the next scan"
    return ToolResult(record=record, head=head)
