"""The wire: ActivityPub documents, their signatures and the names they use."""
