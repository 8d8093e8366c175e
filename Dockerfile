# Two images of the same pages:
#
#     docker build --target viewer -t vae-lab-viewer .   shows runs, cannot train
#     docker build -t vae-lab .                          shows and trains runs
#
# docs/hosting.md says how to run them. tests/hosting/test_image.py executes the steps below.

ARG PYTHON=3.12
FROM python:${PYTHON}-slim AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The settings that are the same on every machine are in .streamlit/config.toml.
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0 STREAMLIT_SERVER_PORT=8501 STREAMLIT_SERVER_HEADLESS=true
ENV VAE_LAB_RUNS=/runs
RUN useradd --create-home --uid 10001 vae-lab && mkdir /runs && chown vae-lab /runs
WORKDIR /app
# Packages come before the code because they change less often, so Docker can reuse their layer.
COPY requirements-viewer.txt ./
RUN pip install --require-hashes -r requirements-viewer.txt
EXPOSE 8501
VOLUME /runs
HEALTHCHECK --start-period=30s CMD python -c "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['STREAMLIT_SERVER_PORT'] + '/_stcore/health', timeout=5)"
CMD ["streamlit", "run", "dashboard/app.py"]

FROM base AS viewer
ENV VAE_LAB_ROLE=viewer STREAMLIT_SERVER_MAX_UPLOAD_SIZE=0
COPY . .
RUN pip install --no-deps -e . && python -c "from dashboard.components.plot.plot import plotly_url; plotly_url()"
USER vae-lab

FROM base AS trainer
# Everybody is a viewer until a login is set up. VAE_LAB_ROLE=trainer lets everybody train.
ENV VAE_LAB_ROLE=login STREAMLIT_SERVER_MAX_UPLOAD_SIZE=100
COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt
COPY . .
RUN pip install --no-deps -e . && python -c "from dashboard.components.plot.plot import plotly_url; plotly_url()"
USER vae-lab
