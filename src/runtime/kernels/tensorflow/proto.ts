import protobuf from 'protobufjs';

/** The part of TensorFlow's schemas (saved_model, meta_graph, graph, attr_value, tensor) that a saved graph needs. */
const SCHEMA = `
syntax = "proto3";
package tensorflow;
message TensorShapeProto { message Dim { int64 size = 1; } repeated Dim dim = 2; }
message TensorProto { int32 dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4; }
message AttrValue {
  message ListValue {
    repeated bytes s = 2; repeated int64 i = 3; repeated float f = 4; repeated bool b = 5; repeated int32 type = 6;
  }
  oneof value {
    ListValue list = 1; bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6; TensorShapeProto shape = 7;
    TensorProto tensor = 8;
  }
}
message NodeDef { string name = 1; string op = 2; repeated string input = 3; map<string, AttrValue> attr = 5; }
message VersionDef { int32 producer = 1; }
message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
message MetaGraphDef {
  message MetaInfoDef { repeated string tags = 4; }
  MetaInfoDef meta_info_def = 1; GraphDef graph_def = 2;
}
message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }`;

/** One value of an attribute, under the name of its kind in attr_value.proto. */
export type AttrValue = Readonly<Record<string, unknown>>;

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** `node` or `node:output` */
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, AttrValue>>;
}

export const shapeProto = (shape: readonly number[]) => ({ dim: shape.map((size) => ({ size })) });

/** The version of graphs of 2019: every TensorFlow 2 takes it, and it has all these ops in their present form. */
const producer = 134;

let savedModelType: protobuf.Type | undefined;

/** A SavedModel of one graph, tagged `serve`, without variables: the bytes of its saved_model.pb. */
export function encodeSavedModel(node: readonly NodeDef[]): Uint8Array {
  savedModelType ??= protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('tensorflow.SavedModel');
  const graph = { meta_info_def: { tags: ['serve'] }, graph_def: { node, versions: { producer } } };
  const model = { saved_model_schema_version: 1, meta_graphs: [graph] };
  return savedModelType.encode(savedModelType.fromObject(model)).finish();
}
