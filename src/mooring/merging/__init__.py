"""Records that are one: finding them over the whole base, merging them without losing anything, and undoing it."""
