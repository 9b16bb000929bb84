"""The declared commands, with the first line of each one's help."""

from map4.cli.help import summary_of
from map4.cli.main import cli

COMMANDS = {command.name: summary_of(command) for command in cli.listed()}
