"""Stages: what a second password opens (decision 0028)."""
