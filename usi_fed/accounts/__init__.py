"""Who signs in here: accounts with their secrets, client applications and their tokens."""
