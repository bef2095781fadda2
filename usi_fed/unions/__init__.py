"""Unions and other organisations: who acts for them, who belongs to them, and who attests them."""
