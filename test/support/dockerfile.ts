import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';
import { ROOT } from './compose-file.ts';

/** A stage of the Dockerfile: its name, unless it is the last, and its instructions. */
export interface Stage {
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

export function readDockerfile(): Promise<string> {
  return readFile(join(ROOT, 'Dockerfile'), 'utf8');
}

/** The stages of a Dockerfile, in order. */
export function stagesOf(text: string): Stage[] {
  const stages: { name: string | undefined; instructions: Instruction[] }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      const [, as, name] = wordsOf(instruction);
      stages.push({ name: as?.toUpperCase() === 'AS' ? name : undefined, instructions: [] });
    }
    stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** The arguments of an instruction, without flags and without the line breaks between them. */
export function wordsOf(instruction: Instruction): string[] {
  return instruction.getExpandedArguments().map((argument) => argument.getValue());
}

/** The text of an instruction's arguments, as one line. */
export function textOf(instruction: Instruction | undefined): string {
  return (instruction?.getArgumentsContent() ?? '').replace(/\\\n\s*/g, '');
}

/** The instructions of a stage that have this keyword. */
export function only(stage: Stage, keyword: string): Instruction[] {
  return stage.instructions.filter((instruction) => instruction.getKeyword() === keyword);
}

/** Which stage a COPY takes from; undefined for the build context. */
export function sourceStage(copy: Instruction): string | undefined {
  return (copy as Copy).getFromFlag()?.getValue() ?? undefined;
}

/** The environment that the image sets. */
export async function imageEnvironment(): Promise<Record<string, string>> {
  const last = stagesOf(await readDockerfile()).at(-1)!;
  const pairs = only(last, 'ENV').flatMap((env) => wordsOf(env).map((pair) => pair.split('=') as [string, string]));
  return Object.fromEntries(pairs);
}
