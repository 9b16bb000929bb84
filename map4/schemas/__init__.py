"""JSON Schemas of everything map4 prints."""
