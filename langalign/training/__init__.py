"""Text and vector parts of langalign."""
