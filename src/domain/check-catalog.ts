import { parseCreateDate, readCatalogRow, resolveCatalogColumns } from './catalog.ts';
import type { InputRules } from './file-rules.ts';
import { type ContentId, formatContentId } from './ids.ts';
import { quotedValue } from './quoted-value.ts';

const FALSE_WORDS = new Set(['', 'false', '0', 'n', 'no']);

/**
 * The rules for the rows of a vendor catalog (contract section 1, "Columns"): what a run would skip, count once or take for
 * missing. Memory grows with the set of ids.
 * @throws BtcFakeError CATALOG_INVALID when there is no id column.
 */
export function catalogRules(header: readonly string[], place: string): InputRules {
  const columns = resolveCatalogColumns(header, place);
  const idName = header[columns.id]!.trim();
  const seen = new Set<ContentId>();
  return (fields) => {
    if (fields.every((field) => field.trim() === '')) return null;
    const content = readCatalogRow(fields, columns);
    const problems: string[] = [];
    if (content === undefined) problems.push(`${idName} ${quotedValue(fields[columns.id] ?? '')} is not a content id`);
    else if (seen.has(content.id)) {
      problems.push(`${idName} ${formatContentId(content.id)} was seen before; the first row with it counts`);
    } else seen.add(content.id);
    const createDate = fields[columns.createdAt] ?? '';
    if (createDate.trim() !== '' && parseCreateDate(createDate) === null) {
      problems.push(`CreateDate ${quotedValue(createDate)} is not a date or timestamp (ISO, or M/D/YYYY)`);
    }
    const dailyDose = fields[columns.dailyDose] ?? '';
    if (!content?.dailyDose && !FALSE_WORDS.has(dailyDose.trim().toLowerCase())) {
      problems.push(`Daily_Dose_BA ${quotedValue(dailyDose)} is neither true nor false`);
    }
    return problems;
  };
}
