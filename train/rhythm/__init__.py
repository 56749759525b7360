"""Songs of known beats, and what the weights of the beat finder are fitted with."""
