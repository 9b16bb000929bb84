"""What other subjects may use of `map4.settings`."""

from map4.settings.config import LEAST_SECONDS as LEAST_SECONDS
from map4.settings.config import MOST_SECONDS as MOST_SECONDS
from map4.settings.config import Config as Config
