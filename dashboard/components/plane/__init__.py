"""The latent plane under the cursor."""
