"""Formats that aren't read: what each is, and how to turn a file of it into one that is."""

from __future__ import annotations

import re
from pathlib import Path

from vae_core.sandbox import display_name

_UNPACK = "unpack it, and upload the files in it, pictures as one .zip"
PICTURES = "upload pictures as one .zip"
_ARRAYS = "save its arrays with numpy.savez('{stem}.npz', x=..., y=...)"


def _pandas(read: str) -> str:
    """Return the cure of a table that pandas reads, with some code that gives a data frame."""
    return (
        f"convert it with python -c \"import pandas; {read}.to_csv('{{stem}}.csv', index=False)\""
    )


# Ending -> what such a file is, and the cure.
CURES = {
    ".xlsx": ("an Excel workbook", "save the sheet as CSV UTF-8"),
    ".xls": ("an Excel workbook", "save the sheet as CSV UTF-8"),
    ".ods": ("a spreadsheet", "save the sheet as CSV"),
    ".docx": ("a Word document", "save a list of texts as .txt, and a table as .csv"),
    ".pptx": ("a PowerPoint file", PICTURES),
    ".pdf": ("a PDF", "save the table or the pictures in it as files of their own"),
    ".json": (
        "a JSON file",
        _pandas("pandas.read_json('{name}')").replace("convert it", "convert a table of rows"),
    ),
    ".jsonl": ("a file of JSON lines", _pandas("pandas.read_json('{name}', lines=True)")),
    ".xml": ("an XML file", "save its data as .csv; pictures as one .zip"),
    ".heic": ("a HEIC or AVIF picture", "save pictures as PNG, and upload them as one .zip"),
    ".svg": ("an SVG drawing", "save drawings as PNG, and upload them as one .zip"),
    ".pkl": (
        "a pickle, which can run code when it is read",
        f"where you trust it, load it in Python and {_ARRAYS}",
    ),
    ".pt": (
        "a PyTorch file, which can run code when it is read",
        "where you trust it, load it with torch.load and save its tensors with "
        "numpy.savez('{stem}.npz', x=..., y=...)",
    ),
    ".safetensors": ("a safetensors file, which holds weights", f"if it holds data, {_ARRAYS}"),
    ".keras": ("a Keras model, not data", "upload the data that it was trained with"),
    ".onnx": ("an ONNX model, not data", "upload the data that it was trained with"),
    ".tfrecord": (
        "a TFRecord file",
        f"read it with tf.data.TFRecordDataset and {_ARRAYS}",
    ),
    ".zarr": ("a Zarr store", f"open it with zarr and {_ARRAYS}"),
    ".nc": ("a NetCDF file", f"open it with xarray and {_ARRAYS}"),
    ".rar": ("a RAR archive", _UNPACK),
    ".7z": ("a 7z archive", _UNPACK),
    ".tar": ("a tar archive", _UNPACK),
    ".bz2": ("packed with bzip2", _UNPACK),
    ".xz": ("packed with xz", _UNPACK),
    ".lzma": ("packed with LZMA", _UNPACK),
    ".zst": ("packed with zstd", _UNPACK),
    ".lz4": ("packed with lz4", _UNPACK),
    ".br": ("packed with Brotli", _UNPACK),
    ".z": ("packed with compress", _UNPACK),
    ".arff": (
        "an ARFF file",
        'convert it with python -c "from scipy.io import arff; import pandas; '
        "pandas.DataFrame(arff.loadarff('{name}')[0]).to_csv('{stem}.csv', index=False)\"",
    ),
    ".libsvm": (
        "a libsvm file",
        'convert it with python -c "from sklearn.datasets import load_svmlight_file as load; '
        "import numpy; x, y = load('{name}', n_features=784); "
        "numpy.savez('{stem}.npz', x=x.toarray(), y=y)\", where 784 is the number of pixels",
    ),
    ".mtx": (
        "a MatrixMarket file",
        'convert it with python -c "import numpy, scipy.io; '
        "numpy.savez('{stem}.npz', x=scipy.io.mmread('{name}', spmatrix=False))\", and add the "
        "labels as y",
    ),
    ".sql": ("a list of SQL commands", "save the table as .csv"),
    ".feather": ("a Feather file", _pandas("pandas.read_feather('{name}')")),
    ".arrow": ("an Arrow file", _pandas("pandas.read_feather('{name}')")),
    ".orc": ("an ORC file", _pandas("pandas.read_orc('{name}')")),
    ".avro": ("an Avro file", "save its table as .csv or .parquet"),
    ".sav": ("an SPSS file", _pandas("pandas.read_spss('{name}')")),
    ".dta": ("a Stata file", _pandas("pandas.read_stata('{name}')")),
    ".sas7bdat": ("a SAS file", _pandas("pandas.read_sas('{name}')")),
    ".rds": (
        "a file of R",
        "in R, save a data frame with write.csv(readRDS('{name}'), '{stem}.csv', "
        "row.names = FALSE)",
    ),
    ".rdata": (
        "a file of R",
        "in R, load('{name}') and save a data frame with write.csv(..., '{stem}.csv', "
        "row.names = FALSE)",
    ),
    ".sqlite": ("an SQLite database", "save the table as .csv"),
    ".mdb": ("a database (LMDB or Access)", "save its table as .csv, or its pictures as one .zip"),
    ".mp4": ("a video", "save its frames as pictures, and upload them as one .zip"),
    ".dcm": ("a DICOM file", "save the pictures as PNG or TIFF, and upload them as one .zip"),
    ".nii": ("a NIfTI file", f"load it with nibabel and {_ARRAYS}"),
    ".html": ("a web page", "download the file that the page leads to, and upload that"),
    ".bin": (
        "a file of bytes that doesn't say what they mean",
        "read it with numpy.fromfile, reshape the pixels to (n, height, width), and save them "
        "with numpy.save('{stem}.npy', ...)",
    ),
}
_SAME = {
    **{".xlsm": ".xlsx", ".xlsb": ".xlsx", ".fods": ".ods", ".odt": ".docx", ".doc": ".docx"},
    **{".pickle": ".pkl", ".joblib": ".pkl", ".p": ".pkl", ".pth": ".pt", ".ckpt": ".pt"},
    **{".tgz": ".tar", ".tar.gz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".ndjson": ".jsonl"},
    **{".tfrecords": ".tfrecord", ".rda": ".rdata", ".ipc": ".arrow", ".nii.gz": ".nii"},
    **{".db": ".sqlite", ".sqlite3": ".sqlite", ".lmdb": ".mdb", ".htm": ".html", ".cdf": ".nc"},
    **{".heif": ".heic", ".avif": ".heic"},
    **{".avi": ".mp4", ".mov": ".mp4", ".mkv": ".mp4", ".webm": ".mp4", ".ppt": ".pptx"},
    **{".svm": ".libsvm", ".svmlight": ".libsvm", ".raw": ".bin", ".dat": ".bin", ".nc4": ".nc"},
}


def ending_of(file_name: str) -> str:
    """Return a file's ending in lower case, with the one before it for gzip: `.csv.gz`.

    Of several endings of one format it is the one in `CURES`.
    """
    suffixes = [suffix.lower() for suffix in Path(file_name).suffixes[-2:]]
    if suffixes[-1:] == [".gz"] and len(suffixes) == 2:
        ending = "".join(suffixes)
    else:
        ending = suffixes[-1] if suffixes else ""
    return _SAME.get(ending, ending)


def cure(ending: str, file_name: str, verb: str) -> str:
    """Return the rest of a sentence on a file, such as "is a PDF: save ..."; see `CURES`."""
    what, how = CURES[ending]
    name = name_in_code(file_name, ending)
    return f"{verb} {what}: {how.format(name=name, stem=Path(name).stem)}."


def name_in_code(file_name: str, ending: str) -> str:
    """Return a file's name for a line of code; `data` with that ending if it can't stand there."""
    name = display_name(file_name)
    return name if re.fullmatch(r"[\w .+()-]+", name) else f"data{ending}"
