"""What a person reads: home and lists, notifications, and where they stopped reading."""
