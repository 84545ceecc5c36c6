from tests.support.processes import served, world

__all__ = ["served", "world"]
