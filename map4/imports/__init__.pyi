"""What other subjects may use of `map4.imports`."""

from map4.imports.reading import sound_of as sound_of
from map4.imports.records import OwnImport as OwnImport
from map4.imports.records import plain_location as plain_location
from map4.imports.store.effective_values import affected as affected
from map4.imports.store.imports import SqlImports as SqlImports
from map4.imports.use import Imports as Imports
