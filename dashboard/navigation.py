"""The pages and their navigation, run for each visitor, and the engine they share."""

from pathlib import Path

# Imported before any page: Plotly breaks if it runs while another visitor's page imports pandas.
import pandas as pd  # noqa: F401
import streamlit as st

from dashboard.access import account, roles
from dashboard.server import uploads
from dashboard.shared.markdown import escape_markdown
from dashboard.shared.run_list import cached_scan, warn_of_damage
from dashboard.shared.run_picker import NothingToShowError
from dashboard.shell import link, memory, presentation
from vae_core.config import VaeLabError
from vae_core.engines.factory import engine_trouble, shared_engine
from vae_core.runs.store import default_store

ICON = Path(__file__).parent / "icon.svg"  # a named icon would be fetched from the network
PAGES = [
    st.Page(
        "app_pages/home/page.py",
        title="Home",
        icon=":material/home:",
        default=True,
        help="What β does, on the runs of one sweep.",
    ),
    st.Page(
        "app_pages/learn/page.py",
        url_path="learn",
        title="Learn",
        icon=":material/school:",
        help="What KL is, from entropy up to the ELBO of a run.",
    ),
    st.Page(
        "app_pages/train/page.py",
        url_path="train",
        title="Train",
        icon=":material/play_circle:",
        help="Choose β, press Train, and watch the latent space form.",
    ),
    st.Page(
        "app_pages/compare/page.py",
        url_path="compare",
        title="Compare",
        icon=":material/grid_view:",
        help="Runs of several β side by side.",
    ),
    st.Page(
        "app_pages/latent_space/page.py",
        url_path="latent_space",
        title="Latent space",
        icon=":material/scatter_plot:",
        help="Where a run puts the held-out images, and what any point decodes to.",
    ),
    st.Page(
        "app_pages/manifold/page.py",
        url_path="manifold",
        title="Manifold",
        icon=":material/apps:",
        help="The latent plane as pictures.",
    ),
    st.Page(
        "app_pages/arithmetic/page.py",
        url_path="arithmetic",
        title="Arithmetic",
        icon=":material/add_circle:",
        help="The direction from one group of images to another, added to any picture.",
    ),
    st.Page(
        "app_pages/factors/page.py",
        url_path="factors",
        title="Known factors",
        icon=":material/category:",
        help="Which latent dimension follows which factor of the pictures.",
    ),
    st.Page(
        "app_pages/autoencoder/page.py",
        url_path="autoencoder",
        title="Autoencoder vs VAE",
        icon=":material/compare_arrows:",
        help="The same networks without noise and without rate, beside VAEs.",
    ),
    st.Page(
        "app_pages/words/page.py",
        url_path="words",
        title="Words",
        icon=":material/abc:",
        help="Runs on texts: interpolations, samples, and the latent plane as a grid of texts.",
    ),
    st.Page(
        "app_pages/melodies/page.py",
        url_path="melodies",
        title="Melodies",
        icon=":material/music_note:",
        help="Runs on melodies: interpolations, samples and reconstructions, with sound.",
    ),
]

memory.share_heaps()
memory.freeze_imported_objects()
memory.watch_no_files()
memory.bound_uploads()
st.set_page_config(page_title="VAE Lab", page_icon=str(ICON), layout="wide")
uploads.allow(roles.role() == roles.TRAINER)
given = link.link_values()
page = st.navigation(PAGES, position="hidden" if presentation.presenting() else "top")
account.show()
link.show_unused_values()
if trouble := engine_trouble(default_store()):
    st.warning(trouble, icon=":material/cloud_off:")
try:
    with cached_scan():
        page.run()
except NothingToShowError as hint:
    st.info(str(hint), icon=":material/info:")
except OverflowError:  # from Streamlit's number boxes, if the address holds inf
    st.error(
        "The address holds a number that can't be used, such as inf: remove it and reload.",
        icon=":material/error:",
    )
except (VaeLabError, OSError) as error:  # such as a damaged run or a full disk
    st.error(escape_markdown(str(error)), icon=":material/error:")
warn_of_damage()
presentation.presentation_button()
if roles.trains_here():
    # After the page: the engine's first worker imports TensorFlow, which must not delay the page.
    try:
        shared_engine(default_store())
    except VaeLabError as error:
        st.error(str(error), icon=":material/error:")
link.note_unused_values(given)
