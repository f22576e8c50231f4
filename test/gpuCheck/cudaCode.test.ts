import { describe, expect, it } from 'vitest';
import { keepArchitectures } from '../../scripts/gpu-check/cudaCode.mjs';

/** An entry of a fat binary: a header of 64 bytes with its kind, architecture and length, and its code. */
function entry(architecture: number, code: Buffer): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt16LE(2, 0);
  header.writeUInt32LE(header.length, 4);
  header.writeBigUInt64LE(BigInt(code.length), 8);
  header.writeUInt32LE(architecture, 28);
  return Buffer.concat([header, code]);
}

function container(...entries: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(0xba55ed50, 0);
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(header.length, 6);
  header.writeBigUInt64LE(BigInt(Buffer.concat(entries).length), 8);
  const whole = Buffer.concat([header, ...entries]);
  return Buffer.concat([whole, Buffer.alloc((8 - (whole.length % 8)) % 8)]);
}

/** A 64-bit ELF file with one section and the section-name table. */
function library(section: string, body: Buffer): Buffer {
  const start = 64;
  const names = Buffer.from(`\0.shstrtab\0${section}\0`);
  const headersAt = Math.ceil((start + body.length + names.length) / 8) * 8;
  const file = Buffer.alloc(headersAt + 3 * 64);
  file.write('\x7fELF', 0, 'latin1');
  file.writeBigUInt64LE(BigInt(headersAt), 0x28);
  file.writeUInt16LE(64, 0x3a);
  file.writeUInt16LE(3, 0x3c);
  file.writeUInt16LE(2, 0x3e);
  body.copy(file, start);
  names.copy(file, start + body.length);
  const header = (index: number, name: number, offset: number, size: number) => {
    file.writeUInt32LE(name, headersAt + index * 64);
    file.writeBigUInt64LE(BigInt(offset), headersAt + index * 64 + 0x18);
    file.writeBigUInt64LE(BigInt(size), headersAt + index * 64 + 0x20);
  };
  header(1, 11, start, body.length);
  header(2, 1, start + body.length, names.length);
  return file;
}

describe('keepArchitectures on a CUDA library', () => {
  const code = (fill: number, length: number) => Buffer.alloc(length, fill);
  const body = Buffer.concat([
    container(entry(80, code(1, 40)), entry(90, code(2, 24)), entry(120, code(3, 16))),
    Buffer.alloc(16),
    container(entry(90, code(4, 9))),
    container(entry(75, code(5, 8)), entry(120, code(6, 8))),
  ]);

  it('fills the code of other GPUs with zeros, and leaves every header unchanged', () => {
    const file = library('.nv_fatbin', body);
    const before = Buffer.from(file);
    expect(keepArchitectures(file, new Set([90]))).toEqual({ kept: 24 + 9, cleared: 40 + 16 + 8 + 8 });
    expect(file).toHaveLength(before.length);
    const changed = [...file.keys()].filter((at) => file[at] !== before[at]);
    expect(changed.every((at) => file[at] === 0 && [1, 3, 5, 6].includes(before[at]!))).toBe(true);
    expect(changed).toHaveLength(40 + 16 + 8 + 8);
  });

  it('keeps the code of every architecture that is named', () => {
    const file = library('.nv_fatbin', body);
    expect(keepArchitectures(file, new Set([75, 80, 90, 120])).cleared).toBe(0);
    expect(file).toEqual(library('.nv_fatbin', body));
  });

  it('rejects a library without the section .nv_fatbin', () => {
    expect(() => keepArchitectures(library('.text', body), new Set([90]))).toThrow('The library has no section .nv_fatbin.');
  });
});
