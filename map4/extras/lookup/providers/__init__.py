"""Metadata providers: network services and imported dumps."""
