"""The tools that read a document's schemas: two, independent of each other."""
