"""What a browser starts: between its pipes and the engine service."""
