"""Whom a shop may text: what texting does to those who agreed to it, and what they are worth."""
