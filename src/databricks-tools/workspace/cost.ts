import type { DatabricksRest } from '../../adapters/databricks/rest.ts';
import { selectRows } from '../remote/sql-statement.ts';

/** What the account was charged at list prices. */
export interface Cost {
  /** Of all workspaces of the account: the system table knows their ids, not their names. */
  readonly workspaceId: string;
  /** JOBS, SQL, INTERACTIVE and others, as the system table names them. */
  readonly product: string;
  readonly currency: string;
  readonly amount: number;
  /** Records of usage without a list price: they are not in the amount. */
  readonly unpriced: number;
}

/**
 * Reads the cost of the last days out of `system.billing`.
 * @throws BtcFakeError DATABRICKS_QUERY where the login may not read it; and what `DatabricksRest` throws.
 */
export async function readCost(rest: DatabricksRest, warehouseId: string, days: number): Promise<Cost[]> {
  const sql = `SELECT u.workspace_id AS workspace_id, u.billing_origin_product AS product,
  coalesce(p.currency_code, '') AS currency,
  sum(u.usage_quantity * p.pricing.default) AS amount, count_if(p.pricing IS NULL) AS unpriced
FROM system.billing.usage u
LEFT JOIN system.billing.list_prices p
  ON p.cloud = u.cloud AND p.sku_name = u.sku_name AND p.usage_unit = u.usage_unit
  AND u.usage_start_time >= p.price_start_time
  AND (p.price_end_time IS NULL OR u.usage_start_time < p.price_end_time)
WHERE u.usage_date >= current_date() - INTERVAL ${days} DAYS
GROUP BY ALL ORDER BY ALL`;
  const rows = await selectRows(rest, { warehouseId, sql, doing: 'reading the cost in system.billing' });
  return rows.map((row) => ({
    workspaceId: row.workspace_id ?? '',
    product: row.product ?? '',
    currency: row.currency ?? '',
    amount: Number(row.amount ?? 0),
    unpriced: Number(row.unpriced ?? 0),
  }));
}
