"""Metadata providers: network services."""
