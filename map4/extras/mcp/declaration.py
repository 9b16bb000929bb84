"""Registration of the MCP server."""

from map4.base.declaration import Command, Declaration

DECLARATION = Declaration(
    docs={"assistants": "Players and assistants"},
    commands=(
        Command(
            name="mcp",
            target="map4.extras.mcp.commands:mcp",
            summary="Serve the library to an assistant (MCP on stdin and stdout).",
            group="Share",
            order=5,
        ),
    ),
)
