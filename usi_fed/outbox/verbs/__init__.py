"""What local actors do, as units of work: the change here, and the activity that tells the others."""
