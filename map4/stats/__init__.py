"""What is in a library, counted; and how right map4 is on those that its user knows."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
