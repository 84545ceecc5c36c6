"""What stands in the way of the host."""
