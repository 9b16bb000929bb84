"""Rows of ask in tables of other tests."""

from map4 import Library
from map4.extras.ask.access import ask

CALLS_OF_ROLES = {"viewer": {"": "ask prepare_ask"}}
COMMANDS = {"viewer": ("ask 'house of 120 bpm'",)}


def shown_answer(library: Library) -> object:
    return ask(library, "4 tracks of house")
