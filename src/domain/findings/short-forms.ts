import type { Kind, Layer } from './recommendation.ts';

/** What a short form stands for, or nothing when it is not known. */
export interface ShortForm {
  readonly kind: Kind;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type Maker = (argument: string) => ShortForm | undefined;

const plain =
  (kind: Kind, parameters: ShortForm['parameters'] = {}): Maker =>
  () => ({ kind, parameters });

const outlier =
  (kind: Kind): Maker =>
  (argument) => {
    const method = { '': 'iqr', iqr: 'iqr', zscore: 'zscore', z_score: 'zscore', winsorize: 'winsorize' }[argument];
    return method === undefined ? undefined : { kind, parameters: { method } };
  };

const impute: Maker = (argument) => {
  const [strategy = '', ...value] = argument.split(':');
  if (strategy === 'constant' && value.length > 0)
    return { kind: 'bronze.null.impute', parameters: { strategy, value: scalarOf(value.join(':')) } };
  return ['mean', 'median', 'mode'].includes(strategy)
    ? { kind: 'bronze.null.impute', parameters: { strategy } }
    : undefined;
};

const CLEANING: Readonly<Record<string, Maker>> = {
  impute,
  impute_mean: () => impute('mean'),
  impute_median: () => impute('median'),
  impute_mode: () => impute('mode'),
  fill: (value) => impute(`constant:${value}`),
  drop_rows: plain('bronze.null.drop_rows'),
  drop_null_rows: plain('bronze.null.drop_rows'),
  flag_missing: plain('bronze.null.flag'),
  cap_outlier: outlier('bronze.outlier.cap'),
  cap_outliers: outlier('bronze.outlier.cap'),
  winsorize: plain('bronze.outlier.cap', { method: 'winsorize' }),
  remove_outlier: outlier('bronze.outlier.reject'),
  remove_outliers: outlier('bronze.outlier.reject'),
  flag_outlier: outlier('bronze.outlier.flag'),
  flag_outliers: outlier('bronze.outlier.flag'),
  convert: (to) => (to === '' ? undefined : { kind: 'bronze.type.convert', parameters: { to } }),
  trim: plain('bronze.consistency.trim'),
  trim_whitespace: plain('bronze.consistency.trim'),
  lowercase: plain('bronze.consistency.change_case', { case: 'lower' }),
  uppercase: plain('bronze.consistency.change_case', { case: 'upper' }),
  clean_text: plain('bronze.text.clean', { collapse_spaces: true, remove_control: true }),
  drop_column: plain('bronze.text.drop'),
};

const TRANSFORMATION: Readonly<Record<string, Maker>> = {
  one_hot: plain('gold.encoding.one_hot'),
  onehot: plain('gold.encoding.one_hot'),
  ordinal: plain('gold.encoding.ordinal'),
  target: plain('gold.encoding.target'),
  frequency: plain('gold.encoding.frequency'),
  cyclical: (period) =>
    Number(period) > 0 ? { kind: 'gold.encoding.cyclical', parameters: { period: Number(period) } } : undefined,
  standard: plain('gold.scaling.standard'),
  min_max: plain('gold.scaling.min_max'),
  minmax: plain('gold.scaling.min_max'),
  robust: plain('gold.scaling.robust'),
  log: plain('gold.transformation.log'),
  sqrt: plain('gold.transformation.sqrt'),
  yeo_johnson: plain('gold.transformation.yeo_johnson'),
  drop: plain('gold.feature_selection.drop'),
  drop_weak: plain('gold.feature_selection.drop_weak'),
  keep: plain('gold.feature_selection.keep'),
};

/** The words that short forms begin with, by layer. */
export const SHORT_FORMS: Readonly<Record<Exclude<Layer, 'silver'>, readonly string[]>> = {
  bronze: Object.keys(CLEANING),
  gold: Object.keys(TRANSFORMATION),
};

/** Reads `action:param`, as the earlier tools write it: `impute:median`, `cap_outlier:iqr`, `encode:one_hot`. */
export function shortForm(layer: Exclude<Layer, 'silver'>, text: string): ShortForm | undefined {
  const [word = '', ...rest] = text.trim().split(':');
  const action = normal(word);
  const argument = rest.join(':').trim();
  if (layer === 'bronze') return own(CLEANING, action)?.(argument);
  if (['encode', 'encoding', 'scale', 'scaling', 'transform', 'transformation'].includes(action))
    return shortForm('gold', argument);
  return own(TRANSFORMATION, bareTransformation(action))?.(argument);
}

/** `one_hot_encoding`, `log_transform` and `standard_scaler` are `one_hot`, `log` and `standard`. */
function bareTransformation(action: string): string {
  return action
    .replace(/^(encode|scale|transform)_/, '')
    .replace(/_(encod(e|ing)|scal(e|er|ing)|transform(ation)?)$/, '');
}

function normal(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

function own(table: Readonly<Record<string, Maker>>, key: string): Maker | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function scalarOf(text: string): string | number {
  return /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;
}
