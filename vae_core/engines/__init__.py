"""Where a run executes. The seam is three verbs; progress is read from the run folder.

submit(run)   train it, or go on with it, when there is room
cancel(run)   stop it, running or waiting
close()       end what this engine started; runs in hand become interrupted
"""
