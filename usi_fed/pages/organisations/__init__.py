"""Pages of organisations: their public sites, their houses for officers, founding, the directory and its map."""
