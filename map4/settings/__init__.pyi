"""What other subjects may use of `map4.settings`."""

from map4.settings.config import Config as Config
