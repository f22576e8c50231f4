import { describe, expect, it } from 'vitest';
import { failureOf, runtimeCause } from '../../server/inference/failures.js';

/** Messages exactly as ONNX Runtime writes them, including the build path. */
const arena =
  "Non-zero status code returned while running Expand node. Name:'' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 " +
  'void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 1125899906842624\n';

describe('an error of ONNX Runtime', () => {
  it.each([
    ['memory', arena],
    ['memory', 'std::bad_alloc'],
    ['memory', "Non-zero status code returned while running MatMul node. Name:'/head/MatMul' Status Message: bad allocation"],
    ['memory', 'CUDA failure 2: out of memory ; GPU=0 ; hostname=box ; expr=cudaMalloc((void**)&p, size);'],
    ['memory', 'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0'],
    [
      'memory',
      'WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While validating entries[1] against { binding: 1 }.',
    ],
    [
      'memory',
      'WebGPU validation failed. Buffer size (4294967296) exceeds the max buffer size limit (1073741824).\n - While calling [Device].CreateBuffer([BufferDescriptor]).',
    ],
    ['memory', "Non-zero status code returned while running Expand node. Name:'' Status Message: narrowing_error"],
    [
      'memory',
      'D:\\a\\_work\\1\\s\\onnxruntime\\core\\providers\\dml\\dml_allocator.cpp(97)\\onnxruntime.dll!00007FFB: (caller: 00007FFB) Exception(1) tid(cf0) 8007000E Not enough memory resources are available to complete this operation.',
    ],
    ['memory', 'Array buffer allocation failed'],
    [
      'device',
      'onnxruntime/core/providers/webgpu/buffer_manager.cc:543 status == wgpu::MapAsyncStatus::Success was false. Failed to download data from buffer. wgpu::MapAsyncStatus value: 3, message: [Device] is lost.',
    ],
    ['device', 'A valid external Instance reference no longer exists.'],
    ['device', 'CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=box ; expr=cudaStreamSynchronize(stream);'],
    ['device', 'CUDA failure 710: device-side assert triggered ; GPU=0'],
    ['device', 'CUDA failure 702: the launch timed out and was terminated ; GPU=0'],
    [
      'device',
      'ExecutionProvider.cpp(962)\\onnxruntime.dll!00007FFA: (caller: 00007FFA) Exception(3) tid(5a68) 887A0005 The GPU device instance has been suspended. Use GetDeviceRemovedReason to determine the appropriate action.',
    ],
    ['device', 'vkQueueSubmit failed with VK_ERROR_DEVICE_LOST'],
    ['other', 'Invalid rank for input: input_ids Got: 1 Expected: 2 Please fix either the inputs/outputs or the model.'],
    ['other', 'Failed to get a WebGPU adapter: No supported adapters'],
    ['other', 'indices element out of data bounds, idx=300 must be within the inclusive range [-300,299]'],
  ])('is classified as %s: %s', (failure, message) => {
    expect(failureOf(new Error(message))).toBe(failure);
  });

  it('is shortened to its cause in one line, without the place in the source of the runtime', () => {
    expect(runtimeCause(new Error(arena))).toBe('Failed to allocate memory for requested buffer of size 1125899906842624');
    const call =
      '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true] CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=vm ; file=cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(info_.device_id); ';
    expect(runtimeCause(new Error(call))).toBe('CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version');
    expect(runtimeCause(new Error('CudaCall() CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; hostname=box'))).toBe(
      'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED',
    );
    expect(runtimeCause(new Error(`\n  ${'x'.repeat(300)}\nmore`))).toBe(`${'x'.repeat(240)}...`);
  });
});
