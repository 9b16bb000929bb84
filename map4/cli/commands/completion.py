"""`map4 completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from map4.cli.main import cli
from map4.cli.session import Map4Command
from map4.cli.value_types import Name

SHELLS = ("bash", "zsh", "fish", "powershell")
COMPLETE_VARIABLE = "_MAP4_COMPLETE"

# What is mended in Click's own scripts. Names of lists have blanks, which bash takes unquoted unless a quote is open
# already; and after a field's colon no blank may follow, as its value does. fish does both by itself, but its script
# cuts descriptions and names of files at their first comma.
_MENDED: dict[str, dict[str, str]] = {
    "bash": {
        "            COMPREPLY+=($value)\n": """\
            [[ ${COMP_WORDS[COMP_CWORD]} == [\\"\\']* ]] || printf -v value %%q "$value"
            COMPREPLY+=("$value")
            [[ $value == *: ]] && compopt -o nospace
""",
    },
    "zsh": {
        "        compadd -U -V unsorted -a completions\n": """\
        local -a ending
        [[ $completions[1] == *: ]] && ending=(-S '')
        compadd -U -V unsorted "${ending[@]}" -a completions
""",
    },
    "fish": {'string split ","': 'string split -m 1 ","'},
}


def completion_script(shell: str) -> str:
    """The script that makes Tab complete `map4` in this shell.

    shell: one of `SHELLS`
    """
    completion = get_completion_class(shell)
    assert completion is not None
    # The template alone, not source(): that one runs the shell to look at its version.
    complete = completion(cli, {}, "map4", COMPLETE_VARIABLE)
    template = complete.source_template
    for theirs, ours in _MENDED.get(shell, {}).items():
        assert theirs in template
        template = template.replace(theirs, ours)
    return (template % complete.source_vars()).strip() + "\n"


@click.command(cls=Map4Command, epilog="Exit codes: 0 done, 2 no such shell.")
@click.argument("shell", type=Name(SHELLS))
def command(shell: str) -> None:
    """Print the Tab completion script of a shell.

    \b
    bash        eval "$(map4 completion bash)"           in ~/.bashrc
    zsh         eval "$(map4 completion zsh)"    in ~/.zshrc, after compinit
    fish        map4 completion fish > ~/.config/fish/completions/map4.fish
    powershell  map4 completion powershell | Out-String | Invoke-Expression
    """
    click.echo(completion_script(shell), nl=False)
