import type { JsonDocument } from './jsonDocument.js';
import type { DocumentString } from './jsonString.js';
import type { RecordReader } from './record.js';
import { questionSlice, type Slice } from './slices.js';

/** A message of a chat, as OpenAI's API, TRL and most trainers write them. */
export interface RecordedMessage {
  readonly object: number;
  readonly role: string;
  /** The text of the content, or the texts of its text parts. Empty for a message that has only tool calls. */
  readonly texts: readonly DocumentString[];
}

/** Returns the messages of a list, without the items that are not messages. */
export function chatMessages(json: JsonDocument, list: number | undefined): RecordedMessage[] {
  if (list === undefined || !json.isArray(list)) return [];
  return json.items(list).flatMap((object): RecordedMessage[] => {
    const role = json.get(object, 'role');
    if (role === undefined || !json.isString(role)) return [];
    return [{ object, role: json.string(role).text, texts: contentTexts(json, json.get(object, 'content')) }];
  });
}

/** Roles of a chat by the speaker names of ShareGPT. */
const SPEAKERS: Readonly<Record<string, string>> = {
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  assistant: 'assistant',
  system: 'system',
};

/** The turns `{from, value}` of a list, as ShareGPT and LLaVA write a chat. */
export function sharedTurns(json: JsonDocument, list: number | undefined): RecordedMessage[] {
  if (list === undefined || !json.isArray(list)) return [];
  return json.items(list).flatMap((object): RecordedMessage[] => {
    const from = json.get(object, 'from');
    const role = from !== undefined && json.isString(from) ? SPEAKERS[json.string(from).text] : undefined;
    return role === undefined ? [] : [{ object, role, texts: contentTexts(json, json.get(object, 'value')) }];
  });
}

/** The texts of a content: a string, or a list of parts `{type: "text", text}` and images. */
export function contentTexts(json: JsonDocument, content: number | undefined): DocumentString[] {
  if (content === undefined) return [];
  if (json.isString(content)) return [json.string(content)];
  if (!json.isArray(content)) return [];
  return json.items(content).flatMap((part) => {
    const text = json.isObject(part) ? json.get(part, 'text') : part;
    const isImage = json.isObject(part) && json.get(part, 'type') !== undefined && json.string(json.get(part, 'type')!).text === 'image';
    return text !== undefined && !isImage && json.isString(text) ? [json.string(text)] : [];
  });
}

/** Paths and URLs of the images in a message's parts: `{type: "image", image}` or `{type: "image_url", image_url: {url}}`. */
export function chatImages(json: JsonDocument, message: RecordedMessage): string[] {
  const content = json.get(message.object, 'content');
  if (content === undefined || !json.isArray(content)) return [];
  return json.items(content).flatMap((part) => {
    const image = json.get(part, 'image') ?? json.get(part, 'image_url');
    const url = image !== undefined && json.isObject(image) ? json.get(image, 'url') : image;
    return url !== undefined && json.isString(url) ? [json.string(url).text] : [];
  });
}

/** Reads a question that is a string or the last user message of a chat. */
export function chatQuestion(reader: RecordReader, record: number, key: string): Slice | undefined {
  const id = reader.value(record, key);
  if (id === undefined) {
    if (reader.json.get(record, key) === undefined) reader.missingKey(record, key);
    return undefined;
  }
  if (!reader.json.isArray(id)) {
    const text = reader.stringAt(id);
    return text && questionSlice(text);
  }
  const user = chatMessages(reader.json, id).findLast((message) => message.role === 'user' || message.role === 'human');
  const text = user?.texts.at(-1);
  return text && questionSlice(text);
}
