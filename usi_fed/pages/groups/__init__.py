"""Pages of groups: their topics, how one comes in, and the groups to which somebody belongs."""
