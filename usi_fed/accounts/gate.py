"""What stands at the door: whose e-mail addresses and which networks are not taken. Moderation decides about it."""

from typing import Protocol


class Gate(Protocol):
    """Asked by whoever makes accounts, before anything is stored."""

    async def check_email(self, email: str | None) -> None:
        """See to it that an account may be made with an e-mail address; none is always good.

        Raises:
            InvalidInput: moderators do not take it. It is told in the same words, whatever the reason.
        """

    def check_network(self, address: str) -> None:
        """See to it that accounts are made from a network address at all.

        Raises:
            NotAllowed: moderators let nobody join from there.
        """

    def asks_first(self, address: str) -> bool:
        """Whether an officer looks first at who joins from a network address."""
