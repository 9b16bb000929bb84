"""What other subjects may use of `map4.models`."""

from map4.models.consent import Consent as Consent
from map4.models.language_model import ModelService as ModelService
from map4.models.language_model import Prompt as Prompt
from map4.models.language_model import Questioner as Questioner
from map4.models.language_model import listed as listed
from map4.models.language_model import object_of as object_of
from map4.models.options import PROVIDER as PROVIDER
from map4.models.options import WHO as WHO
from map4.models.options import ModelOptions as ModelOptions
from map4.models.services import CLAUDE as CLAUDE
