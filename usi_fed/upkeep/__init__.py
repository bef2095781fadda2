"""What an operator does with the whole server: back it up, bring it back, ask what is wrong with it."""
