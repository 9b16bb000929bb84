"""The OpenSubsonic API: its requests, methods and answers."""
