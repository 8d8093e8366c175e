"""The command line: python -m vae_core COMMAND. See `vae_core.cli`."""

from vae_core.cli.app import main

if __name__ == "__main__":
    raise SystemExit(main())
