"""Training on cached tensors: one plain loop, early stopping, and the split that feeds them.

Knows neither aligners nor heads; both train through it.
"""
