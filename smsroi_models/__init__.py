"""Did a mass text campaign pay for itself, how sure are we, and what should be done next."""
