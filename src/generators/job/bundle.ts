import { Document, type Node } from 'yaml';
import type { Description, Target } from '../../domain/description/description.ts';
import { JOB_PARAMETERS } from './parameters.ts';
import { jobSettings } from './settings.ts';

/** Parameters whose text the description does not decide: it is the same in all targets. */
const OF_A_RUN: readonly string[] = ['run_id', 'as_of', 'seed', 'skip_invalid_employees', 'software_version'];

/** What one target gives a variable of the bundle. */
interface BundleVariable {
  readonly name: string;
  readonly about: string;
  readonly complex?: boolean;
  readonly value: (target: Target, version: string) => unknown;
}

/** The parameters that name what the bundle may make, with the kind of resource. */
const MADE_BY_BUNDLE: Readonly<Record<string, string>> = {
  schema: 'schemas',
  volume: 'volumes',
  secret_scope: 'secret_scopes',
};

const LIST_VARIABLES: readonly BundleVariable[] = [
  { name: 'on_failure', about: 'e-mails when a run fails', complex: true, value: (t) => t.notifications.on_failure },
  { name: 'on_success', about: 'e-mails when a run succeeds', complex: true, value: (t) => t.notifications.on_success },
  {
    name: 'on_long_run',
    about: 'e-mails when a run is slow',
    complex: true,
    value: (t) => t.notifications.on_long_run,
  },
];

/** What a bundle is made from. */
export interface BundleSource {
  readonly description: Description;
  /** The target that is meant when none is named. */
  readonly byDefault: Target;
  /** Of the notebooks' file names, without the dot. */
  readonly ending: string;
  /** File name of the wheel; undefined: the modules lie beside the notebooks. */
  readonly wheel: string | undefined;
  /** Of the BTC Fake that writes the bundle. */
  readonly version: string;
}

/**
 * The text of `databricks.yml`: the job for all targets of the description, and schema, volume and secret scope where
 * the bundle makes them. `bundle deploy -t TARGET` needs nothing else.
 */
export function bundleText(source: BundleSource): string {
  const { description } = source;
  const isOwner = description.managed_by === 'bundle';
  const variables: readonly BundleVariable[] = [
    ...JOB_PARAMETERS.filter(({ name }) => !OF_A_RUN.includes(name)),
    ...LIST_VARIABLES,
  ];
  const document = new Document(
    {
      bundle: { name: description.name },
      variables: Object.fromEntries(
        variables.map(({ name, about, complex }) => [
          name,
          { description: about, ...(complex ? { type: 'complex', default: [] } : {}) },
        ]),
      ),
      resources: {
        jobs: { btc_fake: bundleJob(source) },
        ...(isOwner ? ownedResources() : {}),
      },
      targets: Object.fromEntries(
        description.targets.map((target) => [target.name, bundleTarget(target, source, variables)]),
      ),
    },
    { aliasDuplicateObjects: false },
  );
  document.commentBefore =
    ' Written by btc-fake databricks export from lakehouse.yaml. Change that file and export again.';
  const { contents } = document;
  spaceOut(contents);
  return document.toString({ lineWidth: 0 });
}

/**
 * What is the same in all targets; schedule, tasks and compute stand in each target, since lists of both would be
 * merged.
 */
function bundleJob({ description, byDefault, version }: BundleSource) {
  const isOwner = description.managed_by === 'bundle';
  const { schedule, tasks, timeout_seconds, health, job_clusters, ...shared } = jobSettings(description, byDefault, {
    version,
    notebookPath: (notebook) => notebook,
    parameter: (name, value) => (OF_A_RUN.includes(name) ? value : reference(name, isOwner)),
  });
  return {
    ...shared,
    name: `${description.name}-${replaced('bundle.target')}`,
    tags: { ...shared.tags, environment: replaced('bundle.target') },
    email_notifications: {
      ...shared.email_notifications,
      on_failure: replaced('var.on_failure'),
      on_success: replaced('var.on_success'),
      on_duration_warning_threshold_exceeded: replaced('var.on_long_run'),
    },
  };
}

/** What a bundle replaces by a value when it is deployed. */
function replaced(path: string): string {
  return `\${${path}}`;
}

/**
 * The text for a variable. In development a bundle puts a prefix before the names of what it makes: the job must
 * follow.
 */
function reference(name: string, isOwner: boolean): string {
  const kind = MADE_BY_BUNDLE[name];
  return isOwner && kind !== undefined ? replaced(`resources.${kind}.btc_fake.name`) : replaced(`var.${name}`);
}

/** Where the wheel lies in the volume. */
export function wheelInVolume(wheel: string, value: (name: 'catalog' | 'schema' | 'volume') => string): string {
  return `/Volumes/${value('catalog')}/${value('schema')}/${value('volume')}/wheels/${wheel}`;
}

function ownedResources() {
  return {
    schemas: {
      btc_fake: {
        catalog_name: replaced('var.catalog'),
        name: replaced('var.schema'),
        comment: 'BTC Fake: simulated training weeks',
      },
    },
    volumes: {
      btc_fake: {
        catalog_name: replaced('var.catalog'),
        schema_name: replaced('resources.schemas.btc_fake.name'),
        name: replaced('var.volume'),
        volume_type: 'MANAGED',
        comment: 'BTC Fake: inputs and drops',
      },
    },
    secret_scopes: { btc_fake: { name: replaced('var.secret_scope') } },
  };
}

function bundleTarget(target: Target, source: BundleSource, variables: readonly BundleVariable[]) {
  const { description, byDefault, ending, wheel, version } = source;
  const isOwner = description.managed_by === 'bundle';
  const { job_clusters, health, schedule, tasks, timeout_seconds } = jobSettings(description, target, {
    version,
    notebookPath: (notebook) => `./${notebook}.${ending}`,
    ...(wheel === undefined ? {} : { wheelPath: wheelInVolume(wheel, (name) => reference(name, isOwner)) }),
  });
  const workspace = {
    ...(target.host === undefined ? {} : { host: `https://${target.host}` }),
    // People who develop deploy into folders of their own.
    ...(target.name === 'dev' ? {} : { root_path: `${target.workspace_folder}/${replaced('bundle.target')}` }),
  };
  return {
    mode: target.name === 'dev' ? 'development' : 'production',
    ...(target.name === byDefault.name ? { default: true } : {}),
    ...(Object.keys(workspace).length > 0 ? { workspace } : {}),
    variables: Object.fromEntries(variables.map(({ name, value }) => [name, value(target, version)])),
    resources: {
      jobs: {
        btc_fake: { schedule, timeout_seconds, health, ...(job_clusters ? { job_clusters } : {}), tasks },
      },
    },
  };
}

/** An empty line before each part of the file. */
function spaceOut(contents: unknown): void {
  const { items } = contents as { items: readonly { readonly key: Node }[] };
  for (const { key } of items.slice(1)) key.spaceBefore = true;
}
