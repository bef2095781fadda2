"""What attackers try, on every route and in every field: a new page is swept without anybody thinking of it."""
