"""Read files of arrays, and find which array holds the images, along which axis."""
