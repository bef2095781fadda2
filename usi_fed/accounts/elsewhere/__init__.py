"""Signing in and joining with an account elsewhere: who says who somebody is, and what follows from it here."""
