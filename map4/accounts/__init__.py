"""Who shares a library, and what shows that one is somebody."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
