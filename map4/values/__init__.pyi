"""What other subjects may use of `map4.values`."""

from map4.values.genres import Genres as Genres
from map4.values.history import Values as Values
from map4.values.history_records import OwnValueChange as OwnValueChange
from map4.values.history_records import TrackValue as TrackValue
from map4.values.part import MarksPart as MarksPart
from map4.values.store.marks import OF_LIST as OF_LIST
from map4.values.store.marks import AddedMarks as AddedMarks
from map4.values.store.marks import split_marks as split_marks
from map4.values.store.query_fields import OwnWordForms as OwnWordForms
from map4.values.store.query_fields import mark_names as mark_names
from map4.values.store.query_fields import marked_sql as marked_sql
from map4.values.store.query_fields import name_matches as name_matches
from map4.values.store.values import SqlValues as SqlValues
from map4.values.tables.values import names_sql as names_sql
from map4.values.tempo_ranges import TempoRanges as TempoRanges
from map4.values.tempo_ranges import choose_tempi as choose_tempi
from map4.values.use import ValueEdit as ValueEdit
from map4.values.use import as_marked as as_marked
from map4.values.use import plan_value as plan_value
from map4.values.use import with_other_files as with_other_files
