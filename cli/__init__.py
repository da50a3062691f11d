"""The command line of langalign: one file per command."""
