"""Proposing an overlay for a document that does not know the extension."""
