"""Statistics of a library."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
