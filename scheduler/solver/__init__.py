"""Find the best plan of one course exactly, and say why when there is none."""
