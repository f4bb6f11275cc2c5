/** A piece of a page, in which everything that came from elsewhere is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[];

/** Text with values put in: what is no {@link Html} is escaped, for text and for attributes in double quotes. */
export function html(texts: TemplateStringsArray, ...values: Part[]): Html {
  return new Html(texts.map((text, i) => (i === 0 ? '' : put(values[i - 1] ?? '')) + text).join(''));
}

function put(value: Part): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
