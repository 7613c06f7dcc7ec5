"""How messages leave the clinic, and the words in which times are told to patients."""
