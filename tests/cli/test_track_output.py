"""The output formats that every command shares which prints tracks."""

from pathlib import Path

import click
from click.testing import CliRunner
from conftest import Run

from map4.cli.track_output import Output, output_options


def test_output_forms_are_chosen_singly_and_may_be_a_subset(inside: Run, music: Path) -> None:
    for arguments in (["search", "--json", "--csv"], ["analyze", "--paths", "-f", "{bpm}", music / "one.wav"]):
        result = inside(*arguments)
        assert (result.returncode, "choose one" in result.stderr, result.stdout) == (2, True, "")

    @click.command()
    @output_options("json", "csv")
    def command(output: Output) -> None:
        click.echo(f"{output.format}")

    runner = CliRunner()
    assert runner.invoke(command, []).output == "None\n"
    assert runner.invoke(command, ["--csv"]).output == "csv\n"
    assert runner.invoke(command, ["--jsonl"]).exit_code == 2
