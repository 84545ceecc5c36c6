"""What runs on TensorFlow and knows nothing of faces or photos."""
