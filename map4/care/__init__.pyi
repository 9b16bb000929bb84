"""What other subjects may use of `map4.care`."""

from map4.care.part import CarePart as CarePart
