"""What the API sends: plain dictionaries made from rows, with every field that Mastodon always sends."""
