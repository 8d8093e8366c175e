"""Learn: what KL is, from entropy to the ELBO of a run, one section per tab."""

import streamlit as st

from dashboard.app_pages.learn import discrete, effective_beta, elbo, gaussians, sampling

SECTIONS = {
    "A few outcomes": discrete.section,
    "Two Gaussians": gaussians.section,
    "Sampling": sampling.section,
    "The ELBO": elbo.section,
    "Which β is it?": effective_beta.section,
}

st.title("Learn: what KL is")
tabs = st.tabs(list(SECTIONS), key="learn_tab", bind="query-params")
for tab, section in zip(tabs, SECTIONS.values(), strict=True):
    if tab.open:
        with tab:
            section()
