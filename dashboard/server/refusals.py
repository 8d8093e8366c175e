"""Take from Streamlit what a stranger could use against all others on the host."""

from __future__ import annotations

from streamlit import net_util
from streamlit.runtime.app_session import AppSession


def look_up_no_address() -> None:
    """Never ask a service in the network for the address of this host.

    Streamlit asks when a page of another site connects, and serves nobody while it waits.
    """
    net_util.get_external_ip = _no_address


def _no_address() -> None:
    return None


def keep_caches() -> None:
    """Ignore the message of a browser that clears the caches of all visitors."""
    AppSession._handle_clear_cache_request = _do_nothing  # type: ignore[method-assign]


def _do_nothing(self: AppSession) -> None:
    del self
