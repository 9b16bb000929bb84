"""Find tracks by query, by name, or by what another program calls them."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
