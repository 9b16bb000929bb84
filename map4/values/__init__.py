"""What people say of tracks: values, marks, and which source counts."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
