"""Groups: people belong to them, post to them, and moderate them."""
