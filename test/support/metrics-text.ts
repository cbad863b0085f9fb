/** What a scrape said: the samples by name and labels, as they stand there (`up{job="x"}`). */
export type Samples = ReadonlyMap<string, number>;

/** Reads Prometheus' text format, as much of it as prom-client writes. */
export function samplesOf(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name, value] = /^(\S+?(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      if (name === undefined) throw new Error(`Not a sample: ${line}`);
      return [name, Number(value)];
    }),
  );
}

/** The names of the metrics, without labels. */
export function metricNames(samples: Samples): ReadonlySet<string> {
  return new Set(Array.from(samples.keys(), (name) => name.replace(/\{.*$/, '')));
}
