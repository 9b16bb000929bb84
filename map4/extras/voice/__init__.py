"""Where somebody sings or speaks in a track: `map4 scan --voice`."""
