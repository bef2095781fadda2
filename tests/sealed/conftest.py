from tests.unions.conftest import found, house, member, settings

__all__ = ["found", "house", "member", "settings"]
