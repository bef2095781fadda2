"""The pages below /moderation: for moderators and administrators, nobody else."""
