"""What people do with a Hub, by its own client: make a repo, upload a folder, tag it, download it by the tag."""

import json
import sys
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

endpoint, token, repo, folder, download = sys.argv[1:]
api = HfApi(endpoint=endpoint, token=token)


def refused(kind, ask):
    try:
        ask()
    except kind as error:
        return error.response.status_code
    return None


said = {
    "no repo": refused(RepositoryNotFoundError, lambda: api.model_info(repo)),
    "url": api.create_repo(repo, private=True),
}
api.create_repo(repo, private=True, exist_ok=True)
said["commit"] = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="a model").oid
# The same bytes again are no second commit.
said["again"] = api.upload_folder(repo_id=repo, folder_path=folder, commit_message="a model").oid
api.create_tag(repo, tag="v1", revision=said["commit"], tag_message="first")
api.create_tag(repo, tag="v1", revision=said["commit"], exist_ok=True)
said["tag again"] = refused(HfHubHTTPError, lambda: api.create_tag(repo, tag="v1"))
said["no revision"] = refused(RevisionNotFoundError, lambda: api.model_info(repo, revision="v2"))
refs = api.list_repo_refs(repo)
said["tags"] = {tag.name: tag.target_commit for tag in refs.tags}
said["branches"] = {branch.name: branch.target_commit for branch in refs.branches}
said["private"] = api.model_info(repo, revision="v1").private
said["commits"] = [[commit.commit_id, commit.title] for commit in api.list_repo_commits(repo)]
path = Path(snapshot_download(repo, revision="v1", endpoint=endpoint, token=token, cache_dir=download))
said["snapshot"] = path.name
said["folder"] = str(path)
said["files"] = {
    entry.path: {"oid": entry.blob_id, "sha256": entry.lfs.sha256 if entry.lfs else None, "size": entry.size}
    for entry in api.list_repo_tree(repo, recursive=True, revision="v1")
    if hasattr(entry, "blob_id")
}
print(json.dumps(said))
