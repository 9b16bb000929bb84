"""Registrations of requests in plain words."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    docs={"ask": "Find and tidy"},
    commands=(
        Command(
            name="ask",
            target="map4.extras.ask.commands:command",
            summary="Search or make a playlist in your own words.",
            group="Find",
            order=2,
            is_paged=True,
        ),
    ),
    calls={"ask": "map4.extras.ask.access:ask", "prepare_ask": "map4.extras.ask.access:prepare_ask"},
)
