/**
 * Finds what JavaScript cannot trap on a reference: `!ref`, `a || b`, `a === b` and the like take a reference for a
 * value, silently, so that a graph is built that nobody meant. Needs the type checker; part of `ratchet check`.
 */
import { createRequire } from 'node:module';
import { relative, resolve } from 'node:path';
import type * as TypeScript from 'typescript';
import { wiringCodes, wiringSentence } from './wiring-error.ts';

type Ts = typeof TypeScript;

/** A use of a reference as if it had a value while the graph is built. */
export interface Problem {
  /** Relative to the working directory. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** What is there and what to write instead. */
  message: string;
}

/**
 * Problems in `files` (absolute paths or relative to the working directory), in the order of the files. The compiler
 * options are those of the nearest tsconfig.json above the first file. Of type errors, those of wrong wiring are reported.
 */
export function checkReferences(files: readonly string[]): Problem[] {
  const first = files[0];
  if (first === undefined) return [];
  // Half a second to load: only who checks pays for it.
  const ts: Ts = createRequire(import.meta.url)('typescript');
  const paths = files.map((file) => resolve(file));
  const program = ts.createProgram({ rootNames: paths, options: compilerOptions(ts, resolve(first)) });
  const checker = program.getTypeChecker();
  return paths.flatMap((path) => {
    const source = program.getSourceFile(path);
    return source ? [...problemsIn(ts, checker, source), ...wrongWirings(ts, program, source)] : [];
  });
}

function wrongWirings(ts: Ts, program: TypeScript.Program, source: TypeScript.SourceFile): Problem[] {
  return program.getSemanticDiagnostics(source).flatMap(({ code, start = 0, length = 0, messageText }) => {
    if (!wiringCodes.has(code)) return [];
    const { line, character } = source.getLineAndCharacterOfPosition(start);
    const message = wiringSentence(
      ts.flattenDiagnosticMessageText(messageText, '\n'),
      source.text.slice(start, start + length),
    );
    return [{ file: relative(process.cwd(), source.fileName), line: line + 1, column: character + 1, message }];
  });
}

function compilerOptions(ts: Ts, file: string): TypeScript.CompilerOptions {
  const needed = { noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true };
  const config = ts.findConfigFile(file, ts.sys.fileExists);
  if (!config)
    return {
      ...needed,
      strict: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    };
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  return { ...ts.getParsedCommandLineOfConfigFile(config, {}, host)?.options, ...needed };
}

function problemsIn(ts: Ts, checker: TypeScript.TypeChecker, source: TypeScript.SourceFile): Problem[] {
  const problems: Problem[] = [];
  const isRef = (node: TypeScript.Node | undefined): node is TypeScript.Expression =>
    node !== undefined && isReference(checker, checker.getTypeAtLocation(node));
  const report = (node: TypeScript.Node, instead: string): void => {
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
    const text = node.getText(source).replace(/\s+/g, ' ');
    problems.push({
      file: relative(process.cwd(), source.fileName),
      line: line + 1,
      column: character + 1,
      message: `${text.length > 60 ? `${text.slice(0, 57)}…` : text}: ${instead}`,
    });
  };
  const visit = (node: TypeScript.Node): void => {
    const found = misuse(ts, node, isRef);
    if (found) report(found.node, found.instead);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}

/** A reference carries a brand whose unique symbol is declared in pipelines/graph/reference-types.ts. */
function isReference(checker: TypeScript.TypeChecker, type: TypeScript.Type): boolean {
  if (type.isUnion()) return type.types.some((part) => isReference(checker, part));
  return checker
    .getPropertiesOfType(type)
    .some((property) => /^__@referenceBrand@\d+$/.test(property.escapedName.toString()));
}

const CONDITION = 'a reference has no value while the graph is built and is always true here: write when(ref, () => …)';
const BOTH = 'a reference is always there while the graph is built, so the right side never counts';

function misuse(
  ts: Ts,
  node: TypeScript.Node,
  isRef: (node: TypeScript.Node | undefined) => node is TypeScript.Expression,
): { node: TypeScript.Node; instead: string } | null {
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken && isRef(node.operand))
    return {
      node,
      instead:
        'a reference has no value while the graph is built, so this is always false: write when(ref, () => …).otherwise(() => …), or let a step return the opposite',
    };
  if (ts.isBinaryExpression(node)) return binary(ts, node, isRef);
  if (ts.isIfStatement(node) && isRef(node.expression)) return { node: node.expression, instead: CONDITION };
  if ((ts.isWhileStatement(node) || ts.isDoStatement(node)) && isRef(node.expression))
    return { node: node.expression, instead: 'a reference is always true while the graph is built: write repeat(…)' };
  if (ts.isForStatement(node) && isRef(node.condition))
    return {
      node: node.condition,
      instead: 'a reference is always true while the graph is built: write repeat(…) or map(…)',
    };
  if (ts.isConditionalExpression(node) && isRef(node.condition))
    return {
      node,
      instead: 'a reference is always true while the graph is built: write when(ref, () => a).otherwise(() => b)',
    };
  if (ts.isSwitchStatement(node) && isRef(node.expression))
    return {
      node: node.expression,
      instead:
        'a reference equals nothing while the graph is built: let a step return a boolean for each case and use when(…)',
    };
  if ((ts.isSpreadElement(node) || ts.isSpreadAssignment(node)) && isRef(node.expression))
    return {
      node,
      instead: 'a reference cannot be spread: name its fields, { model: ref.model }, or its items, [ref[0]]',
    };
  if (ts.isForOfStatement(node) && isRef(node.expression))
    return {
      node: node.expression,
      instead: 'a reference cannot be looped over while the graph is built: write map(ref, (item) => …)',
    };
  if (ts.isAwaitExpression(node) && isRef(node.expression))
    return { node, instead: 'a reference cannot be awaited: pass it on as it is' };
  if (ts.isTemplateSpan(node) && isRef(node.expression))
    return {
      node: node.expression,
      instead: 'a reference cannot be put into text: pass it to a step that writes the text',
    };
  if (ts.isTypeOfExpression(node) && isRef(node.expression))
    return {
      node,
      instead: 'the type of a reference is that of a function, whatever its value will be: decide in a step',
    };
  if (
    ts.isCallExpression(node) &&
    ts.isIdentifier(node.expression) &&
    /^(Boolean|String|Number)$/.test(node.expression.text)
  ) {
    if (isRef(node.arguments[0]))
      return {
        node,
        instead: 'a reference cannot be converted: it has no value while the graph is built. Convert in a step',
      };
  }
  return null;
}

function binary(
  ts: Ts,
  node: TypeScript.BinaryExpression,
  isRef: (node: TypeScript.Node | undefined) => node is TypeScript.Expression,
): { node: TypeScript.Node; instead: string } | null {
  const kind = ts.SyntaxKind;
  const { left, right, operatorToken } = node;
  switch (operatorToken.kind) {
    case kind.BarBarToken:
    case kind.BarBarEqualsToken:
      return isRef(left) ? { node, instead: `${BOTH}: write when(a, () => a).otherwise(() => b), or a step` } : null;
    case kind.QuestionQuestionToken:
    case kind.QuestionQuestionEqualsToken:
      return isRef(left)
        ? { node, instead: `${BOTH}: give a default in the step that reads it, or use when(…).otherwise(…)` }
        : null;
    case kind.AmpersandAmpersandToken:
    case kind.AmpersandAmpersandEqualsToken:
      return isRef(left)
        ? {
            node,
            instead:
              'a reference is always true while the graph is built, so this is the right side: write when(a, () => b)',
          }
        : null;
    case kind.EqualsEqualsToken:
    case kind.EqualsEqualsEqualsToken:
    case kind.ExclamationEqualsToken:
    case kind.ExclamationEqualsEqualsToken:
      return isRef(left) || isRef(right)
        ? {
            node,
            instead:
              'a reference equals nothing but itself while the graph is built: compare in a step that returns a boolean, and use when(…)',
          }
        : null;
    case kind.LessThanToken:
    case kind.GreaterThanToken:
    case kind.LessThanEqualsToken:
    case kind.GreaterThanEqualsToken:
    case kind.PlusToken:
    case kind.MinusToken:
    case kind.AsteriskToken:
    case kind.SlashToken:
    case kind.PercentToken:
    case kind.InKeyword:
    case kind.InstanceOfKeyword:
      return isRef(left) || isRef(right)
        ? {
            node,
            instead:
              'a reference has no value while the graph is built: compute in a step, and use when(…) with the boolean it returns',
          }
        : null;
    default:
      return null;
  }
}
