"""Music servers that a library is connected to: its songs found here, lists written there."""
