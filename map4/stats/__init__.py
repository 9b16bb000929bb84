"""Statistics of a library, and how accurate map4 is on values that the user knows."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
