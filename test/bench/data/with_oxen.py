"""One act of Oxen in the working folder: init, add, status."""

import os
import sys

import oxen

act = sys.argv[1]
repo = oxen.Repo(os.getcwd())
if act == "init":
    oxen.user.config_user("bench", "bench@example.org")
    repo.init()
elif act == "add":
    repo.add("d")
    repo.commit("bench")
else:
    repo.status()
