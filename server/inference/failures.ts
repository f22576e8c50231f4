/**
 * Classifies errors of the runtime. ONNX Runtime's binding reports messages without codes, so errors are recognized by
 * their text; the source of each text is noted beside it.
 */
import { messageOf } from '../reasoning/errorText.js';
export type RuntimeFailure =
  /** A smaller run may fit. */
  | 'memory'
  /** The device is lost for this process; another process may get it back. */
  | 'device'
  | 'other';

const outOfMemory = [
  // core/framework/bfc_arena.cc, the arena of CPU and CUDA (microsoft/onnxruntime#20038, #22702).
  /Failed to allocate memory for requested buffer of size/,
  /BFC Arena ran out of memory/,
  // Texts of std::bad_alloc: libstdc++ and libc++, MSVC.
  /std::bad_alloc|bad allocation/,
  // core/providers/cuda/cuda_call.cc and the libraries below it.
  /CUDA failure 2: out of memory|CUDA out of memory|CU(BLAS|DNN)_STATUS_ALLOC_FAILED/,
  // Dawn: a buffer that could not be made is invalid, and so is what uses it (microsoft/onnxruntime#25195).
  /\[Invalid Buffer\b.*\] is invalid|VK_ERROR_OUT_OF_(DEVICE|HOST)_MEMORY|Allocation size too large/,
  // Larger than any buffer of the device, or than WebGPU can count in 32 bits.
  /exceeds the max buffer size limit|larger than the maximum storage buffer binding size|narrowing_error/,
  // DirectML: E_OUTOFMEMORY.
  /8007000E/i,
  // V8, when there is no room for keys, values or scores.
  /Array buffer allocation failed|Invalid typed array length/,
];

const deviceLost = [
  // Dawn: "[Device] is lost.", from a failed mapAsync in core/providers/webgpu/buffer_manager.cc, and what comes after it.
  /device\b[^.\n]* is lost|device (was )?lost|VK_ERROR_DEVICE_LOST|A valid external Instance reference no longer exists/i,
  // CUDA errors after which the context no longer works (microsoft/onnxruntime#26312): illegal address, assert,
  // time-out, launch failure, hardware.
  /an illegal memory access was encountered|device-side assert|unspecified launch failure|the launch timed out and was terminated|an illegal instruction was encountered|misaligned address|uncorrectable ECC error|GPU is lost/i,
  // DXGI_ERROR_DEVICE_REMOVED, _HUNG, _RESET, DRIVER_INTERNAL_ERROR (microsoft/onnxruntime#22700, #26606).
  /887A000[567]|887A0020|DXGI_ERROR_(DEVICE_(REMOVED|HUNG|RESET)|DRIVER_INTERNAL_ERROR)/i,
];

/** Looks for a lost device first, because its error may also say that memory ran out. */
export function failureOf(error: unknown): RuntimeFailure {
  const message = messageOf(error);
  if (deviceLost.some((pattern) => pattern.test(message))) return 'device';
  return outOfMemory.some((pattern) => pattern.test(message)) ? 'memory' : 'other';
}

const longest = 240;

/** Causes in the middle of a line, after a function signature of the runtime or before the location in its sources. */
const namedCauses = [
  /Failed to allocate memory for requested buffer of size \d+/,
  // core/providers/cuda/cuda_call.cc: "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; ...".
  /(?:CUDA|CUBLAS|CUDNN|CURAND|CUFFT|NCCL|CUSPARSE) failure -?\d+: [^;\n]*[^;\s]/,
];

/**
 * Returns the named cause of an error, without the location in the runtime's sources, or else its first non-empty line.
 */
export function runtimeCause(error: unknown): string {
  const message = messageOf(error);
  for (const pattern of namedCauses) {
    const cause = pattern.exec(message)?.[0];
    if (cause !== undefined) return cause;
  }
  const line =
    message
      .split('\n')
      .find((part) => part.trim() !== '')
      ?.trim() ?? 'unknown error';
  return line.length > longest ? `${line.slice(0, longest)}...` : line;
}
