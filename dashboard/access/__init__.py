"""Roles, accounts, and the actions that change something."""
