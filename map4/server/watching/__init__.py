"""What a server tells those who look after it: figures, warnings, its log, and whether it lives."""
