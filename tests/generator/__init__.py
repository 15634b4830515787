"""The generator, on documents good, bad and hostile."""
