/**
 * The container's health check: ends with 0 when the process in it answers on /healthz, on the worker's port or the
 * dashboard's. Only one of them runs in a container, and nothing says which.
 */
const LIMIT_MS = 4_000;
const ports = [process.env.METRICS_PORT || '9464', process.env.DASHBOARD_PORT || '3000'];

const answers = ports.map(async (port) => {
  const { ok, status } = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(LIMIT_MS) });
  if (!ok) throw new Error(`/healthz on port ${port} answered ${status}`);
});
try {
  await Promise.any(answers);
} catch (error) {
  console.error(error.errors.map(({ message, cause }) => cause?.message ?? message).join('; '));
  process.exitCode = 1;
}
