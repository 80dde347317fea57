"""Who may see whom: boolean masks, True = this query may see this key."""
