"""Compare tracks."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
