"""Settings: where each comes from, and how one is changed."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
