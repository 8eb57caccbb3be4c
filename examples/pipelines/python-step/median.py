"""What a step is given is a JSON file, and so is what it gives: output.json in a folder of its own."""

import json
import os
import statistics

job = json.load(open(os.environ["RATCHET_JOB"]))
json.dump({"median": statistics.median(job["input"]["numbers"])}, open(f"{job['output']}/output.json", "w"))
