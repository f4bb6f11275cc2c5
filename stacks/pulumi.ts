import { join } from 'node:path';
import { Config, getStack } from '@pulumi/pulumi';
import { deploy } from '../lib/pulumi';
import shop from './shop';

// `pulumi up --stack production` applies stacks/environments/production.yaml, unless Pulumi.<stack>.yaml says otherwise.
const environment = new Config().get('environment') ?? getStack();

deploy(() => shop.build(join(__dirname, 'environments', `${environment}.yaml`)));
