"""Third parties' documents in the form that the rest of the generator takes."""
