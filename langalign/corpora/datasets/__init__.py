"""Published datasets, one file each, and the bundled sample."""
