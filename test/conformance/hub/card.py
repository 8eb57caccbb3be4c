"""What its own client reads of a published model: the card's metadata and figures, the bytes by the tag."""

import hashlib
import json
import sys
from pathlib import Path

from huggingface_hub import HfApi, ModelCard, snapshot_download

endpoint, token, repo, tag, cache = sys.argv[1:]
path = Path(snapshot_download(repo, revision=tag, endpoint=endpoint, token=token, cache_dir=cache))
card = ModelCard.load(path / "README.md")
card.validate(repo_type="model")
print(
    json.dumps(
        {
            "revision": path.name,
            "license": card.data.license,
            "library": card.data.library_name,
            "tags": card.data.tags,
            "results": [[each.task_type, each.dataset_name, each.metric_type, each.metric_value] for each in card.data.eval_results],
            "files": {
                file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
                for file in path.rglob("*")
                if file.is_file()
            },
            "same": HfApi(endpoint=endpoint, token=token).model_info(repo, revision=tag).sha,
        }
    )
)
