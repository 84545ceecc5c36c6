"""From photo bytes to cloaked photo bytes."""
