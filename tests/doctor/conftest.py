from tests.support.person import person, two_browsers

__all__ = ["person", "two_browsers"]
