"""What arrives: verified, stored, answered 202, then acted on in order, once."""
