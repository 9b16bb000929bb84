"""What other subjects may use of `map4.labels`."""

from map4.labels.facts import TrackFacts as TrackFacts
from map4.labels.options import ModelOptions as ModelOptions
from map4.labels.part import LabelsPart as LabelsPart
from map4.labels.plan import clear_responses as clear_responses
from map4.labels.plan import prepare_questions as prepare_questions
from map4.labels.provider import LabelProvider as LabelProvider
from map4.labels.providers.consent import Consent as Consent
from map4.labels.providers.language_model import ModelService as ModelService
from map4.labels.providers.language_model import Prompt as Prompt
from map4.labels.providers.language_model import Questioner as Questioner
from map4.labels.providers.language_model import listed as listed
from map4.labels.providers.language_model import object_of as object_of
