"""Take from a process what it does not need to read one file: other files, programs, the network.

The parsers of HDF5, pictures and archives are large, and some have had faults that let a file take
over the process that reads it. Where the system allows it (Landlock from Linux 5.13 on, user
namespaces), such a process can then neither change anything outside its folder, nor read secrets,
nor start a program, nor send anything away. Elsewhere its limits on memory and time are all it has.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import sys
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # from sched.h

# What the interpreter, TensorFlow and the system's libraries read; what isn't there is left out.
SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/opt", "/nix/store", "/etc/ld.so.cache", "/etc/localtime"),
    *("/etc/mime.types", "/etc/os-release", "/etc/nsswitch.conf", "/etc/passwd"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/filesystems"),
    *("/proc/sys/kernel", "/proc/sys/vm", "/sys/devices/system", "/sys/fs/cgroup"),
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
# Variables that a child may see. A host's environment can hold passwords.
PASSED_ON = {
    *("LANG", "LC_ALL", "LC_CTYPE", "TZ", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "OMP_NUM_THREADS", "VAE_LAB_RUNS", "VAE_LAB_DATA"),
    *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_CPP_MIN_LOG_LEVEL"),
}


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a child that may write in this folder only."""
    kept = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    here = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "KERAS_HOME"), str(folder))
    path = os.pathsep.join(filter(None, (kept.get("PYTHONPATH"), str(PACKAGE.parent))))
    return kept | here | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}


def confine(readable: Iterable[Path], writable: Path) -> None:
    """Confine this process for good, as far as the system allows it. It must not have threads yet.

    Args:
        readable: files and folders that it may read, beside Python and the system's libraries.
        writable: the folder that it may change.
    """
    if sys.platform != "linux":
        return
    # A network of its own, which has no devices. Some containers refuse it.
    ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET)
    with contextlib.suppress(OSError):  # Linux without Landlock
        _restrict_files([*readable, *_code()], writable)


def _restrict_files(readable: Iterable[Path], writable: Path) -> None:
    from landlock import FSAccess, Ruleset

    rules = Ruleset()
    read, look = FSAccess.READ_FILE, FSAccess.READ_DIR
    for path in (*map(Path, SYSTEM), *readable):
        if path.exists():
            rules.allow(path, rules=read | look if path.is_dir() else read)
    for path in map(Path, DEVICES):
        if path.exists():
            rules.allow(path, rules=read | FSAccess.WRITE_FILE)
    rules.allow(PACKAGE.parent, rules=look)  # to find the packages in it
    rules.allow(writable, rules=FSAccess.all() & ~FSAccess.EXECUTE)
    rules.apply()


def _code() -> list[Path]:
    """Return the folders of Python, and of the packages that this process may import.

    Of the project's own folder only the packages are among them: its secrets lie beside them.
    """
    found = [Path(sys.prefix), Path(sys.base_prefix), PACKAGE, PACKAGE.parent / "pretrained"]
    found += [path for entry in sys.path if (path := Path(entry).resolve()) != PACKAGE.parent]
    main = sys.modules["__main__"].__spec__
    package = importlib.util.find_spec(main.name.partition(".")[0]) if main else None
    return found + [Path(place) for place in (package and package.submodule_search_locations) or ()]
