"""Where a run executes. An engine has three verbs; progress is read from the run folder.

submit(run)   train it, or go on with it, when there is room
cancel(run)   stop it, running or waiting
close()       end the engine's processes; their runs become interrupted
"""
