"""Pages that need no Python: one HTML file each, data and words in, nothing fetched."""
