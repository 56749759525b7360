"""Signal processing for effects: transforms, convolution, interpolation, noise, rooms, folders of sounds."""
