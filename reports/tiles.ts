/** The figures on top of a report, and its verdict. */
import { type Html, html } from './html.ts';

export interface Tile {
  readonly name: string;
  readonly value: string;
  /** Below it, smaller: the reference's figure, a share. */
  readonly note?: string | undefined;
  readonly bad?: boolean;
}

export const tiles = (list: readonly Tile[]): Html =>
  html`<dl class="tiles">${list.map(({ name, value, note, bad }) => html`<div${bad ? html` class="bad"` : null}><dt>${name}</dt><dd>${value}${note ? html`<small>${note}</small>` : null}</dd></div>`)}</dl>`;

export interface Verdict {
  readonly is: 'passed' | 'refused' | 'inconclusive' | 'plain';
  /** Begins with a sign, so that colour is not alone: `✗ 3 of 8 tests fail`. */
  readonly word: string;
  readonly reasons: readonly (string | Html)[];
  readonly beside?: Html | null;
}

/** What a hurried reader needs, on top. */
export const verdict = ({ is, word, reasons, beside }: Verdict): Html =>
  html`<section class="card banner ${is}" aria-label="verdict"><div><p class="word">${word}</p>${reasons.length === 0 ? null : html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}</div>${beside}</section>`;

/** What the colours and strokes of both sides mean. */
export const sidesKey = (current: string, reference: string | null, of: 'areas' | 'lines' = 'areas'): Html =>
  html`<p class="key ${of}"><span class="current">${current}</span>${reference === null ? null : html`<span class="reference">${reference}</span>`}</p>`;
