import { z } from 'zod';
import type { Deferred } from './deferred';
import { deferrableText, must, pattern } from './schema';

const HOST = String.raw`[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*`;
const PART = `[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*`;
const TAG = String.raw`[\w][\w.-]{0,127}`;

/** `registry/name:tag`, a digest after it or instead of the tag. A host without a port looks like any part of a name. */
const IMAGE = new RegExp(
  `^(?:${HOST}:\\d+/)?${PART}(?:/${PART})*(?::(?<tag>${TAG}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$`,
);

/** A container image: `registry/name:tag`, or `registry/name@sha256:…`. The tag is exact: `latest` is refused. */
export type Image = string | Deferred<string>;

/** Checks {@link Image}. */
export const imageSchema = deferrableText(
  'an image with an exact tag or a digest',
  (value) => {
    const { tag, digest } = IMAGE.exec(value)?.groups ?? {};
    return tag === undefined ? digest !== undefined : tag !== 'latest';
  },
  "like 'registry.example.com/shop/trainer:1.4.2'; 'latest' changes under your feet",
);

/**
 * The digests of images, by `name:tag`, as the team filled them in. A digest can't be invented, so that
 * an image without an entry keeps just its tag.
 */
export type ImageLock = Readonly<Record<string, string>>;

/** Checks an {@link ImageLock}, the content of an `images.lock` file. */
export const imageLockSchema = z.record(
  z.string(),
  pattern(/^sha256:[a-f0-9]{64}$/, must('be a digest', "'sha256:' and 64 hex digits")),
);

/** The image with its digest from the lock: `name:tag@sha256:…`. */
export function pinned(image: string, lock: ImageLock): string {
  const digest = Object.hasOwn(lock, image) ? lock[image] : undefined;
  return digest === undefined || image.includes('@') ? image : `${image}@${digest}`;
}
