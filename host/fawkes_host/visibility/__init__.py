"""What can be seen of a change."""
