"""Similar tracks."""

from map4.core.base.exports import exports

__getattr__ = exports(__name__)
