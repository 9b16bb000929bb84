"""Reading the documentation: its blocks, tables and command lines."""

import re
import shlex
from collections.abc import Iterator

from conftest import REPOSITORY

DOCS = [
    path for path in sorted((REPOSITORY / "docs").rglob("*.md")) if not path.is_relative_to(REPOSITORY / "docs/site")
]
PAGES = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", REPOSITORY / "CHANGELOG.md", *DOCS]
MEASUREMENTS = sorted((REPOSITORY / "lab").glob("*.md"))
"""How figures are measured, and what was measured; for contributors."""
SESSION_PAGES = ("README.md", "docs/scripting.md", "docs/first-hour.md")
"""Pages that show real runs; one that begins with a scan sets out with an empty library, as its reader does."""
PLACEHOLDERS = {"SHELL": "bash", "COMMAND": "scan"}


def page(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> list[str]:
    """Fenced blocks of these languages."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for language, body in found if language in languages]


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def code_spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(text))


def first_cells(text: str) -> list[list[str]]:
    """Code in the first cell of each table row."""
    rows = re.findall(r"^\|([^|\n]+)\|", prose(text), re.MULTILINE)
    return [re.findall(r"`([^`]+)`", cell) for cell in rows]


def section(text: str, start: str, stop: str) -> str:
    _, found, after = text.partition(start)
    assert found, f"no {start!r} here"
    return re.split(stop, after, maxsplit=1, flags=re.MULTILINE)[0]


def session_commands(text: str) -> list[str]:
    return [line[2:] for block in blocks(text, "console") for line in block.splitlines() if line.startswith("$ ")]


def shell_lines(text: str) -> list[str]:
    """Lines of shell, and commands in code spans; without names that the changelog lists as removed or changed."""
    text = re.sub(r"^- (?:Removed:(?:[^;\n]|\n  )*|Changed: `[^`\n]*`)", "- ", text, flags=re.MULTILINE)
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    lines += session_commands(text)
    # A crontab line has five fields before its command.
    lines += [line.split(maxsplit=5)[5] for block in blocks(text, "crontab") for line in block.splitlines()]
    for span in code_spans(text):
        if span.startswith("map4 "):
            words = [PLACEHOLDERS.get(word, word) for word in re.sub(r"[\[\]…]", "", span).split(" ")]
            lines.append(" ".join(words))
    return lines


def map4_calls(line: str) -> Iterator[list[str]]:
    """Arguments of each `map4` in a line of shell."""
    for inner in re.findall(r"\$\(([^()]*)\)", line):
        yield from map4_calls(inner)
    words = shlex.shlex(re.sub(r"\$\([^()]*\)", "X", line), posix=True, punctuation_chars=True)
    words.whitespace_split = True
    calls: list[list[str]] = [[]]
    is_target = False
    for word in words:
        if set(word) <= set("|&;()"):
            calls.append([])
        elif not is_target and word not in ("<", ">", ">>"):
            calls[-1].append(word)
        is_target = word in ("<", ">", ">>")
    for call in calls:
        while call and re.fullmatch(r"[A-Z_][A-Z0-9_]*=.*", call[0]):
            call.pop(0)
        if call and call[0] == "map4":
            yield call[1:]


ALL_CALLS = sorted({(path.name, *call) for path in PAGES for line in shell_lines(path.read_text("utf-8"))
                    for call in map4_calls(line)})  # fmt: skip
