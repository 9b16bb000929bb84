"""The OpenSubsonic API: requests, methods and responses."""
