import { HELPER_IMAGES } from '../../lib/core/helper-images';
import { imageSchema } from '../../lib/core/images';
import { parse } from '../../lib/core/schema';

test.each(Object.entries(HELPER_IMAGES))(
  'the image for %s is one that users could write themselves',
  (_name, image) => {
    expect(parse(imageSchema, image, 'x')).toBe(image);
  },
);

test.each(Object.values(HELPER_IMAGES))('%s names a full version, which images.lock can pin', (image) => {
  expect(image).toMatch(/^([a-z0-9.]+\/)?([a-z-]+\/)?[a-z_-]+:v?\d+\.\d+\.\d+(-[a-z]+(\d+\.\d+)?)?$/);
});
