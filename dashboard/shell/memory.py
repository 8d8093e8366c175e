"""Keeps the web process small.

Every run of a page is a thread, and glibc gives threads heaps of their own, which it rarely hands
back: after some pages they hold 70 MB that nothing uses (300 MB resident instead of 230). And
Streamlit keeps what any session sends, whether a page asked for it or not.
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

# Files of one session, and bytes of all: of more than that the oldest go.
UPLOADS_EACH, UPLOADS_BYTES = 2, 500 << 20


# From malloc.h; see mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8


@functools.cache  # pages run often, a process once
def share_heaps() -> None:
    """Two heaps for all threads, and freed pictures go back to the system; no-op but on glibc."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_ARENA_MAX, 2)
        mallopt(M_TRIM_THRESHOLD, 64 * 1024)
        mallopt(M_MMAP_THRESHOLD, 64 * 1024)


@functools.cache
def freeze_imported_objects() -> None:
    """Let the collector of cycles pass over what was imported: 150,000 objects that stay.

    What a page made is in cycles, as its functions know its variables: some megabytes where it
    showed 70,000 points. Python collects those when there are a quarter more objects than it went
    through last, which without the imported ones is three times as often, and as much cheaper.
    """
    gc.collect()
    gc.freeze()


@functools.cache
def watch_no_files() -> None:
    """A session that comes back looks for source files to watch, whatever the settings say.

    It goes through the paths of all modules for that, 0.2 s in which nobody is served.
    """
    if st.get_option("server.fileWatcherType") == "none":
        AppSession.register_file_watchers = _watch_nothing  # type: ignore[method-assign]


def _watch_nothing(self: AppSession) -> None:
    del self


@functools.cache
def bound_uploads() -> None:
    """Keep no more of uploads than `UPLOADS_EACH` and `UPLOADS_BYTES` say.

    A visitor's browser may send files without end; who may store one is asked only later, by
    `roles.require_trainer`.
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
