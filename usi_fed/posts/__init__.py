"""What is said: posts of every kind, polls, likes, boosts, edits, deletions, quotes; and who may see them."""
