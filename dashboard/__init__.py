"""The web side: reads run folders, asks an engine to train, never imports TensorFlow."""
