"""Where a run executes. An engine has three verbs; progress is read from the run folder.

submit(run)   train the run, or go on with it, when there is room
cancel(run)   stop the run, whether it trains or waits
close()       end the engine's processes; their runs become interrupted
"""
