"""How fast langalign is beside what a user would otherwise take."""
