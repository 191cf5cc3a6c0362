"""SEE: networks and geometry. Arrays in, measurements out; imports nothing of the project but itself."""
