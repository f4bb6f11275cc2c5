export { type ContainerProps, container } from './container';
export { type TensorflowServingProps, tensorflowServing, tensorflowServingSchema } from './tensorflow-serving';
export { type TritonProps, triton, tritonSchema } from './triton';
export { type VllmProps, vllm, vllmSchema } from './vllm';
