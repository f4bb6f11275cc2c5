/** Who can run a server's pods. */
export const ENGINE_NAMES = ['deployment', 'kserve', 'ray-service'] as const;

/** The name of one. @useDeclaredType */
export type EngineName = (typeof ENGINE_NAMES)[number];
