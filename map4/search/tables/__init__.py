"""What tables and maps of many tracks ask: columns in an order, counts by value, places by sound."""
