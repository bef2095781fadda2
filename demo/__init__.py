"""The guided tour: two unions' servers on this machine that talk to each other for real."""
