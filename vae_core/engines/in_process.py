"""InProcessEngine: trains in the calling process."""

from __future__ import annotations

from vae_core.runs.run import Run


class InProcessEngine:
    """Trains in the calling process and thread: `submit` returns when the run has ended."""

    trouble = None

    def submit(self, run: Run) -> None:
        from vae_core.training import loop  # imports TensorFlow

        run.lifecycle.queue()
        loop.train(run)

    def cancel(self, run: Run) -> None:
        run.lifecycle.request_cancel()

    def close(self) -> None:
        pass
