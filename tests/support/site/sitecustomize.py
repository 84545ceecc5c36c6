"""Python imports this where its folder is in PYTHONPATH: the engine process of a test then gets
the engine that FAKE_ENGINE names (``module:function``), and the program needs no such variable."""

import os
import sys

if "fawkes_host.service.engine.worker" in sys.orig_argv and os.environ.get("FAKE_ENGINE"):
    import importlib

    from fawkes_host.service.engine import warm_engine

    module, _, function = os.environ["FAKE_ENGINE"].partition(":")
    warm_engine.make_engine = getattr(importlib.import_module(module), function)
