/**
 * A model card, and what is generated in it again: the text between two marks, and some keys of the metadata. All else is its
 * owner's, and stays to the letter. Merging twice is merging once. Pure.
 */
import { Document, isMap, isScalar, isSeq, parseDocument, type YAMLSeq } from 'yaml';
import { UserError } from '#contracts/failures.ts';
import { type CardMetadata, cardMetadata } from './metadata.ts';
import type { CardStory } from './story.ts';
import { cardText } from './text.ts';

const FROM = '<!-- ratchet: from here to the next mark this card is generated; what you write elsewhere stays -->';
const TO = '<!-- ratchet: generated to here -->';
const fromMark = /<!-- ratchet: from here\b[^>]*-->/g;
const toMark = /<!-- ratchet: generated to here -->/g;

/**
 * @param card as it is; null where there is none
 * @throws UserError InvalidInput when its metadata is no YAML, or of the marks one is missing
 */
export function mergedCard(card: string | null, story: CardStory): string {
  const { repo, registry, model } = story;
  const title = registry === undefined ? (repo.split('/')[1] ?? repo) : model;
  const [, yaml, rest] = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?<=\n)---[ \t]*(?:\r?\n|$)([\s\S]*)$/.exec(card ?? '') ?? [];
  const text = rest ?? (card?.trim() ? card : `\n# ${title}\n`);
  // A byte order mark in front of a key is part of it when it is read for the first time, and gone the next time.
  const metadata = (yaml ?? '').replaceAll('\uFEFF', '');
  return `---\n${withMetadata(metadata, cardMetadata(story), repo)}---\n${withText(text, cardText(story), repo)}`;
}

function withText(text: string, generated: string, repo: string): string {
  const block = `${FROM}\n\n${generated}\n\n${TO}`;
  const [from, ...moreFrom] = text.matchAll(fromMark);
  const [to, ...moreTo] = text.matchAll(toMark);
  if (!from && !to) return `${text.trimEnd()}\n\n${block}\n`;
  if (!from || !to || from.index > to.index || moreFrom.length > 0 || moreTo.length > 0)
    throw new UserError(
      'InvalidInput',
      `README.md of ${repo} has not one mark "${FROM}" with one "${TO}" after it: put the missing one back, or remove both; what is between them is written anew.`,
    );
  return `${text.slice(0, from.index)}${block}${text.slice(to.index + to[0].length)}`;
}

function withMetadata(yaml: string, metadata: CardMetadata, repo: string): string {
  const { license, library_name, pipeline_tag, tags, index } = metadata;
  const document = parseDocument(yaml);
  const [error] = document.errors;
  if (error || (document.contents !== null && !isMap(document.contents)))
    throw new UserError(
      'InvalidInput',
      `The metadata of README.md of ${repo} (between the lines ---) is no YAML of keys and values${error ? `: ${error.message.split('\n')[0]}` : ''}. Mend it there, then run it again.`,
    );
  const target = document.contents === null ? new Document({}) : document;
  if (license !== null) target.set('license', license);
  target.set('library_name', library_name);
  if (!target.has('pipeline_tag')) target.set('pipeline_tag', pipeline_tag);
  const given = target.get('tags');
  const listed = seqOf(given) ?? target.createNode(typeof given === 'string' ? [given] : []);
  const known = new Set(listed.items.map((item) => (isScalar(item) ? item.value : item)));
  for (const tag of tags) if (!known.has(tag)) listed.add(target.createNode(tag));
  target.set('tags', listed);
  const entries = seqOf(target.get('model-index')) ?? target.createNode([]);
  const own = entries.items.findIndex((entry) => isMap(entry) && entry.get('name') === index.name);
  const entry = target.createNode(index);
  if (own === -1) entries.add(entry);
  else entries.set(own, entry);
  target.set('model-index', entries);
  return target.toString({ lineWidth: 0 });
}

const seqOf = (value: unknown): YAMLSeq | null => (isSeq(value) ? value : null);
