"""What looks wrong with tracks, and what can be done about it."""

from map4.core.base.exports import exports

__getattr__ = exports(__name__)
