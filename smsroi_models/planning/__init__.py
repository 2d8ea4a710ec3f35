"""Before a campaign: how many to hold out, who, and what was decided beforehand."""
