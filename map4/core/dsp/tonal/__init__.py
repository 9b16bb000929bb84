"""Key and tuning."""
