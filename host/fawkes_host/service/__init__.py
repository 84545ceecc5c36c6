"""The engine as a service that every browser shares."""
