"""Files of other programs: a room a program, with its reader and writer."""

from map4.core.base.declarations import exports

__getattr__ = exports(__name__)
