"""What decides on the candidates of a trained network, taught on what it finds in rendered mixes."""
