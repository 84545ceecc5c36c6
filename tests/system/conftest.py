from tests.support.processes import world

__all__ = ["world"]
