/**
 * Removes the code of other GPUs from a CUDA library: its fat binary (section `.nv_fatbin`) has the same kernels for many
 * architectures. Layout of its containers and entries: fatbinary_section.h of the CUDA toolkit, and what cuobjdump shows.
 */
const containerMagic = 0xba55ed50;

/**
 * Fills the code of all other architectures with zeros, which compress well. Headers stay, so that the runtime finds its own code.
 * @param {Buffer} library changed in place
 * @param {ReadonlySet<number>} kept as in 90 for sm_90
 * @returns {{ kept: number, cleared: number }} bytes of code
 */
export function keepArchitectures(library, kept) {
  const { offset, size } = section(library, '.nv_fatbin');
  const end = offset + size;
  const bytes = { kept: 0, cleared: 0 };
  for (let at = offset; at + 16 <= end; ) {
    if (library.readUInt32LE(at) !== containerMagic) {
      at += 8;
      continue;
    }
    let entry = at + library.readUInt16LE(at + 6);
    const last = entry + Number(library.readBigUInt64LE(at + 8));
    while (entry < last) {
      const code = entry + library.readUInt32LE(entry + 4);
      const length = Number(library.readBigUInt64LE(entry + 8));
      if (kept.has(library.readUInt32LE(entry + 28))) bytes.kept += length;
      else {
        library.fill(0, code, code + length);
        bytes.cleared += length;
      }
      entry = code + length;
    }
    at = (last + 7) & ~7;
  }
  return bytes;
}

/** Where a section of a 64-bit ELF file is. */
function section(file, wanted) {
  const [headers, size, count, names] = [
    Number(file.readBigUInt64LE(0x28)),
    file.readUInt16LE(0x3a),
    file.readUInt16LE(0x3c),
    file.readUInt16LE(0x3e),
  ];
  const at = (index) => headers + index * size;
  const offsetOf = (index) => Number(file.readBigUInt64LE(at(index) + 0x18));
  for (let index = 0; index < count; index++) {
    const start = offsetOf(names) + file.readUInt32LE(at(index));
    if (file.toString('latin1', start, file.indexOf(0, start)) === wanted)
      return { offset: offsetOf(index), size: Number(file.readBigUInt64LE(at(index) + 0x20)) };
  }
  throw new Error(`The library has no section ${wanted}.`);
}
