"""What happens when processes, the broker or the disk fail: real processes on the loopback."""
