"""Data for tables and maps of many tracks: sorted columns, counts by value, places by sound."""
