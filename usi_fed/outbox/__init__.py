"""What leaves: activities, who must get them, and their delivery, in order, however long a host is away."""
