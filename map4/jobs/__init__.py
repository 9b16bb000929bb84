"""Jobs: work that `map4 serve` does one after the other, and plans that wait to be done."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
