/** Is a text well-formed XML 1.0? As far as an SVG without comments, CDATA and document types needs it. */

const NAME = '[A-Za-z_][\\w.-]*';
const REFERENCE = '&(?:amp|lt|gt|quot|apos|#\\d+);';
const ATTRIBUTE = `\\s+(${NAME})="(?:[^<&"]|${REFERENCE})*"`;
const TOKEN = new RegExp(`<(${NAME})((?:${ATTRIBUTE})*)\\s*(/?)>|</(${NAME})>|(?:[^<&]|${REFERENCE})+`, 'gy');

/** Why `text` is not well-formed; undefined where it is. */
export function malformed(text: string): string | undefined {
  const open: string[] = [];
  let end = 0;
  let roots = 0;
  for (const token of text.matchAll(TOKEN)) {
    const [whole, name, attributes = '', , empty, closed] = token;
    if (open.length === 0 && name === undefined && whole.trim() !== '') return `"${whole}" is outside of the root`;
    if (closed !== undefined && open.pop() !== closed) return `${whole} closes nothing`;
    if (name !== undefined) {
      const names = [...attributes.matchAll(new RegExp(ATTRIBUTE, 'g'))].map(([, attribute]) => attribute);
      if (new Set(names).size < names.length) return `${whole} has an attribute twice`;
      if (open.length === 0 && ++roots > 1) return 'there are two roots';
      if (empty === '') open.push(name);
    }
    end = token.index + whole.length;
  }
  if (end < text.length) return `"${text.slice(end, end + 40)}" is no markup`;
  if (open.length > 0) return `<${open.at(-1)}> is not closed`;
  return roots === 1 ? undefined : 'there is no root';
}
