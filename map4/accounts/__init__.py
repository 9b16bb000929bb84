"""Accounts, tokens and log-ins."""
