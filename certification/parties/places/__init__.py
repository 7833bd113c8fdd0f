"""Real places: Mexico's states, a short gazetteer of our own, and the full catalogue once an operator brings it."""
