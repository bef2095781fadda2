"""The methods for who looks after this place: moderators and administrators, by the same rules as on the pages."""
