"""What looks wrong with tracks, and what can be done about it."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
