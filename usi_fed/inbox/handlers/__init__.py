"""One file per kind of activity: what another server's actor may change here."""
