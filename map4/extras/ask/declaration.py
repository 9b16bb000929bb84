"""Registrations of requests in plain words."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    Command("ask", "map4.extras.ask.commands:command", "Find", 2, is_paged=True),
    calls={"ask": "map4.extras.ask.access:ask", "prepare_ask": "map4.extras.ask.access:prepare_ask"},
)
