"""The client API that Mastodon's apps speak."""
