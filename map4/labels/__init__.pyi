"""What other subjects may use of `map4.labels`."""

from map4.labels.provider import LabelProvider as LabelProvider
from map4.labels.provider import TrackFacts as TrackFacts
from map4.labels.store.annotations import SqlLabels as SqlLabels
from map4.labels.store.annotations import SqlObservations as SqlObservations
