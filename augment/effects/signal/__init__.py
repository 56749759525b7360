"""What effects are made of: transforms, convolution, interpolation, noise, rooms, folders of sounds."""
