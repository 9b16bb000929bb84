"""The version of map4."""

__version__ = "0.1.0"
