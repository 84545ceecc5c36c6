"""``fawkes-host cloak``."""
