"""Write the manual pages to man/, from the help of the commands.

    python tools/manual.py

One page for each command: `man map4`, `man map4-scan`, `man map4-playlist-check`. The wheel installs them.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from map4.cli.help import Help, LazyCommands, marked_summary, topic_text, topics, without_program  # noqa: E402
from map4.cli.main import cli  # noqa: E402
from map4.cli.session import HELP_SETTINGS  # noqa: E402
from map4.core.base.stability import NOTE, is_beta_command  # noqa: E402
from map4.version import __version__  # noqa: E402

PAGES = REPOSITORY / "man"


def main() -> None:
    """Write all pages, and remove those of commands that are no more."""
    pages = manual()
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.1"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (PAGES / name).write_text(text, encoding="ascii")


def manual() -> dict[str, str]:
    """Every page, by the name of its file."""
    root = click.Context(cli, None, "map4", help_option_names=HELP_SETTINGS["help_option_names"])
    pages = {f"{ctx.command_path.replace(' ', '-')}.1": page(ctx) for ctx in contexts(root)}
    for command in cli.listed():
        for alias in command.aliases:
            own = re.compile(rf"map4-{command.name}(?=[-.])")
            pages |= {own.sub(f"map4-{alias}", name): f".so man1/{name}\n" for name in pages if own.match(name)}
    return pages


def page(ctx: click.Context) -> str:
    """The page of one command."""
    command = ctx.command
    assert isinstance(command, Help)
    title = ctx.command_path.replace(" ", "-")
    usage = " ".join(command.collect_usage_pieces(ctx))
    summary, *paragraphs = _paragraphs(command.help or "")
    examples = [text for text in paragraphs if re.search(r"^map4 ", text, re.MULTILINE) and _is_verbatim(text)]
    lines = [
        f'.TH {title.upper().replace("-", chr(92) + "-")} 1 "" "map4 {__version__}" "map4"',
        ".SH NAME",
        f"{_roff(title)} \\- {_roff(summary.rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_roff(ctx.command_path)}",
        _roff(usage),
    ]
    notes = [NOTE] if is_beta_command(without_program(ctx)) else []
    if told := [*(text for text in paragraphs if text not in examples), *notes]:
        lines += [".SH DESCRIPTION", *_text(told)]
    if isinstance(command, LazyCommands) and (listed := command.listed()):
        lines += [".SH COMMANDS"]
        for row in listed:
            name = row.name.removeprefix(command.prefix)
            lines += [".TP", f".BR {_roff(f'{title}-{name}')} (1)", _roff(marked_summary(row))]
    for heading, rows in command.sections(ctx).items():
        lines += [f".SH {_roff(heading).upper()}"]
        for term, text in rows:
            lines += [".TP", f".B {_roff(term)}", _roff(text)]
    if examples:
        lines += [".SH EXAMPLES", *_text(examples)]
    if title == "map4-help":
        for topic in topics():
            lines += [f".SH TOPIC {_roff(topic.name).upper()}", *_text([f"\b\n{topic_text(topic.name)}"])]
    codes = command.exit_codes(ctx)
    assert codes is not None
    lines += [".SH EXIT STATUS", _roff(codes.partition(": ")[2]), ".SH SEE ALSO"]
    if ctx.parent is None:
        lines += [_roff("'map4 COMMAND --help' says the same as these pages; 'map4 config' shows every setting.")]
    else:
        above = ctx.parent.command_path.replace(" ", "-")
        lines += [f".BR {_roff(above)} (1)"] + ([".BR map4 (1)"] if above != "map4" else [])
        lines += [_roff("has the global options: --library, -q and others.")]
    return "\n".join(lines) + "\n"


def contexts(ctx: click.Context) -> Iterator[click.Context]:
    """A command and all listed commands below it, each with its context."""
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            assert command is not None
            if not command.hidden:
                yield from contexts(click.Context(command, ctx, name))


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n\s*\n", inspect.cleandoc(text))


def _is_verbatim(paragraph: str) -> bool:
    return paragraph.startswith("\b\n")


def _text(paragraphs: list[str]) -> Iterator[str]:
    for text in paragraphs:
        yield ".PP"
        if _is_verbatim(text):
            yield from (".nf", *map(_roff, text.splitlines()[1:]), ".fi")
        else:
            yield _roff(" ".join(text.split()))


def _roff(text: str) -> str:
    """Text as roff writes it, in ASCII; a line that would be a request does not become one."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    escaped = escaped.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    escaped = "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in escaped)
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped


if __name__ == "__main__":
    main()
