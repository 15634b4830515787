"""Documents in one normal form, which the rest of the generator takes."""
