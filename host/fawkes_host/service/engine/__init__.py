"""The engine in a process of the service's own."""
