"""Who may do what: roles, accounts, and the actions that change something."""
