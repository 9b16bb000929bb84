"""What this subject registers."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    docs={"ask": "Find and tidy"},
    commands=(
        Command(
            name="ask",
            target="map4.extras.ask.commands:command",
            summary="Say in words what you want to hear.",
            group="Find",
            order=2,
        ),
    ),
    calls={"ask": "map4.extras.ask.access:ask", "prepare_ask": "map4.extras.ask.access:prepare_ask"},
)
