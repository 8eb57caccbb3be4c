"""Each line of the input is one value as JSON; of each, as JSON, the YAML that DVC writes of it; null where DVC itself reads something else there."""

import json
import sys

from dvc.utils.serialize import dumps_yaml, loads_yaml

for line in sys.stdin:
    value = json.loads(line)
    text = dumps_yaml(value)
    try:
        is_read = loads_yaml(text) == value
    except Exception:
        is_read = False
    print(json.dumps(text if is_read else None))
