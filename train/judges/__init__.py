"""Training of the networks that decide on the candidates of another network, from rendered mixes."""
