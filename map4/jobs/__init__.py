"""Jobs of `map4 serve`, and plans that are confirmed before they become jobs."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
