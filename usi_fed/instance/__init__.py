"""How this server shows itself: what an administrator may choose without touching the settings."""
