"""What other subjects may use of `map4.duplicates`."""

from map4.duplicates.cue_copies import cues_of_copies as cues_of_copies
from map4.duplicates.options import DuplicateOptions as DuplicateOptions
from map4.duplicates.part import DuplicatesPart as DuplicatesPart
from map4.duplicates.part import groups_of_copies as groups_of_copies
from map4.duplicates.records import DuplicateGroup as DuplicateGroup
from map4.duplicates.records import GroupKind as GroupKind
from map4.duplicates.store.copies import SqlCopies as SqlCopies
