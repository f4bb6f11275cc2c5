/**
 * Writes stacks/environment.schema.json, by which editors complete and check the environment files. The texts that an
 * editor shows are the comments in the schemas' source, read by the TypeScript compiler: they are written once.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { z } from 'zod';
import { environmentSchema } from '../stacks/environment';

interface JsonSchema {
  description?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  prefixItems?: JsonSchema[];
  additionalProperties?: JsonSchema | boolean;
  readOnly?: boolean;
}

const root = join(__dirname, '..');
const source = join(root, 'stacks', 'environment.ts');

/** The schema as text: the file's content. */
export function environmentJsonSchema(): string {
  const schema = z.toJSONSchema(environmentSchema, {
    io: 'input',
    unrepresentable: 'any',
    // zod marks lists as read-only, which in JSON Schema says that nobody may write them.
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly;
    },
  }) as JsonSchema;
  describe(schema, ...inputType());
  return `${JSON.stringify({ ...schema, title: 'An environment of the shop' }, null, 2)}\n`;
}

function inputType(): [ts.Type, ts.TypeChecker] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([source], options);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(source);
  const exports = file && checker.getSymbolAtLocation(file);
  const symbol = exports && checker.getExportsOfModule(exports).find(({ name }) => name === 'EnvironmentInput');
  if (symbol === undefined) throw new Error(`${source} must export the type EnvironmentInput`);
  return [checker.getDeclaredTypeOfSymbol(symbol), checker];
}

/** Takes the comment of each property into the schema, `@default` included. */
function describe(schema: JsonSchema, type: ts.Type, checker: ts.TypeChecker): void {
  const known = checker.getNonNullableType(type);
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const property = checker.getPropertyOfType(known, name);
    if (property === undefined) continue;
    const text = ts.displayPartsToString(property.getDocumentationComment(checker));
    const fallback = property.getJsDocTags(checker).find((tag) => tag.name === 'default');
    const words = [text, fallback && `Default: ${ts.displayPartsToString(fallback.text).replace(/^- /, '')}`];
    const description = words.filter(Boolean).join('\n');
    if (description !== '') child.description = description;
    describe(child, checker.getTypeOfSymbol(property), checker);
  }
  const element = checker.getIndexTypeOfType(known, ts.IndexKind.Number);
  if (schema.items && element) describe(schema.items, element, checker);
  const value = checker.getIndexTypeOfType(known, ts.IndexKind.String);
  if (typeof schema.additionalProperties === 'object' && value) describe(schema.additionalProperties, value, checker);
}

if (require.main === module) writeFileSync(join(root, 'stacks', 'environment.schema.json'), environmentJsonSchema());
