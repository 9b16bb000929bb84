"""Language models: which there are, what is sent to them, and the consent to that."""

from map4.base.exports import exports

__getattr__ = exports(__name__)
