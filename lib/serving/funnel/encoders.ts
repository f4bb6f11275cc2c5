import type { ModelArtifact } from '../model-artifact';
import { VectorIndex } from '../stores/vector-index';
import { modelOf } from './callees';
import type { Callees } from './edges';

/**
 * What is wrong between the vector indexes that a funnel searches and the servers that make vectors of its queries: those
 * of another version of the model than the one that made the index are near each other by accident only.
 */
export function encoderProblems(callees: Callees): string[] {
  const called = [...callees.keys()];
  return called.filter(VectorIndex.isVectorIndex).flatMap((index) => {
    const wrong = called.filter((callee) => isOther(modelOf(callee), index.embedding));
    return wrong.map(
      (callee) =>
        `stages must search '${index.node.path}' by the model that made it, ${index.embedding.name} ${index.embedding.version}, got ${index.embedding.name} ${modelOf(callee)?.version} of '${callee.node.path}': fill an index with that version beside this one, and switch both together`,
    );
  });
}

type Version = Pick<ModelArtifact, 'name' | 'version'>;

function isOther(model: Version | undefined, made: Version): boolean {
  return model !== undefined && model.name === made.name && model.version !== made.version;
}
