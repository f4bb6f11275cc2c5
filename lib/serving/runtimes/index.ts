export { type ContainerProps, container } from './container';
export { type OpenvinoMetric, type OpenvinoProps, openvino, openvinoSchema } from './openvino';
export { type RayServeMetric, type RayServeProps, rayServe, rayServeSchema } from './ray-serve';
export {
  type TensorflowServingMetric,
  type TensorflowServingProps,
  tensorflowServing,
  tensorflowServingSchema,
} from './tensorflow-serving';
export { type TritonMetric, type TritonProps, triton, tritonSchema } from './triton';
export { type VllmMetric, type VllmProps, vllm, vllmSchema } from './vllm';
