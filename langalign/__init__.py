"""Carry embeddings of one language onto another's, and reuse every vector ever computed."""
