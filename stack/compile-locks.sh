#!/bin/sh
# Makes the lock files from the .in files beside them, for every platform and every Python from 3.10 on.
# Run it from the repository's root after a change of an .in file; needs uv.
set -eu
for lock in stack/installer stack/requirements trainers/requirements trainers/estimate-requirements test/requirements pipelines/flight-delays/requirements \
  test/bench/requirements-dagster test/bench/requirements-prefect test/bench/requirements-evidently test/bench/requirements-validation test/bench/requirements-gate test/bench/requirements-feast test/slow/feast/requirements test/fuzz/requirements test/conformance/hub/requirements; do
  uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --output-file "$lock.lock" "$lock.in"
done
