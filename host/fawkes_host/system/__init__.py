"""The user's folders, this machine's memory, what is installed on it."""
