import type { Aggregation } from '../../reasoning/aggregation.js';

/** The authors' prompts and readout of a published generative PRM, in our own code. Each has a file beside this one. */
export interface CritiqueScript {
  /** `family` of a `prm.json`. */
  readonly id: string;
  readonly name: string;
  /** The authors' files that it follows. */
  readonly source: string;
  readonly threshold: number;
  readonly aggregation: Aggregation;
  /** Longest sequence, prompt and reply. */
  readonly maxTokens: number;
  /** The authors' sampling settings. */
  readonly samples: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly maxReply: number;
  readonly system?: string;
  /** Returns the user's turns. Each except the last was answered with its own critique. */
  turns(question: string, steps: readonly string[]): string[];
  /** Whether the prompt ends with the user's last turn left open, without the beginning of an assistant's turn. */
  readonly endsOpen?: boolean;
  /** Returns the reply's beginning for turn `index` (from 1). `onServer`: with what a chat template puts before it. */
  begin(index: number, onServer: boolean): string;
  /** Texts at which a critique ends; it is cut before the first of them. */
  stops(turns: readonly string[]): string[];
  /** Returns the text after the critique, so that the answer is next. `isStopped`: it ended at one of `stops`. */
  ask(isStopped: boolean): string;
  /** Text after the answer when a prompt repeats an earlier turn's reply. */
  readonly close: string;
  readonly positive: string;
  readonly negative: string;
}

/** Returns a critique with the question at its end, so that the answer is next. */
export function asked(script: CritiqueScript, critique: string, turns: readonly string[]): string {
  const found = script
    .stops(turns)
    .map((stop) => critique.indexOf(stop))
    .filter((at) => at >= 0);
  const text = found.length > 0 ? critique.slice(0, Math.min(...found)) : critique;
  return text + script.ask(found.length > 0);
}

/** Returns the whole reply to an earlier turn, with the likelier answer. */
export function repliedWith(script: CritiqueScript, index: number, onServer: boolean, critique: string, score: number): string {
  return script.begin(index, onServer) + critique + (score >= 0.5 ? script.positive : script.negative) + script.close;
}

/** Spellings of the answer as a token: with and without a blank before it, or as given if it begins with a blank. */
export function spellingsOf(word: string): string[] {
  return word.startsWith(' ') ? [word] : [word, ` ${word}`];
}
