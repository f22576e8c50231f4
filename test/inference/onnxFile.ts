/** A valid ONNX model that copies its one float input to its one output, as bytes (onnx.proto3, field numbers in comments). */
export function identityModel(input: string, output: string): Buffer {
  const dimension = (name: string) => bytes(1, bytes(2, name)); // TensorShapeProto.dim = Dimension.dim_param
  const value = (name: string) =>
    // ValueInfoProto: name, type = TypeProto.tensor_type = { elem_type: float, shape }
    Buffer.concat([
      bytes(1, name),
      bytes(2, bytes(1, Buffer.concat([varint(1, 1), bytes(2, Buffer.concat([dimension('a'), dimension('b')]))]))),
    ]);
  const node = Buffer.concat([bytes(1, input), bytes(2, output), bytes(4, 'Identity')]);
  const graph = Buffer.concat([bytes(1, node), bytes(2, 'g'), bytes(11, value(input)), bytes(12, value(output))]);
  const opset = Buffer.concat([bytes(1, ''), varint(2, 17)]);
  return Buffer.concat([varint(1, 8), bytes(7, graph), bytes(8, opset)]); // ModelProto: ir_version, graph, opset_import
}

function varint(field: number, value: number): Buffer {
  return Buffer.from([field << 3, value]);
}

function bytes(field: number, content: string | Buffer): Buffer {
  const body = Buffer.from(content as string);
  if (body.length > 127) throw new RangeError('longer than one length byte');
  return Buffer.concat([Buffer.from([(field << 3) | 2, body.length]), body]);
}
