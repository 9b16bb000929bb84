"""The declared commands, with the first line of each one's help."""

from __future__ import annotations

from map4.base.declarations import declarations

_SUMMARIES = {
    command.name: command.summary
    for declaration in declarations()
    for command in declaration.commands
    if command.summary
}
COMMANDS = {name: summary for name, summary in _SUMMARIES.items() if " " not in name}
