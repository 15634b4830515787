"""What a document says, in one form for all that ask."""
