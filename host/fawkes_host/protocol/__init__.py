"""What the extension, the relay and the engine service say to each other."""
