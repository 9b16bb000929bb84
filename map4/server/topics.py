"""`map4 help serve`: access to the server, and running it."""

from textwrap import fill

from map4.core.base.declaration import load
from map4.core.base.declarations import in_order


def serve() -> str:
    """The text of the topic, with what parts of the server add."""
    helped = ", ".join(routes.help for routes in in_order(lambda room: room.routes) if routes.help)
    addresses = f"The OpenAPI document is at /api/v1/openapi.json.{f' {helped}.' if helped else ''}"
    return str(load("map4.server:serve.txt")).format(addresses=fill(addresses, 80))
