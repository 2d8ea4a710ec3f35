"""Who joined the list and who left it, and what that has to do with the texts."""
