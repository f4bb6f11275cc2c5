import { Yaml } from 'cdk8s';
import { expectGolden } from '../golden/golden';
import { examples, manifestsOf } from './examples';

test.each(examples)('the manifests of %s are those of the golden file', (name) => {
  expectGolden(`examples/${name.replace('/', '-')}.yaml`, Yaml.stringify(...manifestsOf(name).all));
});
