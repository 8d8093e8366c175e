"""Keep the memory of the web process small.

Every page run is a thread. glibc gives threads heaps of their own and rarely returns their memory
to the system: after some pages they hold 70 MB of unused memory (300 MB resident instead of 230).
Streamlit also keeps every file that a session sends, whether a page asked for it or not.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import sys

import streamlit as st
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

# The most files of one session, and the most bytes of all; the oldest files make room for new ones.
UPLOADS_EACH, UPLOADS_BYTES = 2, 500 << 20

# From malloc.h; see mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8


@functools.cache  # once per process
def share_heaps() -> None:
    """Let all threads share two heaps, and return freed memory to the system; only with glibc."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_ARENA_MAX, 2)
        mallopt(M_TRIM_THRESHOLD, 64 * 1024)
        mallopt(M_MMAP_THRESHOLD, 64 * 1024)


@functools.cache
def freeze_imported_objects() -> None:
    """Exclude the 150,000 objects of imported modules from garbage collection.

    The variables of a page form reference cycles with its functions, which can hold megabytes:
    70,000 points, for example. Python runs a full collection when the number of objects has grown
    by a quarter since the last one. Without the imported objects, full collections are three times
    as frequent, and each costs a third.
    """
    gc.collect()
    gc.freeze()


@functools.cache
def watch_no_files() -> None:
    """Keep Streamlit from listing the files to watch, if watching them is off.

    It lists the paths of all modules whenever a session reconnects. This takes 0.2 s, during which
    no other session is served.
    """
    if st.get_option("server.fileWatcherType") == "none":
        AppSession.register_file_watchers = _watch_nothing  # type: ignore[method-assign]


def _watch_nothing(self: AppSession) -> None:
    del self


@functools.cache
def bound_uploads() -> None:
    """Drop the oldest uploads beyond `UPLOADS_EACH` and `UPLOADS_BYTES`.

    Any visitor's browser can send files; `roles.require_trainer` checks the role only later.
    """
    add = MemoryUploadedFileManager.add_file

    def add_file(self: MemoryUploadedFileManager, session_id: str, file: UploadedFileRec) -> None:
        add(self, session_id, file)
        for old in list(self.file_storage.get(session_id, {}))[:-UPLOADS_EACH]:
            self.remove_file(session_id, old)
        kept = [
            (session, old, len(record.data))
            for session, files in list(self.file_storage.items())
            for old, record in list(files.items())
        ]
        size = sum(length for _, _, length in kept)
        for session, old, length in kept:
            if size <= UPLOADS_BYTES:
                break
            self.remove_file(session, old)
            size -= length

    MemoryUploadedFileManager.add_file = add_file  # type: ignore[method-assign]
