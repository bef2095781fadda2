"""What the server costs and how fast it is; `make bench`."""
