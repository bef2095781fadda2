"""What people take with them, bring along and leave behind when they change servers."""
