"""The run folder: its files, its records, and the stores that hold it.

A run is a folder named by its config's id. The folder is the only truth: pages and command line
read it, so nothing is lost with a process:

    config.json      written once, before the folder gets its name
    status.json      state, epoch, owner process, heartbeat, error; replaced whole
    metrics.jsonl    one line an event (start, step, epoch, end), one O_APPEND write each
    checkpoint.weights.h5   Keras weights and optimiser state, until the run is finished
    vae.weights.h5   Keras weights of the trained networks
    encoder.onnx, decoder.onnx   what `vae_core.inference` reads: graphs that point to the weights
    decoder.json     the decoder's layers, for scripts in the browser; not of every architecture
    arrays.npz       held-out embeddings and labels
    snapshot.npz     a small live picture of the latent space while training
    checksums.json   size and SHA-256 of the files that stay, once they are complete
    log.txt          output of the training process
    lock, cancel     held by the process that trains; asks that process to stop
    ticket           the key of the run's task on a cluster, until its files are collected

Beside the run folders a store has .groups/<run id>.json, with groups of held-out images that
viewers chose, and .engine, held by the process that trains its queue.

Whole files are written under another name, fsynced and renamed: a reader sees the old content
or the new, never a part.
"""
