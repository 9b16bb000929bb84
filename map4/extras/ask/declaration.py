"""Registrations of requests in plain words: an option of commands that take a query."""

from map4.core.base.declaration import Declaration
from map4.library import hookspecs

DECLARATION = Declaration(
    calls={"ask": "map4.extras.ask.access:ask", "prepare_ask": "map4.extras.ask.access:prepare_ask"},
    hooks={hookspecs.ask_option: "map4.extras.ask.commands:ask_option"},
)
