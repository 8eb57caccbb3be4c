#!/bin/sh
# Creates and updates Temporal's two databases. Every step may be repeated.
set -eu
tool() { temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" -u "$POSTGRES_USER" -p "$DB_PORT" "$@"; }
for store in temporal:temporal temporal_visibility:visibility; do
  database=${store%%:*}
  tool --db "$database" create
  tool --db "$database" setup-schema -v 0.0 || true # refuses when it was done before
  tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/${store#*:}/versioned"
done
