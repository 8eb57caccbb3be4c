/** Who has which role in approvals: `roles.json` of the project, read when a plan is made, so that the plan names people. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { describeIssues } from '#contracts/describe-issues.ts';
import { UserError } from '#contracts/failures.ts';
import type { Block, PlanNode } from '#contracts/plan.ts';

const Roles = z.record(z.string().min(1).max(100), z.array(z.string().min(1).max(100)).max(50));
export type Roles = z.output<typeof Roles>;

const FILE = 'roles.json';

/**
 * @param root project folder
 * @returns none where there is no such file
 * @throws UserError InvalidInput for one that cannot be read
 */
export async function readRoles(root: string): Promise<Roles> {
  let text: string;
  try {
    text = await readFile(join(root, FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new UserError(
      'InvalidInput',
      `${FILE} is no JSON (${(error as Error).message}): write {"model-owner": ["anna"]}.`,
    );
  }
  const parsed = Roles.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UserError(
    'InvalidInput',
    `${FILE} says who has which role, {"model-owner": ["anna"]}: ${describeIssues(parsed.error.issues, given).join('; ')}.`,
  );
}

/** Does any approval of the graph name a role? */
export const asksForRoles = (nodes: readonly PlanNode[]): boolean =>
  nodes.some((node) => rolesOf(node).length > 0 || (node.blocks ?? []).some((block) => asksForRoles(block.nodes)));

/**
 * The same nodes, with the people of the roles among those who may approve.
 * @throws UserError InvalidPipeline for a role that nobody has, and for a quorum that they cannot reach
 */
export function withPeople(nodes: readonly PlanNode[], roles: Roles): PlanNode[] {
  return nodes.map((node): PlanNode => {
    const blocks = node.blocks?.map((block): Block => ({ ...block, nodes: withPeople(block.nodes, roles) }));
    const inner = blocks ? { ...node, blocks } : node;
    const named = rolesOf(node);
    if (named.length === 0) return inner;
    const input = node.input as { by?: string[]; quorum?: number };
    const people = [...new Set([...(input.by ?? []), ...named.flatMap((role) => peopleOf(role, roles, node))])];
    const quorum = input.quorum ?? 1;
    if (quorum > people.length && !people.includes('*'))
      throw wrong(
        node,
        `asks for ${quorum} approvals, and only ${people.join(', ')} may give one: name more, or ask for fewer`,
      );
    return { ...inner, input: { ...input, by: people } as NonNullable<PlanNode['input']> };
  });
}

function rolesOf({ kind, input }: PlanNode): string[] {
  if (kind !== 'approval' || input === null || typeof input !== 'object' || !('roles' in input)) return [];
  return z.array(z.string()).safeParse(input.roles).data ?? [];
}

function peopleOf(role: string, roles: Roles, node: PlanNode): readonly string[] {
  const people = Object.hasOwn(roles, role) ? (roles[role] ?? []) : [];
  if (people.length > 0) return people;
  const known = Object.keys(roles).join(', ') || 'none';
  throw wrong(
    node,
    `asks whoever is ${role}, and ${FILE} names nobody for it (roles there: ${known}): add "${role}": ["NAME"] to ${FILE} beside pipelines/`,
  );
}

const wrong = ({ id, at }: PlanNode, what: string): UserError =>
  new UserError('InvalidPipeline', `${at ? `${at}: ` : ''}the approval ${id} ${what}.`);
