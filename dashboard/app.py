"""The entry point of `streamlit run dashboard/app.py`: the web server, and what it refuses."""

import streamlit as st
from starlette.middleware import Middleware

from dashboard.server import refusals
from dashboard.server.cookies import CookieGuard
from dashboard.server.hosts import HostGuard
from dashboard.server.uploads import UploadGuard

refusals.look_up_no_address()
refusals.keep_caches()
app = st.App(
    "navigation.py",
    middleware=[Middleware(HostGuard), Middleware(UploadGuard), Middleware(CookieGuard)],
)
