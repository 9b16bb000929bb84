"""The map of the sound: the recordings of a library in the plane, in the page and in reports."""
