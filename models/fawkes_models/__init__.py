"""Face recognition networks that the cloak is optimised on (surrogates)."""
