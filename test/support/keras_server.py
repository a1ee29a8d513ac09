"""Runs other scripts one after another in one process, as starting Keras takes longer than what they do.

Reads a line of JSON each from standard input, {"script": FILE, "args": [...]}, and answers each with one line,
{"error": TRACEBACK or null}. Ends with its input.
"""

import json
import os
import runpy
import sys
import traceback

# what scripts print is no answer
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def clear():
    """Automatic names of layers begin anew, as in a process of its own."""
    if "keras" in sys.modules:
        # freeing memory takes as long as a request
        sys.modules["keras"].backend.clear_session(free_memory=False)
    if "tf_keras" in sys.modules:
        sys.modules["tf_keras"].backend.clear_session()


for line in sys.stdin:
    request = json.loads(line)
    error = None
    try:
        clear()
        sys.argv = [request["script"], *request["args"]]
        runpy.run_path(request["script"], run_name="__main__")
    except BaseException:
        error = traceback.format_exc()
    answers.write(json.dumps({"error": error}) + "\n")
    answers.flush()
