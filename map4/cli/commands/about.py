"""`map4 schema`, `map4 completion` and `map4 help`."""

from __future__ import annotations

from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem, get_completion_class

from map4.cli.help import topic_text, topics, unknown_command
from map4.cli.main import cli
from map4.cli.options import CallOption
from map4.cli.session import Map4Command
from map4.cli.value_types import Name
from map4.core.schemas import kinds, schema_text
from map4.errors import UsageError


@Map4Command.of((UsageError, "no such kind"))
@click.argument("kind", required=False, shell_complete=CallOption.completing(kinds))
def schema(kind: str | None) -> None:
    """Print the JSON Schema of map4's records.

    KIND is the middle part of a document's "schema" (map4/KIND/1). Without it, the kinds are listed.
    """
    known = kinds()
    if kind is None:
        click.echo("\n".join(known))
        return
    if kind not in known:
        raise click.UsageError(f"There is no schema '{kind}'; {UsageError.did_you_mean(kind, known)}")
    click.echo(schema_text(kind), nl=False)


SHELLS = ("bash", "zsh", "fish", "powershell")
COMPLETE_VARIABLE = "_MAP4_COMPLETE"

# Fixes for Click's scripts. bash needs list names with spaces quoted, unless a quote is already open, and no space
# after a field's colon. fish handles both, but its script cuts descriptions and file names at the first comma.
_MENDED: dict[str, dict[str, str]] = {
    "bash": {
        "            COMPREPLY+=($value)\n": """\
            [[ ${COMP_WORDS[COMP_CWORD]} == [\\"\\']* ]] || printf -v value %%q "$value"
            COMPREPLY+=("$value")
            [[ $value == *: ]] && compopt -o nospace
"""
    },
    "zsh": {
        "        compadd -U -V unsorted -a completions\n": """\
        local -a ending
        [[ $completions[1] == *: ]] && ending=(-S '')
        compadd -U -V unsorted "${ending[@]}" -a completions
"""
    },
    "fish": {'string split ","': 'string split -m 1 ","'},
}


def completion_script(shell: str) -> str:
    """The Tab completion script of a shell.

    shell: one of `SHELLS`
    """
    completion_class = get_completion_class(shell)
    assert completion_class is not None
    # Use the template instead of source(), which runs the shell to check its version.
    complete = completion_class(cli, {}, "map4", COMPLETE_VARIABLE)
    template = complete.source_template
    for theirs, ours in _MENDED.get(shell, {}).items():
        assert theirs in template
        template = template.replace(theirs, ours)
    return (template % complete.source_vars()).strip() + "\n"


@Map4Command.of((UsageError, "no such shell"))
@click.argument("shell", type=Name(SHELLS), metavar="SHELL")
def completion(shell: str) -> None:
    """Print the Tab completion script of a shell.

    \b
    bash        eval "$(map4 completion bash)"           in ~/.bashrc
    zsh         eval "$(map4 completion zsh)"    in ~/.zshrc, after compinit
    fish        map4 completion fish > ~/.config/fish/completions/map4.fish
    powershell  map4 completion powershell | Out-String | Invoke-Expression
    """
    click.echo(completion_script(shell), nl=False)


def _context(ctx: click.Context, names: Sequence[str]) -> click.Context:
    """The context of a command.

    names: its groups, outermost first, then its own name
    """
    at = ctx.find_root()
    for name in names:
        group = at.command
        if not isinstance(group, click.Group):
            raise click.UsageError(
                f"'{at.command_path}' has no commands; see 'map4 help {' '.join(at.command_path.split()[1:])}'."
            )
        if group.get_command(at, name) is None:
            raise unknown_command(at, name, group.list_commands(at))
        own_name, command, _ = group.resolve_command(at, [name])
        assert command is not None
        at = click.Context(command, info_name=own_name, parent=at)
    return at


def _field_text(ctx: click.Context, name: str) -> str | None:
    """Describe a search field; None if there is no such field, or a command has its name."""
    from map4.core.music.query.fields import field_named

    field = None if cli.get_command(ctx.find_root(), name) else field_named(name)
    if field is None:
        return None
    return f"{field.name}: {field.help}, as in {field.example}. 'map4 help search' explains queries."


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """For `shell_complete`: topics, and commands of the group typed so far."""
    try:
        at = _context(ctx, ctx.params.get("names") or ())
    except click.UsageError:  # no error messages during completion
        return []
    if not isinstance(at.command, click.Group):
        return []
    named = topics() if at.parent is None else ()
    return [CompletionItem(topic.name, help=topic.summary) for topic in named if topic.name.startswith(incomplete)] + [
        CompletionItem(name, help=command.get_short_help_str())
        for name in at.command.list_commands(at)
        if name.startswith(incomplete) and (command := at.command.get_command(at, name)) and not command.hidden
    ]


class _HelpCommand(Map4Command):
    """`map4 help`, whose own help lists the topics."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Topics"):
            formatter.write_dl([(topic.name, topic.summary) for topic in topics()])
        super().format_options(ctx, formatter)


@_HelpCommand.of((UsageError, "no such topic or command"))
@click.argument("names", metavar="[TOPIC|COMMAND]...", nargs=-1, shell_complete=_complete)
@click.pass_context
def help_(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Explain a topic or a command.

    \b
    map4 help                   all commands
    map4 help scripting         a topic
    map4 help playlist check    a command, as 'map4 playlist check --help'
    """
    text = topic_text(names[0]) or _field_text(ctx, names[0]) if len(names) == 1 else None
    try:
        click.echo(_context(ctx, names).get_help() if text is None else text.rstrip())
    except click.UsageError as error:
        if len(names) > 1:
            raise
        listed = ", ".join(topic.name for topic in topics())
        raise click.UsageError(f"{error.message} Topics: {listed}.", ctx) from None
