export { type ContainerProps, container } from './container';
export { type OpenvinoProps, openvino, openvinoSchema } from './openvino';
export { type RayServeProps, rayServe, rayServeSchema } from './ray-serve';
export { type TensorflowServingProps, tensorflowServing, tensorflowServingSchema } from './tensorflow-serving';
export { type TritonProps, triton, tritonSchema } from './triton';
export { type VllmProps, vllm, vllmSchema } from './vllm';
