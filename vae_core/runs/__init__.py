"""The run folder: its files, its records, and the stores that hold it.

A run is a folder named by its config's id. Everything that is known of a run is in its folder, so
nothing is lost when a process ends:

    config.json      written once, before the folder gets its name
    status.json      state, epoch, owner process, heartbeat, error; replaced whole
    metrics.jsonl    one line per event (start, step, epoch, end), each one O_APPEND write
    checkpoint.weights.h5   Keras weights and optimiser state, until the run is finished
    vae.weights.h5   Keras weights of the trained networks
    encoder.onnx, decoder.onnx   graphs for `vae_core.inference`, which point to the weights
    decoder.json     the decoder's layers for scripts in the browser; some architectures have none
    arrays.npz       posteriors and labels of the held-out items
    snapshot.npz     a small live picture of the latent space while training
    checksums.json   size and SHA-256 of each file that is final; written after these files
    log.txt          output of the training process
    lock             the process that trains holds a lock on it
    cancel           asks that process to stop
    ticket           the key of the run's task on a cluster, until its files are collected

Beside the run folders a store has .groups/<run id>.json, with groups of held-out images that
viewers chose. It also has .engine: the process that trains the queue holds a lock on it.

Whole files are written under another name, fsynced and renamed, so that a reader sees the old
content or the new content, never a part.
"""
