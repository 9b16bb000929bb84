"""The same recording more than once."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
