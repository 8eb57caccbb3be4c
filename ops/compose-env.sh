#!/bin/sh
# Random passwords for docker-compose.yml:  sh ops/compose-env.sh > .env
set -eu
secret() { od -An -N 24 -tx1 /dev/urandom | tr -d ' \n'; }
for name in POSTGRES_PASSWORD S3_ACCESS_KEY S3_SECRET_KEY REDIS_PASSWORD; do
  printf '%s=%s\n' "$name" "$(secret)"
done
