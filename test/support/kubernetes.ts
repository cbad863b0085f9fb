import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { Secret } from 'kubernetes-models/v1/Secret';
import { Service } from 'kubernetes-models/v1/Service';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from './compose-file.ts';

/** An object of a manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** The pods that a workload makes. */
export interface Pods {
  /** The workload's. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: {
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly {
      readonly args: readonly string[];
      readonly ports: readonly unknown[];
      readonly envFrom?: readonly unknown[];
    }[];
  };
}

const MODELS = [
  Deployment,
  StatefulSet,
  Service,
  Secret,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  NetworkPolicy,
  ScaledObject,
  TriggerAuthentication,
];

const FOLDER = join(ROOT, 'deploy/kubernetes');

/** The objects of a file under deploy/kubernetes. */
export async function readManifests(file: string): Promise<Manifest[]> {
  const documents = parseAllDocuments(await readFile(join(FOLDER, file), 'utf8'));
  return documents.map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as Manifest;
  });
}

/** What a kustomization says. */
export async function readKustomization(folder = '.'): Promise<{ resources: string[]; [field: string]: unknown }> {
  return parse(await readFile(join(FOLDER, folder, 'kustomization.yaml'), 'utf8'));
}

/** The pods of the workloads among some objects. */
export function podsOf(manifests: readonly Manifest[]): Pods[] {
  const workloads = manifests.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  return workloads.map(({ metadata, spec }) => {
    const { template } = spec as { template: { metadata: { labels: Pods['labels'] }; spec: Pods['spec'] } };
    return { name: metadata.name, labels: template.metadata.labels, spec: template.spec };
  });
}

/**
 * What the schemas of Kubernetes and KEDA find wrong with an object. They let unknown fields pass, as the API server
 * does not with `kubectl apply`; so what the validation never looked at is wrong too.
 */
export function manifestProblems(manifest: Manifest): string[] {
  const Model = MODELS.find(({ apiVersion, kind }) => apiVersion === manifest.apiVersion && kind === manifest.kind);
  if (Model === undefined) return [`no schema for ${manifest.apiVersion} ${manifest.kind}`];
  const unread = new Set<string>();
  try {
    // Called on the object itself: a model would make a copy of it first.
    Model.prototype.validate.call(watch(manifest, '', unread));
  } catch (error) {
    return [(error as Error).message];
  }
  return Array.from(unread, (path) => `${path} is not known`);
}

/** The same value, which takes each field out of `unread` when it is looked at. */
function watch(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const inner = new Map<string, unknown>();
  for (const [key, child] of Object.entries(value)) {
    unread.add(`${path}/${key}`);
    inner.set(key, watch(child, `${path}/${key}`, unread));
  }
  return new Proxy(value, {
    get(target, key) {
      unread.delete(`${path}/${String(key)}`);
      return inner.get(String(key)) ?? Reflect.get(target, key);
    },
  });
}
