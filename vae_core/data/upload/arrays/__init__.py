"""Read files of arrays, and find which array holds the images, along which axis.

A reader of a format gives names and arrays:

    npy             .npy, .npz, and zips of .npy files
    idx             IDX, the format of MNIST
    hdf5_or_matlab  .h5 and .mat: chooses one of the next two
    hdf5            HDF5, also .mat of version 7.3
    matlab          .mat of version 4 to 7.2
    mat5            the elements of such a file, without a library in C
    stored          an array in a file, read when it is used
    nested          arrays in groups or structs, and one name for each

From them the images, the labels and the split are found:

    arrays          `read_arrays`: what every format ends in
    names           which array holds images, labels, names of labels, by their names
    layout          which axis counts the images
    split           arrays that say which images are held out
    ranges          parts whose pixels have different ranges
"""
