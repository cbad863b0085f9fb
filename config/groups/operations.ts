import { BASE_PATH, HOST, HTTP_URL, PORT, SECRET, TEXT, WEBHOOK_URL, wholeNumber } from '../formats.ts';
import { optional, secret, withDefault } from '../setting.ts';

const HOURS = wholeNumber('a number of hours', 1, 168);

/** Dashboard, health, metrics, traces and alerts. */
export const OPERATIONS = {
  DASHBOARD_HOST: withDefault(
    HOST,
    '127.0.0.1',
    'Address that the dashboard listens on. Any other than this machine alone needs DASHBOARD_USER and DASHBOARD_PASSWORD.',
    '0.0.0.0',
  ),
  DASHBOARD_PORT: withDefault(PORT, '3000', 'Port of the dashboard.'),
  DASHBOARD_BASE_PATH: optional(
    BASE_PATH,
    '/btc-fake',
    'Path below which a proxy serves the dashboard. The proxy may pass it on or take it off.',
  ),
  DASHBOARD_USER: optional(TEXT, 'operator', 'User name that the dashboard asks for.'),
  DASHBOARD_PASSWORD: secret(SECRET, 'correct horse', 'Password that the dashboard asks for.'),
  METRICS_HOST: withDefault(HOST, '127.0.0.1', 'Address that a worker serves its health and metrics on.', '0.0.0.0'),
  METRICS_PORT: optional(PORT, '9464', 'Port of health and metrics of a worker. Not set, a worker serves none.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    HTTP_URL,
    'http://collector.example:4318',
    'OpenTelemetry collector (OTLP over HTTP) that gets traces. Not set, none are made.',
  ),
  ALERT_WEBHOOK_URL: secret(
    WEBHOOK_URL,
    'https://hooks.example/services/T000/B000',
    'Address that gets a JSON message when a run ends, waits for failed employees, fails or is overdue.',
  ),
  ALERT_OVERDUE_HOURS: withDefault(HOURS, '6', 'Hours after its start at which a run that has not ended is overdue.'),
};
