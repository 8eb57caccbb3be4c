/** What is known of a card when somebody pays with it: the same for a training set of last month and for a payment of this moment. */
import {
  count,
  defineFeatures,
  entity,
  feature,
  featureService,
  featureView,
  mean,
  onDemandFeatures,
} from 'ratchet-ml';

const customer = entity({ name: 'customer', joinKeys: { customer_id: 'int64' } });

/** A payment is known when it was written, minutes after it was paid: so the one that is asked about is never among those before it. */
const payments = featureView({
  name: 'payments',
  entities: [customer],
  source: 'data/payments.csv',
  timestamp: 'paid_at',
  created: 'written_at',
  columns: { amount: 'float64' },
  features: { transaction_count_7d: count('7d'), avg_transaction_amount: mean('amount', '7d') },
});

const profile = featureView({
  name: 'profile',
  entities: [customer],
  source: 'data/logins.csv',
  timestamp: 'at',
  features: { opened_at: 'timestamp', last_login_at: 'timestamp' },
});

const account = onDemandFeatures({
  name: 'account',
  inputs: { opened_at: feature(profile, 'opened_at'), last_login_at: feature(profile, 'last_login_at') },
  outputs: { account_age_days: 'float64', days_since_last_login: 'float64' },
  compute: ({ opened_at, last_login_at }, { at }) => {
    const days = (since: Date | null) => (since === null ? null : (at.getTime() - since.getTime()) / 86_400_000);
    return { account_age_days: days(opened_at), days_since_last_login: days(last_login_at) };
  },
});

const fraud = featureService({
  name: 'fraud',
  features: [
    'payments:transaction_count_7d',
    'payments:avg_transaction_amount',
    'account:days_since_last_login',
    'account:account_age_days',
  ],
});

export default defineFeatures({
  entities: [customer],
  views: [payments, profile],
  onDemand: [account],
  services: [fraud],
});
