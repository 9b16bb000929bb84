"""What other subjects may use of `map4.care`."""

from map4.care.part import CarePart as CarePart
from map4.care.records import CopiedLibrary as CopiedLibrary
from map4.care.records import LibraryFigures as LibraryFigures
from map4.care.store.contents import SqlCare as SqlCare
from map4.care.store.salvage import new_library as new_library
from map4.care.store.verify import verify_library as verify_library
